import { describe, expect, it } from 'vitest';
import { childrenOf, elementsOf, expectTag, oidOf, TAG, timeOf } from '#adapters/der.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('DER', () => {
  it('X.690 §8.1: reads elements one after the other, in short and in long form', () => {
    const long = `0481 80 ${'61'.repeat(128)}`;
    expect(elementsOf(bytes(`0500 ${long} 0101ff`)).map(({ tag, body }) => [tag, body.length])).toEqual([
      [0x05, 0],
      [0x04, 128],
      [0x01, 1],
    ]);
    expect(elementsOf(bytes(`048201 00 ${'61'.repeat(256)}`))[0]?.body).toHaveLength(256);
  });

  it.each([
    ['a tag without a length', '30', 'the DER ends within an element'],
    ['a length without its bytes', '308201', 'the DER ends within an element'],
    ['a body that is cut short', '300501', 'a DER element is longer than what holds it'],
    ['an indefinite length', '30800000', 'a DER length is not in its shortest form'],
    ['a long form for a short length', '30817f', 'a DER length is not in its shortest form'],
    ['a length with a zero in front', `30820080${'00'.repeat(128)}`, 'a DER length is not in its shortest form'],
    ['a tag of several bytes', '1f8101 00', 'expected a DER tag of one byte'],
    ['a length beyond everything', `30fe${'ff'.repeat(126)}`, 'a DER element is longer than what holds it'],
  ])('X.690 §10.1: refuses %s', (_, hex, message) => {
    expect(() => elementsOf(bytes(hex))).toThrow(message);
  });

  it('says which tag was expected and which came', () => {
    const [element] = elementsOf(bytes('0500'));
    expect(() => expectTag(element, TAG.sequence)).toThrow('expected DER tag 48, got 5');
    expect(() => childrenOf(undefined, TAG.sequence)).toThrow('expected DER tag 48, got nothing');
  });

  it.each([
    ['0603 551d0f', '2.5.29.15'],
    ['0609 2a864886f70d01010b', '1.2.840.113549.1.1.11'],
    ['0609 608648016503040201', '2.16.840.1.101.3.4.2.1'],
    ['0602 8837', '2.999'],
    ['0601 00', '0.0'],
  ])('X.690 §8.19: reads the object identifier %s as %s', (hex, dotted) => {
    expect(oidOf(elementsOf(bytes(hex))[0])).toBe(dotted);
  });
});

describe('a time', () => {
  const time = (tag: number, text: string) => timeOf({ tag, body: Buffer.from(text) });

  it.each([
    [TAG.utcTime, '260131120000Z', '2026-01-31T12:00:00.000Z'],
    [TAG.utcTime, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    [TAG.utcTime, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [TAG.utcTime, '240229000000Z', '2024-02-29T00:00:00.000Z'],
    [TAG.generalizedTime, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    [TAG.generalizedTime, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
  ])('RFC 5280 §4.1.2.5: of tag %i, %s is %s', (tag, text, iso) => {
    expect(new Date(time(tag, text)).toISOString()).toBe(iso);
  });

  it.each([
    [TAG.utcTime, '20XX31120000Z'],
    [TAG.utcTime, '2601311200Z'],
    [TAG.utcTime, '260131120000+0100'],
    [TAG.utcTime, '260230000000Z'],
    [TAG.utcTime, '260131240000Z'],
    [TAG.utcTime, '261301000000Z'],
    [TAG.utcTime, '20260131120000Z'],
    [TAG.utcTime, ''],
    [TAG.generalizedTime, '260131120000Z'],
    [TAG.generalizedTime, '20260131120000.5Z'],
    [TAG.generalizedTime, '20260131120000Z '],
  ])('X.690 §11.7, §11.8: of tag %i, %j is none', (tag, text) => {
    expect(() => time(tag, text)).toThrow('a time is none');
  });

  it('says so of what is no time at all', () => {
    expect(() => time(TAG.octetString, '260131120000Z')).toThrow(`expected DER tag ${TAG.generalizedTime}, got 4`);
    expect(() => timeOf(undefined)).toThrow('got nothing');
  });
});
