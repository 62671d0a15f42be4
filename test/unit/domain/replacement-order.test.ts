import { describe, expect, it } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import { compilePolicies } from '#domain/permission-compiler.ts';
import { permissionSetOf } from '#domain/permission-set.ts';
import { inReplacementOrder } from '#domain/replacement-order.ts';

const ARN = { partition: 'aws', region: 'eu-central-1', accountId: '111122223333' };
const SET = permissionSetOf(tenantName('acme'), 'connectware', '0123456789abcdef');

const document = (topics: string): string =>
  JSON.stringify({ Resource: [...topics].map((topic) => `arn:aws:iot:r:1:topic/"${topic}"`) });
/** @param documents topics of one letter */
const order = (standing: readonly string[], wanted: readonly string[]) =>
  inReplacementOrder(
    wanted.map((topics, index) => ({
      index,
      standing: standing[index] === undefined ? undefined : document(standing[index]),
      wanted: document(topics),
    })),
  ).map(({ index }) => index);

const documentsOf = (topics: readonly string[]): readonly string[] => {
  const granted = topics.map((resource) => ({
    permission: { resource, operation: 'readWrite', context: 'mqtt', allowRetain: false } as const,
    from: 'role line-1',
    plusMode: 'exact' as const,
  }));
  const compiled = compilePolicies(SET, granted, ARN);
  if (!compiled.ok) throw new TypeError(compiled.error.message);
  return compiled.value.documents.map(({ json }) => json);
};
/** What both say and what is nowhere at some time in between, when they are replaced in this order. */
const missing = (
  before: readonly string[],
  after: readonly string[],
  indexes: readonly number[],
): readonly string[] => {
  const resources = (documents: readonly string[]) => new Set(documents.join('').match(/"arn:[^"]*"/g));
  const kept = [...resources(before)].filter((resource) => resources(after).has(resource));
  const now = [...before];
  return indexes.flatMap((index) => {
    now[index] = after[index] ?? '';
    return kept.filter((resource) => !resources(now).has(resource));
  });
};
const replacements = (before: readonly string[], after: readonly string[]) =>
  after.map((wanted, index) => ({ index, standing: before[index], wanted }));

describe('the order in which documents are replaced', () => {
  it.each([
    ['from the last on when nothing moves', ['a', 'b', 'c'], ['d', 'e', 'f'], [2, 1, 0]],
    ['from the last on when permissions move to later ones', ['ab', 'cd', 'e'], ['xa', 'bc', 'de'], [2, 1, 0]],
    ['from the first on when they move to earlier ones', ['xa', 'bc', 'de'], ['ab', 'cd', 'e'], [0, 1, 2]],
    ['by what moves where it moves both ways', ['ab', 'c', 'd'], ['a', 'cd', 'b'], [1, 2, 0]],
    ['takes least away first where something must be', ['abc', 'de'], ['ade', 'bc'], [1, 0]],
    ['begins with those that stand not yet, from the first', ['ab'], ['a', 'b', 'c'], [1, 2, 0]],
    ['minds what a new one says already', ['c', 'b'], ['b', 'x', 'b'], [2, 1, 0]],
    ['minds no permission that several say', ['ab', 'bc'], ['ca', 'xb'], [0, 1]],
    ['is any for none', [], [], []],
  ] as const)('P-12: %s', (_, standing, wanted, expected) => {
    expect(order(standing, wanted)).toEqual(expected);
  });

  it('P-12: leaves nothing out, whatever one permission an edit adds or takes away', () => {
    const lines = Array.from({ length: 60 }, (_, at) => `plant/line${String(at).padStart(2, '0')}/state`);
    const standing = documentsOf(lines);
    expect(standing.length).toBeGreaterThan(3);
    for (const topics of [
      ['a/first', ...lines],
      [...lines, 'plant/line30/x'],
      lines.slice(1),
      lines.toSpliced(25, 1),
    ]) {
      const wanted = documentsOf(topics);
      const indexes = inReplacementOrder(replacements(standing, wanted)).map(({ index }) => index);
      expect(missing(standing, wanted, indexes)).toEqual([]);
    }
    // in the order of the documents, an insertion would
    const wanted = documentsOf(['a/first', ...lines]);
    expect(missing(standing, wanted, [...wanted.keys()])).not.toEqual([]);
  });
});
