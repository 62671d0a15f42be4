import { describe, expect, it } from 'vitest';
import type { CertificateRecord, HistoryEntry } from '#domain/certificate.ts';
import {
  CRL_FOLLOWED,
  type CrlEntry,
  type CrlFacts,
  crlChanges,
  crlEffect,
  crlNeedOf,
  crlProblem,
  serialsAfter,
} from '#domain/crl-rules.ts';
import { clientId } from '#domain/ids.ts';
import type { AnchorCrl } from '#domain/trust-anchor.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;
const list = (changes: Partial<CrlFacts> = {}): CrlFacts => ({
  issuer: 'CN=acme CA',
  issuedByAnchor: true,
  signedByAnchor: true,
  signatureAlgorithm: 'rsa-sha256',
  scope: 'full',
  number: '7',
  thisUpdate: NOW - DAY,
  nextUpdate: NOW + DAY,
  entries: [],
  ...changes,
});
const last = (changes: Partial<AnchorCrl> = {}): AnchorCrl => ({
  number: '7',
  thisUpdate: NOW - DAY,
  nextUpdate: null,
  entries: 1,
  importedAt: NOW - DAY,
  importedBy: 'an operator',
  ...changes,
});
const codeOf = (changes: Partial<CrlFacts>, crl: AnchorCrl | null = null): string | null =>
  crlProblem(list(changes), { subject: 'CN=acme CA', crl }, NOW)?.code ?? null;

describe('a revocation list that comes', () => {
  it('is taken in when it is whole, in force and of the CA', () => {
    expect(codeOf({})).toBeNull();
    expect(codeOf({ number: null, nextUpdate: null })).toBeNull();
    expect(codeOf({ thisUpdate: NOW, nextUpdate: NOW })).toBeNull();
  });

  it.each([
    ['CRL_FOREIGN', { issuedByAnchor: false, signedByAnchor: false }],
    ['CRL_SIGNATURE', { signedByAnchor: false }],
    ['CRL_SIGNATURE', { signatureAlgorithm: 'rsa-sha1' }],
    ['CRL_DELTA', { scope: 'delta' }],
    ['CRL_INDIRECT', { scope: 'indirect' }],
    ['CRL_PARTIAL', { scope: 'partial' }],
    ['CRL_EXTENSION', { scope: 'unknown' }],
    ['CRL_NOT_YET_VALID', { thisUpdate: NOW + 1 }],
    ['CRL_NOT_YET_VALID', { thisUpdate: Number.NaN }],
    ['CRL_NOT_YET_VALID', { thisUpdate: 8.64e15 + 1 }],
    ['CRL_EXPIRED', { nextUpdate: NOW - 1 }],
    ['CRL_EXPIRED', { nextUpdate: Number.NaN }],
  ] as const)('is refused as %s: %j', (code, changes) => {
    expect(codeOf(changes)).toBe(code);
  });

  it('is stale when it is dated or counted below the last one, and the last one may come again', () => {
    expect(codeOf({}, last())).toBeNull();
    expect(codeOf({ number: '8', thisUpdate: NOW }, last())).toBeNull();
    expect(codeOf({ thisUpdate: NOW - DAY - 1 }, last())).toBe('CRL_STALE');
    expect(codeOf({ number: '6' }, last())).toBe('CRL_STALE');
    // numbers are longer than what a double holds (RFC 5280 §5.2.3: up to 20 octets)
    expect(codeOf({ number: '18446744073709551616' }, last({ number: '18446744073709551617' }))).toBe('CRL_STALE');
    expect(codeOf({ number: null }, last())).toBeNull();
    expect(codeOf({ number: '6' }, last({ number: null }))).toBeNull();
    expect(codeOf({ number: null, thisUpdate: NOW - DAY - 1 }, last({ number: null }))).toBe('CRL_STALE');
  });

  it('is told of by what was expected and what came, without what steers a terminal', () => {
    const problem = crlProblem(
      list({ issuedByAnchor: false, issuer: 'CN=\u001b[2Jevil' }),
      { subject: 'CN=acme CA', crl: null },
      NOW,
    );
    expect(problem?.message).toContain('expected a list of CN=acme CA, got one of CN=\\u{1b}[2Jevil');
  });
});

const entry = (serialNumber: string, reason: string | null = null): CrlEntry => ({
  serialNumber,
  revokedAt: 1,
  reason,
});

describe('what a list changes', () => {
  it('names are added once, and what was revoked stays although a list leaves it out', () => {
    const known = [entry('1'), entry('2', 'keyCompromise')];
    const changes = crlChanges(known, [entry('2'), entry('3'), entry('3')]);
    expect(changes).toEqual({ add: [entry('3')], drop: [] });
    expect([...serialsAfter(known, changes)]).toEqual(['1', '2', '3']);
  });

  it('what was on hold comes back when a list leaves it out, or says so', () => {
    const known = [entry('1', 'certificateHold'), entry('2', 'certificateHold'), entry('3', 'certificateHold')];
    const changes = crlChanges(known, [entry('2', 'certificateHold'), entry('3', 'removeFromCRL')]);
    expect(changes).toEqual({ add: [], drop: ['1', '3'] });
    expect([...serialsAfter(known, changes)]).toEqual(['2']);
  });

  it('what was on hold and is revoked by now is written anew, so that it stays; the other way round it stays revoked', () => {
    const revoked = entry('1', 'superseded');
    expect(crlChanges([entry('1', 'certificateHold')], [revoked])).toEqual({ add: [revoked], drop: [] });
    expect(crlChanges([revoked], [entry('1', 'certificateHold')])).toEqual({ add: [], drop: [] });
  });
});

const accept = { kind: 'accept', clientId: clientId('a'), permissionSet: 'acme.eu1', user: null } as const;
const hold = { kind: 'hold', clientId: clientId('a'), reason: 'APPROVAL_REQUIRED', seen: '' } as const;
const rejected = (reason: 'CERT_REVOKED' | 'CERT_EXPIRED') =>
  ({ kind: 'reject', clientId: null, reason, seen: '' }) as const;
type Known = Pick<CertificateRecord, 'serialNumber' | 'verdict' | 'causes' | 'settled' | 'history'>;
const known = (changes: Partial<Known> = {}): Known => ({
  serialNumber: '1',
  verdict: accept,
  causes: [],
  settled: true,
  history: [],
  ...changes,
});
const ON = new Set(['1']);
const OFF = new Set(['2']);

describe('what a list does to a certificate', () => {
  it.each([
    ['out', known(), ON],
    ['out', known({ verdict: hold }), ON],
    [null, known({ causes: ['CRL_REVOKED'] }), ON],
    [null, known({ verdict: rejected('CERT_EXPIRED') }), ON],
    [null, known({ verdict: rejected('CERT_REVOKED') }), ON],
    [null, known(), OFF],
    [null, known({ verdict: hold }), OFF],
    [null, known({ verdict: rejected('CERT_EXPIRED') }), OFF],
    ['back', known({ causes: ['OPERATOR', 'CRL_REVOKED'] }), OFF],
    ['back', known({ verdict: rejected('CERT_REVOKED') }), OFF],
    // an operator revoked it, which no list takes back
    [null, known({ causes: ['REVOKED'] }), ON],
    [null, known({ causes: ['CRL_REVOKED', 'REVOKED'] }), OFF],
    [null, known({ serialNumber: null }), ON],
    [null, known({ verdict: null }), ON],
  ] as const)('is %s', (effect, record, serials) => {
    expect(crlEffect(record, serials)).toBe(effect);
  });

  it('is noted once for each list, and finished where an attempt ended after that', () => {
    const line = (seen: string | null, at: number): HistoryEntry => ({
      ...{ at, seen, actor: 'an operator', state: 'ACTIVE', reason: null, rules: 1 },
    });
    const noted = [line(CRL_FOLLOWED, NOW)];
    expect(crlNeedOf(known(), ON, NOW)).toBe('change');
    expect(crlNeedOf(known({ settled: false }), ON, NOW)).toBe('change');
    expect(crlNeedOf(known({ settled: false, history: noted }), ON, NOW)).toBe('finish');
    // of the list before this one
    expect(crlNeedOf(known({ settled: false, history: noted }), ON, NOW + 1)).toBe('change');
    // decided on again since, by facts of before
    expect(crlNeedOf(known({ settled: false, history: [...noted, line(null, NOW)] }), ON, NOW)).toBe('change');
    expect(crlNeedOf(known({ settled: false, history: noted, causes: ['CRL_REVOKED'] }), ON, NOW)).toBe('finish');
    expect(crlNeedOf(known({ settled: true, history: noted, causes: ['CRL_REVOKED'] }), ON, NOW)).toBe('nothing');
    expect(crlNeedOf(known(), OFF, NOW)).toBe('nothing');
  });

  it('X-10: is looked at when its serial number was not kept, unless it is turned away', () => {
    const unknown = { serialNumber: null };
    expect(crlNeedOf(known(unknown), OFF, NOW)).toBe('change');
    expect(crlNeedOf(known({ ...unknown, verdict: hold }), OFF, NOW)).toBe('change');
    expect(crlNeedOf(known({ ...unknown, verdict: rejected('CERT_EXPIRED') }), ON, NOW)).toBe('nothing');
    expect(crlNeedOf(known({ ...unknown, verdict: null }), ON, NOW)).toBe('nothing');
    // for good, and whatever lists say
    expect(crlNeedOf(known({ ...unknown, causes: ['REVOKED'] }), ON, NOW)).toBe('nothing');
  });
});
