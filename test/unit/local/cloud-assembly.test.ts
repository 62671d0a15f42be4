// The cloud assembly: when it is made anew, and what is read from it.

import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCloudAssembly } from '#local/assembly/cloud-assembly.ts';
import { hashOfSources } from '#local/assembly/synthesize.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vestibule-assembly-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('hashOfSources', () => {
  beforeEach(async () => {
    for (const name of ['infra', 'functions/onboard', 'shared/domain', 'local']) {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'a.ts'), name);
    }
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'cdk.json'])
      await writeFile(join(folder, name), '{}');
  });

  it.each<[string, () => Promise<void>]>([
    ['a stack changes', () => writeFile(join(folder, 'infra/a.ts'), 'other')],
    ['something that a function bundles changes', () => writeFile(join(folder, 'shared/domain/a.ts'), 'other')],
    ['the lockfile changes', () => writeFile(join(folder, 'package-lock.json'), '{ }')],
    ['a file is added', () => writeFile(join(folder, 'functions/onboard/b.ts'), '')],
    ['a file is renamed', () => rename(join(folder, 'shared/domain/a.ts'), join(folder, 'shared/domain/b.ts'))],
    [
      'content moves from one file to the next',
      async () => {
        await writeFile(join(folder, 'infra/a.ts'), 'infr');
        await writeFile(join(folder, 'infra/b.ts'), 'a');
      },
    ],
  ])('is another one when %s', async (_, change) => {
    const before = await hashOfSources(folder);

    await change();

    expect(await hashOfSources(folder)).not.toBe(before);
  });

  it('is another one for each context, in whatever order its entries stand', async () => {
    const of = (context: Record<string, string>) => hashOfSources(folder, context);

    expect(await of({})).toBe(await hashOfSources(folder));
    expect(await of({ gate: 'true', privateCa: 'create' })).toBe(await of({ privateCa: 'create', gate: 'true' }));
    const contexts = [{}, { gate: 'true' }, { gate: 'false' }, { privateCa: 'create' }];
    expect(new Set(await Promise.all(contexts.map(of))).size).toBe(contexts.length);
  });

  it('is the same in another folder, and when what is not deployed changes', async () => {
    const before = await hashOfSources(folder);
    const copy = `${folder}-copy`;
    await cp(folder, copy, { recursive: true });

    await writeFile(join(folder, 'local/a.ts'), 'other');

    expect(await hashOfSources(folder)).toBe(before);
    expect(await hashOfSources(copy)).toBe(before);
    await rm(copy, { recursive: true });
  });
});

describe('readCloudAssembly', () => {
  const writeJson = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));
  const stack = (templateFile: string, dependencies: string[]) => ({
    type: 'aws:cloudformation:stack',
    dependencies,
    properties: { templateFile },
  });

  it('gives stacks after those that they depend on, and the folder of each asset', async () => {
    await writeJson('manifest.json', {
      artifacts: {
        Second: stack('second.json', ['First', 'Second.assets']),
        'Second.assets': { type: 'cdk:asset-manifest', properties: { file: 'second.assets.json' } },
        First: stack('first.json', []),
        Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
      },
    });
    await writeJson('first.json', { Resources: { A: { Type: 'T' } } });
    await writeJson('second.json', { Resources: {} });
    await writeJson('second.assets.json', {
      files: { abc: { source: { path: 'asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } } },
    });

    const { stacks, assets } = await readCloudAssembly(folder);

    expect(stacks).toEqual([
      { name: 'First', template: { Resources: { A: { Type: 'T' } } } },
      { name: 'Second', template: { Resources: {} } },
    ]);
    expect([...assets]).toEqual([['abc.zip', join(folder, 'asset.abc')]]);
  });

  it.each<[string, object, RegExp]>([
    ['no stack', { artifacts: {} }, /holds no stack/],
    ['a nested assembly', { artifacts: { Stage: { type: 'cdk:cloud-assembly' } } }, /Stage is a nested assembly/],
    ['something else', { artifacts: 'none' }, /manifest\.json is not what a cloud assembly holds/],
  ])('refuses %s', async (_, manifest, message) => {
    await writeJson('manifest.json', manifest);

    await expect(readCloudAssembly(folder)).rejects.toThrow(message);
  });
});
