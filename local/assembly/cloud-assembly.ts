// Reads a cloud assembly: the stacks in the order in which they are to be made, and the folder behind each asset.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { JsonObject } from '#local/template/intrinsics.ts';

export type Stack = {
  readonly name: string;
  readonly template: JsonObject;
};

export type CloudAssembly = {
  /** each after the stacks that it depends on */
  readonly stacks: readonly Stack[];
  /** folder or file of an asset by its object key in the asset bucket, such as `<hash>.zip` */
  readonly assets: ReadonlyMap<string, string>;
};

const Manifest = v.object({
  artifacts: v.record(
    v.string(),
    v.object({
      type: v.string(),
      dependencies: v.optional(v.array(v.string()), []),
      displayName: v.optional(v.string()),
      properties: v.optional(v.record(v.string(), v.unknown()), {}),
    }),
  ),
});

const StackProperties = v.object({ templateFile: v.string(), stackName: v.optional(v.string()) });

const AssetManifest = v.object({
  files: v.optional(
    v.record(
      v.string(),
      v.object({
        source: v.object({ path: v.string() }),
        destinations: v.record(v.string(), v.object({ objectKey: v.string() })),
      }),
    ),
    {},
  ),
  dockerImages: v.optional(v.strictObject({}), {}),
});

const readJson = async <Schema extends v.GenericSchema>(file: string, schema: Schema) => {
  const parsed = v.safeParse(schema, JSON.parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.output;
  throw new Error(`${file} is not what a cloud assembly holds: ${v.summarize(parsed.issues)}; run npx cdk synth again`);
};

type Artifact = v.InferOutput<typeof Manifest>['artifacts'][string];

const inDependencyOrder = (artifacts: Readonly<Record<string, Artifact>>): readonly (readonly [string, Artifact])[] => {
  const ordered = new Map<string, Artifact>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (artifact === undefined || ordered.has(id)) return;
    for (const dependency of artifact.dependencies) visit(dependency);
    ordered.set(id, artifact);
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return [...ordered];
};

/** @param folder what `synthesize` or `npx cdk synth` wrote */
export const readCloudAssembly = async (folder: string): Promise<CloudAssembly> => {
  const manifest = await readJson(join(folder, 'manifest.json'), Manifest);
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  for (const [id, artifact] of inDependencyOrder(manifest.artifacts)) {
    if (artifact.type === 'cdk:cloud-assembly') {
      throw new Error(`${id} is a nested assembly; the embedded system reads stacks that stand in the app itself`);
    }
    if (artifact.type === 'cdk:asset-manifest') {
      const { file } = v.parse(v.object({ file: v.string() }), artifact.properties);
      const { files } = await readJson(join(folder, file), AssetManifest);
      for (const { source, destinations } of Object.values(files)) {
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(folder, source.path));
      }
    }
    if (artifact.type === 'aws:cloudformation:stack') {
      const { templateFile, stackName } = v.parse(StackProperties, artifact.properties);
      const template = (await readJson(join(folder, templateFile), v.record(v.string(), v.any()))) as JsonObject;
      stacks.push({ name: stackName ?? id, template });
    }
  }
  if (stacks.length === 0) throw new Error(`${folder} holds no stack`);
  return { stacks, assets };
};
