// What a deployment may have beside the rest, as its context says.

import { describe, expect, it } from 'vitest';
import { optInsOf } from '#infra/opt-ins.ts';

const ARN = 'arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/11111111-2222-4333-8444-555555555555';
const OTHER = ARN.replace('1111-2222', '9999-2222');
const said = (context: Record<string, unknown>) => optInsOf((key) => context[key]);

describe('opt-ins', () => {
  it.each([
    ['nothing', {}, { gate: false, privateCa: null }],
    ['-c gate=true', { gate: 'true' }, { gate: true, privateCa: null }],
    ['true of cdk.json', { gate: true }, { gate: true, privateCa: null }],
    ['-c gate=false', { gate: 'false' }, { gate: false, privateCa: null }],
    ['-c privateCa=create', { privateCa: 'create' }, { gate: false, privateCa: 'create' }],
    ['one CA', { privateCa: ARN }, { gate: false, privateCa: [ARN] }],
    ['several CAs', { privateCa: `${ARN}, ${OTHER}` }, { gate: false, privateCa: [ARN, OTHER] }],
    ['an empty word', { privateCa: '' }, { gate: false, privateCa: null }],
  ])('%s', (_, context, expected) => {
    expect(said(context)).toEqual(expected);
  });

  it.each([
    ['gate', 'yes', 'context gate: expected true or false, got yes'],
    ['gate', 'True', 'context gate: expected true or false, got True'],
    [
      'privateCa',
      'true',
      'context privateCa: expected create, or ARNs of CAs in AWS Private CA with commas between them, got true',
    ],
    ['privateCa', `${ARN},${ARN.slice(0, -1)}`, `with commas between them, got ${ARN.slice(0, -1)}`],
    ['privateCa', [ARN], `with commas between them, got ["${ARN}"]`],
  ])('%s: %j is refused, for it must not leave anything out unseen', (key, value, message) => {
    expect(() => said({ [key]: value })).toThrow(message);
  });
});
