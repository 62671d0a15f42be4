// Bundles of functions: as the stack makes them, and as CDK's defaults would.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Metafile } from 'esbuild';
import { bundlingOf } from '#infra/constructs/onboarding-function.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

export type Bundle = { readonly file: string; readonly bytes: number; readonly metafile: Metafile };

/** Bundles through the construct that the stack uses, in an app of its own. @param folder where the assembly goes */
const bundle = async (name: string, folder: string, options: BundlingOptions): Promise<Bundle> => {
  const app = new App({ outdir: folder, analyticsReporting: false });
  new NodejsFunction(new Stack(app, 'Bench'), 'Function', {
    entry: join(root, `functions/${name}/handler.ts`),
    projectRoot: root,
    depsLockFilePath: join(root, 'package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    bundling: { ...options, metafile: true },
  });
  app.synth();
  const asset = (await readdir(folder)).find((name) => name.startsWith('asset.'));
  if (asset === undefined) throw new Error(`expected the bundle in ${folder}, got no asset`);
  const names = await readdir(join(folder, asset));
  const code = names.find((name) => /^index\.m?js$/.test(name));
  if (code === undefined) throw new Error(`expected index.js or index.mjs in the asset, got ${names.join(', ')}`);
  const file = join(folder, asset, code);
  const metafile = JSON.parse(await readFile(join(folder, asset, 'index.meta.json'), 'utf8')) as Metafile;
  return { file, bytes: (await stat(file)).size, metafile };
};

/** @param name of the function: its folder under `functions/` */
export const ourBundle = (name: string, folder: string): Promise<Bundle> => bundle(name, folder, bundlingOf(name));
export const defaultBundle = (name: string, folder: string): Promise<Bundle> =>
  bundle(name, folder, { bundleAwsSDK: true, logLevel: LogLevel.WARNING });

/** Names of all functions. */
export const functionNames = async (): Promise<readonly string[]> => {
  const entries = await readdir(join(root, 'functions'), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
};

/** Packages that are bundled from more than one folder: two versions, or two copies, of the same code. */
export const packagesTwice = ({ metafile }: Bundle): readonly string[] => {
  const folders = new Map<string, Set<string>>();
  for (const input of Object.keys(metafile.inputs)) {
    const at = input.lastIndexOf('node_modules/');
    if (at < 0) continue;
    const [scope = '', name = ''] = input.slice(at + 'node_modules/'.length).split('/');
    const id = scope.startsWith('@') ? `${scope}/${name}` : scope;
    folders.set(id, (folders.get(id) ?? new Set()).add(input.slice(0, at)));
  }
  return [...folders].filter(([, found]) => found.size > 1).map(([id]) => id);
};
