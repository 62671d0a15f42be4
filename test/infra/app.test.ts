// The app as a whole: rules of the trade, what synthesis may not need, and that it says the same thing every time.

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERY_OPT_IN, synthesizedStacks, synthesizeStacks } from '#support/synthesized-stacks.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** Every resource of both stacks: type and logical id. */
const rowsOf = (context = {}): string[] => {
  const { registry, onboarding } = synthesizedStacks(context);
  return [registry, onboarding].flatMap((template) =>
    Object.entries<{ Type: string }>(template.toJSON()['Resources']).map(([id, { Type }]) => `${Type} ${id}`),
  );
};

describe('the app', () => {
  it.each(EVERY_OPT_IN)('G-03: breaks no rule of AWS Solutions that it gives no reason for, with %o', (context) => {
    expect(new AwsSolutionsChecks().validateScope(synthesizedStacks(context).app).violations).toEqual([]);
  });

  it.each(EVERY_OPT_IN)('G-01: asks no account anything, with %o', (context) => {
    expect(synthesizedStacks(context).lookups).toEqual([]);
  });

  it('U-05: devices prove themselves by certificate alone: no authorizer, no domain of its own', () => {
    const { registry, onboarding } = synthesizedStacks();
    for (const template of [registry, onboarding])
      for (const type of ['AWS::IoT::Authorizer', 'AWS::IoT::DomainConfiguration']) template.resourceCountIs(type, 0);
  });

  it('G-05: synthesizes to the same templates twice', () => {
    expect(synthesizeStacks().templates).toEqual(synthesizedStacks().templates);
  });

  it('G-05: replaces no resource unseen: a changed logical id is another resource', () => {
    expect(rowsOf().toSorted().join('\n')).toMatchSnapshot();
  });

  it('G-05: replaces nothing of the rest when a deployment asks for more', () => {
    const more = rowsOf({ gate: 'true', privateCa: 'create' });
    expect(more).toEqual(expect.arrayContaining(rowsOf()));
    expect(
      more
        .filter((row) => !rowsOf().includes(row))
        .toSorted()
        .join('\n'),
    ).toMatchSnapshot();
  });
});

describe('synthesis with its bundles', () => {
  let work: string;
  let outputs: { readonly here: string; readonly there: string };
  afterAll(() => rmSync(work, { recursive: true }));

  /** What is deployed, by file: templates, and the hashes of what goes with them. */
  const deployed = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder)
        .filter((file) => /\.(template|assets)\.json$/.test(file))
        .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
    );
  const synthesize = async (cwd: string, outdir: string) =>
    run(process.execPath, ['infra/app.ts'], { cwd, env: { PATH: process.env['PATH'], CDK_OUTDIR: outdir } });

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'vestibule-folders-'));
    const copy = join(work, 'another', 'checkout');
    outputs = { here: join(work, 'here.out'), there: join(work, 'there.out') };
    for (const part of ['infra', 'functions', 'shared', 'package.json', 'package-lock.json', 'tsconfig.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    await Promise.all([synthesize(root, outputs.here), synthesize(copy, outputs.there)]);
    // Sixteen bundles: some twenty seconds on an idle machine, minutes on one that runs everything else at once.
  }, 300_000);

  it('G-05: makes the same templates and asset hashes in another folder', () => {
    const here = deployed(outputs.here);
    expect(Object.keys(here)).toHaveLength(4);
    expect(deployed(outputs.there)).toEqual(here);
  });

  it('bundles each function into one file, with the credentials of the environment alone', () => {
    const bundles = readdirSync(outputs.here).filter((file) => file.startsWith('asset.'));
    expect(bundles).toHaveLength(8);
    for (const bundle of bundles) {
      expect(readdirSync(join(outputs.here, bundle))).toEqual(['index.mjs']);
      const code = readFileSync(join(outputs.here, bundle, 'index.mjs'), 'utf8');
      // a word of the default chain's link for containers
      expect(code.includes('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')).toBe(false);
    }
  });
});
