// By hand: how trust is proved and how it ends, as README and trust page print it, run by real openssl and mosquitto
// clients.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTPUT, STACK } from '#names/outputs.ts';
import { blocksOf, linesOf } from '#support/document-blocks.ts';
import { startTestSystem, type TestSystem } from '#support/local-system.ts';
import { openShell, type Shell } from '#support/shell-device.ts';

/** A sweep is complete half a minute after its beginning at the earliest. */
const SWEPT_MS = 120_000;

let system: TestSystem;
let shell: Shell;
beforeAll(async () => {
  system = await startTestSystem({ context: { privateCa: 'create' } });
  shell = await openShell(system);
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await system.stop();
});

/** What a document cannot know. */
const here = (text: string) => text.replaceAll('-p 8883', `-p ${system.mqtt.port}`);
/** Whatever becomes of the script, nothing that it started goes on. */
const leavingNothing = (script: string) => `trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n${script}`;

describe('the trust page', () => {
  let blocks: string[];
  let fingerprint: string;
  beforeAll(async () => {
    blocks = await blocksOf('docs/trust.md', '## Who may vouch', null);
  });
  const printedAfter = (heading: string) => blocksOf('docs/trust.md', heading, null, 'console');

  it('CA-02 CA-04: has a tenant prove its CA by openssl', async () => {
    const [proof = ''] = blocks;
    const [printed = ''] = await printedAfter('### A tenant proves its CA');

    const ran = await shell.done(`${proof}\necho "$CA" > ca.txt`);

    expect(linesOf(ran.stdout)).toEqual(expect.arrayContaining(linesOf(printed)));
    fingerprint = (await shell.done('cat ca.txt')).stdout.trim();
  });

  it('I-01 X-01: makes a device by a script, and has its CA revoke it by a list', async () => {
    const [, crl = ''] = blocks;
    const [printed = ''] = await printedAfter('## Revocation lists');

    const ran = await shell.done(leavingNothing(here(`CA='${fingerprint}'\n${crl}`)));

    expect(linesOf(ran.stdout + ran.stderr)).toEqual(expect.arrayContaining(linesOf(printed)));
  });

  it('I-01: and the device guide does so', async () => {
    const [block = ''] = await blocksOf('docs/device-guide.md', '### By a script', '### Check before you ship');
    const { stdout } = await shell.done(block.replaceAll('device02', 'device03'));
    expect(stdout).toContain('device03_chain.pem: OK');
  });

  it('I-02 I-03 B-06: has AWS Private CA sign for a device, and openssl finds that the truststore takes it', async () => {
    const [, , issuing = ''] = blocks;
    const arn = system.outputs.get(STACK.registry)?.get(OUTPUT.privateCaArn);
    const [issued = ''] = await printedAfter('## Issuing by AWS Private CA');
    const [trusted = ''] = await printedAfter('## The truststore');

    const script = issuing.replace(/(?<=^ARN=').*(?=' )/, `${arn}`);
    const ran = await shell.done(`${script}\n${trusted.match(/(?<=^\$ ).*/gm)?.join('\n')}`);

    expect(linesOf(ran.stdout + ran.stderr)).toEqual(expect.arrayContaining([issued, trusted].flatMap(linesOf)));
  });
});

it('CA-04 V-01 V-03 V-04: the README proves a CA, and ends and restores the trust in it and in a device', {
  timeout: SWEPT_MS,
}, async () => {
  const [block = ''] = await blocksOf('README.md', '## Trust, and how it ends', '## The command line');
  const [printed = ''] = await blocksOf('README.md', '## Trust, and how it ends', '## The command line', 'console');

  const ran = await shell.done(leavingNothing(here(block)));

  expect(linesOf(ran.stdout + ran.stderr)).toEqual(expect.arrayContaining(linesOf(printed)));
  expect(ran.stdout.match(/^session +connected since/gm)).toHaveLength(2);
  expect(ran.stdout).toMatch(/^initech_pump7: suspended.*^initech_pump7: resumed/ms);
});
