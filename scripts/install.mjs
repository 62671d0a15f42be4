// Installs what is missing before a command runs: needs nothing but Node and npm, so that a fresh clone starts by itself.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const OLDEST_NPM = 10;
const root = fileURLToPath(new URL('..', import.meta.url));
/** Inside node_modules: `npm ci` empties that folder first, so a broken installation never looks complete. */
const marker = `${root}node_modules/.vestibule-installed`;

const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
const fail = (/** @type {string} */ line) => {
  say(`error: ${line}`);
  process.exit(1);
};

/** npm's own entry when npm started us (no shell is needed then, on Windows too), else `npm` from the PATH. */
const npm = (/** @type {string[]} */ args, /** @type {import('node:child_process').StdioOptions} */ stdio) => {
  const options = { cwd: root, stdio, encoding: /** @type {const} */ ('utf8') };
  const entry = process.env['npm_execpath'];
  return entry?.endsWith('.js')
    ? spawnSync(process.execPath, [entry, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
};

const wanted = () =>
  createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');

const installed = () => existsSync(marker) && readFileSync(marker, 'utf8') === wanted();

const checkTools = () => {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    fail(
      `Node ${OLDEST_NODE} or newer is needed to install, this is ${process.version}: get one from https://nodejs.org`,
    );
  }
  // Warnings of npm's configuration go to stderr; only stdout is read, and of that the last line.
  const version = npm(['--version'], ['ignore', 'pipe', 'ignore']).stdout?.trim().split('\n').at(-1) ?? '';
  if (!/^\d+\./.test(version))
    fail('npm is needed to install and did not answer: it comes with Node, https://nodejs.org');
  if (Number.parseInt(version, 10) < OLDEST_NPM) {
    fail(
      `npm ${OLDEST_NPM} or newer is needed to install, this is ${version}: run "npm install --global npm@${OLDEST_NPM}"`,
    );
  }
};

const install = () => {
  checkTools();
  say('installing packages: about 50 seconds and 800 MB the first time …');
  const from = performance.now();
  const result = npm(['ci', '--loglevel=error'], ['ignore', 2, 2]);
  if (result.error) fail(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0)
    fail(`"npm ci" failed (${result.signal ?? `exit ${result.status}`}); its message stands above`);
  // The scripts run TypeScript directly, which the machine's own Node may be too old for.
  if (!existsSync(`${root}node_modules/node/bin`)) {
    fail(
      'Node 24 was not installed: npm is set to ignore install scripts; run the same command with --ignore-scripts=false',
    );
  }
  writeFileSync(marker, wanted());
  say(`installed in ${Math.round((performance.now() - from) / 1000)} s`);
};

if (!installed()) install();
