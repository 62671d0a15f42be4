import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '#domain/device-policy.ts';
import { type Bundle, type Clause, DOCUMENT_SIZE_LIMIT, layOut, sizeAlone } from '#domain/policy-layout.ts';

const CONNECT: PolicyStatement = { Effect: 'Allow', Action: 'iot:Connect', Resource: 'client/x' };
const BASE = { source: 'base', statements: [CONNECT] };
const bundle = (source: string, ...clauses: readonly Clause[]): Bundle<string> => ({ source, clauses });
const allow = (...resources: readonly string[]): Clause => ({ effect: 'Allow', actions: ['iot:Publish'], resources });
const deny = (...resources: readonly string[]): Clause => ({ effect: 'Deny', actions: ['iot:Publish'], resources });

const statementsOf = (json: string | undefined): unknown => JSON.parse(json ?? '').Statement;
/** A bundle whose document has exactly this size. */
const bundleOf = (source: string, size: number): Bundle<string> =>
  bundle(source, allow('x'.repeat(size - sizeAlone(bundle('', allow(''))))));

describe('the layout of statements over documents', () => {
  it('P-11: puts clauses of the same effect and actions into one statement, each resource once', () => {
    const [document, ...more] = layOut(BASE, [
      bundle('one', allow('a', 'b'), deny('c')),
      bundle('two', allow('b', 'd'), { effect: 'Allow', actions: ['iot:Receive'], resources: ['b'] }),
      bundle('three', deny('c', 'e')),
    ]);
    expect(more).toEqual([]);
    expect(statementsOf(document?.json)).toEqual([
      ...BASE.statements,
      { Effect: 'Allow', Action: ['iot:Publish'], Resource: ['a', 'b', 'd'] },
      { Effect: 'Deny', Action: ['iot:Publish'], Resource: ['c', 'e'] },
      { Effect: 'Allow', Action: ['iot:Receive'], Resource: ['b'] },
    ]);
    expect(document?.sources).toEqual([['base'], ['one', 'one', 'two'], ['one', 'three'], ['two']]);
  });

  it('P-11: is the base alone where there is nothing else', () => {
    const [document, ...more] = layOut(BASE, []);
    expect(more).toEqual([]);
    expect(document?.json).toBe(
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"client/x"}]}',
    );
    expect(document?.size).toBe(document?.json.length);
  });

  it('P-11: keeps what belongs together in one document', () => {
    const filler = bundleOf('filler', DOCUMENT_SIZE_LIMIT - 300);
    const [first, second] = layOut(BASE, [filler, bundle('pair', allow('p'.repeat(40)), deny('q'.repeat(200)))]);
    expect(JSON.stringify(statementsOf(first?.json))).not.toContain('ppp');
    expect(statementsOf(second?.json)).toEqual([
      { Effect: 'Allow', Action: ['iot:Publish'], Resource: ['p'.repeat(40)] },
      { Effect: 'Deny', Action: ['iot:Publish'], Resource: ['q'.repeat(200)] },
    ]);
  });

  it('P-11: fills a document to the last character and no further', () => {
    const exact = bundleOf('exact', DOCUMENT_SIZE_LIMIT);
    expect(sizeAlone(exact)).toBe(DOCUMENT_SIZE_LIMIT);
    // the base fills the first document too far
    const [first, second, ...more] = layOut(BASE, [exact]);
    expect(more).toEqual([]);
    expect(statementsOf(first?.json)).toEqual(BASE.statements);
    expect(second?.size).toBe(DOCUMENT_SIZE_LIMIT);

    for (const [room, documents] of [
      [0, 1],
      [-1, 2],
    ] as const) {
      const half = bundleOf('half', 1_000);
      const [alone] = layOut(BASE, [half]);
      const rest = DOCUMENT_SIZE_LIMIT - (alone?.size ?? 0) - room;
      // in the statement that is there already a resource takes quotes and a comma more
      const laidOut = layOut(BASE, [half, bundle('rest', allow('y'.repeat(rest - 3)))]);
      expect(laidOut).toHaveLength(documents);
      expect(laidOut[0]?.size).toBe(documents === 1 ? DOCUMENT_SIZE_LIMIT : alone?.size);
    }
  });

  it('P-11: uses the first document that has room, also when later ones were begun', () => {
    const documents = layOut(BASE, [bundleOf('large', 1_900), bundleOf('larger', 2_000), bundle('small', allow('s'))]);
    expect(documents.map(({ sources }) => sources)).toEqual([[['base'], ['large', 'small']], [['larger']]]);
  });

  it('P-11: counts bytes, which are no fewer than characters, blanks and what JSON escapes included', () => {
    const texts = ['a b  c', 'quote " and \\', 'Öl 😀', '\u2028', 'no\u00a0break'];
    const documents = layOut(
      BASE,
      Array.from({ length: 200 }, (_, at) =>
        bundle(`${at}`, allow(`${at} ${texts[at % 5]}`), deny(`${texts[at % 3]}`, `${at}`)),
      ),
    );
    expect(documents.length).toBeGreaterThan(1);
    for (const { json, size } of documents) {
      expect(size).toBe(Buffer.byteLength(json));
      expect(size).toBeLessThanOrEqual(DOCUMENT_SIZE_LIMIT);
    }
    for (const one of [bundle('x', allow('a b', 'c'), deny('a b')), bundle('y', deny('"', 'Öl 😀'))]) {
      const full = { source: 'full', statements: [{ ...CONNECT, Resource: 'x'.repeat(2_000) }] };
      const [, alone] = layOut(full, [one]);
      expect(alone?.size).toBe(sizeAlone(one));
    }
  });
});
