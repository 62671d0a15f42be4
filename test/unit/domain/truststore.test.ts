import { describe, expect, it } from 'vitest';
import { anchorId, tenantName } from '#domain/ids.ts';
import type { TrustAnchor } from '#domain/trust-anchor.ts';
import { truststoreOf } from '#domain/truststore.ts';
import { anAnchor } from '#support/trust-anchors.ts';

const NOW = Date.UTC(2026, 10, 22);
const DAY = 86_400_000;

/** Base64 of 100 characters that begins with the letter. */
const base64 = (letter: string) => `${letter.repeat(99)}=`;
const block = (letter: string) =>
  `-----BEGIN CERTIFICATE-----\n${letter.repeat(64)}\n${letter.repeat(35)}=\n-----END CERTIFICATE-----\n`;
const anchor = (letter: string, changes: Partial<TrustAnchor> = {}) =>
  anAnchor({ id: anchorId(letter.repeat(64)), pem: block(letter), ...changes });
const idsOf = (anchors: readonly TrustAnchor[]) => anchors.map(({ id }) => id[0]).join('');

describe('the truststore', () => {
  it('B-01: is the certificates of all active anchors, of every tenant', () => {
    const { pem, anchors, omitted } = truststoreOf([anchor('a'), anchor('b', { tenant: tenantName('globex') })], NOW);

    expect(pem).toBe(block('a') + block('b'));
    expect(anchors.map(({ tenant }) => tenant)).toEqual(['acme', 'globex']);
    expect(omitted).toEqual([]);
  });

  it('B-01: is empty when nobody is trusted', () => {
    expect(truststoreOf([], NOW)).toEqual({ pem: '', anchors: [], omitted: [] });
  });

  it('B-02: takes a new anchor in at its end, and leaves the others where they are', () => {
    const standing = [
      anchor('c', { registeredAt: 1 }),
      anchor('b', { registeredAt: 2 }),
      anchor('d', { registeredAt: 2 }),
    ];
    const added = anchor('a', { registeredAt: 3, tenant: tenantName('aaa') });

    const before = truststoreOf(standing, NOW);
    const after = truststoreOf([added, ...standing.toReversed()], NOW);

    expect(idsOf(before.anchors)).toBe('cbd');
    expect(after.pem).toBe(before.pem + block('a'));
  });

  it.each(['REVOKED', 'DELETED'] as const)('B-03: leaves out an anchor that is %s, without a word of it', (state) => {
    const { pem, anchors, omitted } = truststoreOf([anchor('a', { state }), anchor('b')], NOW);

    expect(pem).toBe(block('b'));
    expect(idsOf(anchors)).toBe('b');
    expect(omitted).toEqual([]);
  });

  it.each([
    ['CRLF', block('a').replaceAll('\n', '\r\n')],
    ['comments before and after', `# acme's CA\nsubject=CN = acme-ca\n${block('a')}# the end\n`],
    ['no newline at its end', block('a').trimEnd()],
    ['one long line', `-----BEGIN CERTIFICATE-----\n${base64('a')}\n-----END CERTIFICATE-----`],
    [
      'lines of other lengths, indented',
      `-----BEGIN CERTIFICATE-----\n  ${base64('a').replaceAll(/.{7}/g, '$&\n\t')}\n-----END CERTIFICATE-----`,
    ],
    ['the same certificate twice', block('a') + block('a')],
  ])('B-04: makes one clean block of a text with %s', (_, text) => {
    const { pem } = truststoreOf([anchor('a', { pem: text }), anchor('b', { registeredAt: NOW })], NOW);

    expect(pem).toBe(block('a') + block('b'));
  });

  it('B-04: has a certificate once that the chains of several anchors share', () => {
    const chain = (letter: string) => `${block(letter)}# its root\r\n${block('f')}`;

    const { pem } = truststoreOf([anchor('a', { pem: chain('a') }), anchor('b', { pem: chain('b') })], NOW);

    expect(pem).toBe(block('a') + block('f') + block('b'));
  });

  it('B-05: leaves out what is not valid now, and says so', () => {
    const { pem, anchors, omitted } = truststoreOf(
      [
        anchor('a', { validTo: NOW - 1 }),
        anchor('b', { validTo: NOW }),
        anchor('c', { validFrom: NOW }),
        anchor('d', { validFrom: NOW + 1 }),
        anchor('e', { validTo: NOW - DAY, state: 'REVOKED' }),
      ],
      NOW,
    );

    expect(pem).toBe(block('b') + block('c'));
    expect(idsOf(anchors)).toBe('bc');
    expect(omitted.map(({ anchor: { id }, reason }) => [id[0], reason])).toEqual([
      ['a', 'EXPIRED'],
      ['d', 'NOT_YET_VALID'],
    ]);
  });
});
