// Synthesizes the stacks without the CDK command line: infra/app.ts in a child process, once per
// content of its sources and per context.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'vestibule', 'cloud-assembly');
/** Everything that a synthesis reads. What is bundled comes from here or from a package that the lockfile pins. */
const SOURCES = ['infra', 'functions', 'shared', 'package.json', 'package-lock.json', 'tsconfig.json', 'cdk.json'];
/** A system that runs loads its functions from its assembly, so the newest few stay. */
const KEPT = 8;
/** The child sees what it needs to find programs and a temporary folder: nothing that could change what it writes. */
const INHERITED = ['HOME', 'USERPROFILE', 'APPDATA', 'SystemRoot', 'TMPDIR', 'TEMP', 'TMP', 'npm_config_cache'];

const filesUnder = async (path: string): Promise<string[]> => {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

/** CDK context by name, as `-c name=value` gives it. */
type Context = Readonly<Record<string, string>>;

/**
 * Changes when a file that a synthesis reads is changed, added, removed or renamed, or the context is another.
 * @param root of the project
 */
export const hashOfSources = async (root: string, context: Context = {}): Promise<string> => {
  const files = (await Promise.all(SOURCES.map((source) => filesUnder(join(root, source))))).flat().sort();
  const entries = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256').update(`${process.version}\0${JSON.stringify(entries)}`);
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`\0${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
};

const isComplete = (folder: string): Promise<boolean> =>
  stat(join(folder, 'manifest.json')).then(
    () => true,
    () => false,
  );

const runApp = async (outDir: string, context: Context): Promise<void> => {
  const { context: always = {} } = JSON.parse(await readFile(join(ROOT, 'cdk.json'), 'utf8')) as { context?: object };
  const inherited = INHERITED.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]]));
  const path = [dirname(process.execPath), join(ROOT, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  const env = {
    ...Object.fromEntries(inherited),
    PATH: path,
    // npm, through which CDK's bundling runs esbuild, would leave its compile cache in the temporary folder
    NODE_DISABLE_COMPILE_CACHE: '1',
    CDK_OUTDIR: outDir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...always, ...context }),
  };
  try {
    await promisify(execFile)(process.execPath, ['infra/app.ts'], { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`the stacks could not be synthesized; run "npx cdk synth" to see why:\n${output}`, {
      cause: error,
    });
  }
};

const prune = async (): Promise<void> => {
  const folders = (await readdir(CACHE)).map((name) => join(CACHE, name));
  const aged = await Promise.all(folders.map(async (folder) => ({ folder, used: (await stat(folder)).mtimeMs })));
  aged.sort((a, b) => b.used - a.used);
  await Promise.all(aged.slice(KEPT).map(({ folder }) => rm(folder, { recursive: true, force: true })));
};

/**
 * The folder of the cloud assembly of the sources as they are now, made when there is none yet (about 4 s).
 * @throws Error with what the CDK app wrote on stderr
 */
export const synthesize = async (context: Context = {}): Promise<string> => {
  const folder = join(CACHE, await hashOfSources(ROOT, context));
  if (await isComplete(folder)) {
    const now = new Date();
    await utimes(folder, now, now);
    return folder;
  }
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  try {
    await runApp(draft, context);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // another process was faster: the folder is complete, as a rename is one step
    if (!(await isComplete(folder))) throw error;
  }
  await prune();
  return folder;
};
