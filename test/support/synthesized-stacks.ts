// The templates of both stacks, synthesized once for all tests, without bundling the functions.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { vestibuleApp } from '#infra/vestibule-app.ts';
import { STACK } from '#names/outputs.ts';

type Json = Record<string, unknown>;
export type SynthesizedStacks = {
  readonly app: App;
  readonly registry: Template;
  readonly onboarding: Template;
  /** both templates as one value, to compare */
  readonly templates: Json;
  /** context that the synthesis would have had to look up */
  readonly lookups: readonly unknown[];
};

/** @param context of the CDK: what the deployment has beside the rest */
export const synthesizeStacks = (context: Readonly<Record<string, unknown>> = {}): SynthesizedStacks => {
  const outdir = mkdtempSync(join(tmpdir(), 'vestibule-synth-'));
  try {
    const app = vestibuleApp({ outdir, context: { 'aws:cdk:bundling-stacks': [], ...context } });
    const assembly = app.synth();
    const templateOf = (stack: string): Json => assembly.getStackByName(stack).template;
    const templates = { registry: templateOf(STACK.registry), onboarding: templateOf(STACK.onboarding) };
    return {
      app,
      registry: Template.fromJSON(templates.registry),
      onboarding: Template.fromJSON(templates.onboarding),
      templates,
      lookups: assembly.manifest.missing ?? [],
    };
  } finally {
    rmSync(outdir, { recursive: true });
  }
};

const stacks = new Map<string, SynthesizedStacks>();
/** Read only: every test of the process shares them. */
export const synthesizedStacks = (context: Readonly<Record<string, unknown>> = {}): SynthesizedStacks => {
  const key = JSON.stringify(context);
  const known = stacks.get(key) ?? synthesizeStacks(context);
  stacks.set(key, known);
  return known;
};

/** Every combination of what a deployment may have beside the rest. */
export const EVERY_OPT_IN = [
  {},
  { gate: 'true' },
  { privateCa: 'create' },
  { gate: 'true', privateCa: 'create' },
  {
    privateCa:
      'arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/11111111-2222-4333-8444-555555555555,arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/66666666-7777-4888-9999-000000000000',
  },
] as const;

export type Resource = { readonly id: string; readonly properties: Json } & Json;

/** All resources of a type, as plain data. */
export const resourcesOf = (template: Template, type: string): Resource[] =>
  Object.entries(template.findResources(type)).map(([id, resource]) => ({
    ...resource,
    id,
    properties: resource['Properties'] ?? {},
  }));
