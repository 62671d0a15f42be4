import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAUSES, type CertificateFacts, type OperatorWord } from '#domain/certificate.ts';
import { certificateId, tenantName } from '#domain/ids.ts';
import { PROFILES } from '#domain/naming.ts';
import { decide, evaluate, type OnboardingInput } from '#domain/onboarding.ts';
import { isReasonCode, REASON_CODES } from '#domain/reason-codes.ts';
import { REASONS, type ReasonCode } from '#domain/reasons.ts';
import { ANCHOR_STATES } from '#domain/trust-anchor.ts';
import type { User } from '#domain/user.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 31);

const FACTS: CertificateFacts = {
  id: certificateId('a'.repeat(64)),
  serialNumber: '1f',
  publicKeyId: 'c'.repeat(64),
  subject: { cn: ['device01'], o: ['Acme'], ou: ['IT'], serialNumber: [] },
  issuedByAnchor: true,
  version: 1,
  validFrom: NOW - DAY,
  validTo: NOW + DAY,
  publicKey: { type: 'rsa', bits: 2_048 },
  signatureAlgorithm: 'rsa-sha256',
  isCa: false,
  extendedKeyUsage: null,
  keyUsage: null,
};
const GOOD: OnboardingInput = {
  certificate: FACTS,
  anchor: { state: 'ACTIVE', validFrom: NOW - DAY, validTo: NOW + DAY },
  tenant: { name: tenantName('acme'), naming: 'eu1', admission: 'auto', userMatch: 'off' },
  listed: null,
  foreignTenant: null,
  user: null,
  operatorWord: null,
  deviceCauses: [],
  blocked: false,
  onCrl: false,
  now: NOW,
};
const USER: User = {
  tenant: GOOD.tenant.name,
  username: 'device01',
  grantTypes: [{ method: 'certificate', isRequired: false }],
  roles: [],
  permissions: [],
  composition: null,
  createdAt: NOW - DAY,
  version: 1,
};
const APPROVED: OperatorWord = { verdict: 'approve', at: NOW, by: 'arn:aws:iam::111122223333:role/ops' };
const REFUSED: OperatorWord = { ...APPROVED, verdict: 'reject' };
const globex = tenantName('globex');

const given = (change: Partial<OnboardingInput>): OnboardingInput => ({ ...GOOD, ...change });
const leaf = (change: Partial<CertificateFacts>): OnboardingInput => given({ certificate: { ...FACTS, ...change } });
const named = (...cn: readonly string[]): OnboardingInput => leaf({ subject: { ...FACTS.subject, cn } });
const anchored = (change: Partial<OnboardingInput['anchor']>): OnboardingInput =>
  given({ anchor: { ...GOOD.anchor, ...change } });
const owned = (naming: string, input: OnboardingInput = GOOD): OnboardingInput => ({
  ...input,
  tenant: { ...GOOD.tenant, naming },
});
const withUser = (user: User | null, input: OnboardingInput = GOOD): OnboardingInput => ({
  ...input,
  tenant: { ...input.tenant, userMatch: 'required' },
  user,
});
const long = 'x'.repeat(64);

type Case = readonly [id: string, reason: ReasonCode, rule: string, seen: string, input: OnboardingInput];

const REJECTED: readonly Case[] = [
  ['X-02', 'CERT_UNREADABLE', 'readable', 'no text', given({ certificate: { unreadable: 'no text' } })],
  ['X-03', 'CA_UNKNOWN', 'issuer', 'not signed by the trust anchor', leaf({ issuedByAnchor: false })],
  [
    'CA-10',
    'CA_EXPIRED',
    'anchor-validity',
    '2026-01-30T00:00:00Z to 2026-01-30T23:59:59.999Z',
    anchored({ validTo: NOW - 1 }),
  ],
  [
    'X-04',
    'CA_NOT_YET_VALID',
    'anchor-validity',
    '2026-01-31T00:00:00.001Z to 2026-02-01T00:00:00Z',
    anchored({ validFrom: NOW + 1 }),
  ],
  ['X-04', 'CERT_EXPIRED', 'validity', '2026-01-30T00:00:00Z to 2026-01-30T23:59:59.999Z', leaf({ validTo: NOW - 1 })],
  [
    'X-04',
    'CERT_NOT_YET_VALID',
    'validity',
    '2026-01-31T00:00:00.001Z to 2026-02-01T00:00:00Z',
    leaf({ validFrom: NOW + 1 }),
  ],
  ['X-05', 'CERT_IS_CA', 'end-entity', 'CA:TRUE', leaf({ isCa: true })],
  ['X-06', 'KEY_TOO_SMALL', 'public-key', 'RSA 2047', leaf({ publicKey: { type: 'rsa', bits: 2_047 } })],
  ['X-06', 'KEY_TYPE', 'public-key', 'EC secp256k1', leaf({ publicKey: { type: 'ec', curve: 'secp256k1' } })],
  ['X-06', 'KEY_TYPE', 'public-key', 'ed25519', leaf({ publicKey: { type: 'other', name: 'ed25519' } })],
  ['X-06', 'SIG_ALG_WEAK', 'signature-algorithm', 'rsa-sha1', leaf({ signatureAlgorithm: 'rsa-sha1' })],
  ['X-06', 'SIG_ALG_WEAK', 'signature-algorithm', 'rsa-pss-sha1', leaf({ signatureAlgorithm: 'rsa-pss-sha1' })],
  ['X-06', 'SIG_ALG_UNSUPPORTED', 'signature-algorithm', '1.3.101.112', leaf({ signatureAlgorithm: '1.3.101.112' })],
  ['X-05', 'EKU', 'extended-key-usage', '1.3.6.1.5.5.7.3.1', leaf({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] })],
  ['X-05', 'EKU', 'extended-key-usage', '', leaf({ extendedKeyUsage: [] })],
  [
    'X-05',
    'KEY_USAGE',
    'key-usage',
    'keyEncipherment keyAgreement',
    leaf({ keyUsage: ['keyEncipherment', 'keyAgreement'] }),
  ],
  ['N-07', 'CN_MISSING', 'client-id', 'no CN', named()],
  ['N-07', 'CN_MULTIPLE', 'client-id', 'a | b', named('a', 'b')],
  ['N-07', 'CN_TOO_LONG', 'client-id', `${long}x`, named(`${long}x`)],
  ['N-07', 'CN_CHARSET', 'client-id', 'a b', named('a b')],
  ['N-02', 'CN_TENANT_PREFIX', 'client-id', 'device01', owned('eu2')],
  ['N-07', 'FIELD_MISSING', 'client-id', 'no serialNumber', owned('{cn}-{serialNumber}')],
  [
    'N-07',
    'FIELD_MULTIPLE',
    'client-id',
    'ou: a | b',
    owned('{cn}-{ou}', leaf({ subject: { ...FACTS.subject, ou: ['a', 'b'] } })),
  ],
  [
    'N-07',
    'FIELD_CHARSET',
    'client-id',
    'ou: a/b',
    owned('{cn}-{ou}', leaf({ subject: { ...FACTS.subject, ou: ['a/b'] } })),
  ],
  ['N-07', 'CLIENT_ID_TOO_LONG', 'client-id', `130 characters: ${long.slice(1)}…`, owned('{cn}__{cn}', named(long))],
  ['X-10', 'CERT_BLOCKED', 'block-list', FACTS.id, given({ blocked: true })],
  ['X-10', 'CERT_REVOKED', 'revocation-list', '1f', given({ onCrl: true })],
  [
    'N-06',
    'CLIENT_ID_FOREIGN_PREFIX',
    'tenant-prefix',
    'the name of tenant globex',
    owned('connectware', { ...named('globex_pump'), foreignTenant: globex }),
  ],
  ['U-01', 'USER_NOT_FOUND', 'user', 'device01', withUser(null)],
  ['U-01', 'USER_NOT_FOUND', 'user', 'device01', withUser({ ...USER, username: 'Device01' })],
  ['U-01', 'USER_NOT_FOUND', 'user', 'device01', withUser({ ...USER, username: 'device01 ' })],
  ['U-01', 'USER_NOT_FOUND', 'user', 'Device01', withUser(USER, named('Device01'))],
  [
    'U-01',
    'GRANT_MISSING',
    'user',
    'password token',
    withUser({
      ...USER,
      grantTypes: [
        { method: 'password', isRequired: true },
        { method: 'token', isRequired: false },
      ],
    }),
  ],
  ['U-03', 'GRANT_MISSING', 'user', 'no grant', withUser({ ...USER, grantTypes: [] })],
  ['U-04', 'GRANT_MISSING', 'user', 'password', withUser(null, named('admin'))],
];

const REFUSED_BY_OPERATOR: Case = [
  'F-04',
  'OPERATOR_REJECTED',
  'operator-word',
  `reject by ${REFUSED.by}`,
  given({ operatorWord: REFUSED }),
];

const HELD: readonly Case[] = [
  ['V-01', 'CA_REVOKED', 'anchor-state', 'REVOKED', anchored({ state: 'REVOKED' })],
  ['CA-07', 'CA_REVOKED', 'anchor-state', 'DELETED', anchored({ state: 'DELETED' })],
  ['V-04', 'DEVICE_BARRED', 'device', 'OPERATOR BLOCKED', given({ deviceCauses: ['OPERATOR', 'BLOCKED'] })],
  ['F-04', 'NOT_ALLOWED', 'allow-list', 'not on the list', given({ listed: false })],
  ['F-04', 'APPROVAL_REQUIRED', 'admission', 'approve', given({ tenant: { ...GOOD.tenant, admission: 'approve' } })],
];

describe('the verdict', () => {
  it('X-05: accepts an X.509 v1 leaf, and every rule says what it saw', () => {
    expect(evaluate(GOOD)).toEqual({
      verdict: { kind: 'accept', clientId: 'acme_device01', permissionSet: 'acme.eu1', user: null },
      cn: 'device01',
      rules: [
        { rule: 'readable', ok: true, seen: 'X.509 v1' },
        { rule: 'signature-algorithm', ok: true, seen: 'rsa-sha256' },
        { rule: 'issuer', ok: true, seen: 'signed by the trust anchor' },
        { rule: 'anchor-validity', ok: true, seen: '2026-01-30T00:00:00Z to 2026-02-01T00:00:00Z' },
        { rule: 'validity', ok: true, seen: '2026-01-30T00:00:00Z to 2026-02-01T00:00:00Z' },
        { rule: 'end-entity', ok: true, seen: 'not a CA' },
        { rule: 'public-key', ok: true, seen: 'RSA 2048' },
        { rule: 'extended-key-usage', ok: true, seen: 'absent' },
        { rule: 'key-usage', ok: true, seen: 'absent' },
        { rule: 'client-id', ok: true, seen: 'acme_device01' },
        { rule: 'block-list', ok: true, seen: 'not listed' },
        { rule: 'revocation-list', ok: true, seen: 'not listed' },
        { rule: 'user', ok: true, seen: 'not asked' },
        { rule: 'tenant-prefix', ok: true, seen: 'no other tenant' },
        { rule: 'operator-word', ok: true, seen: 'none' },
        { rule: 'anchor-state', ok: true, seen: 'ACTIVE' },
        { rule: 'device', ok: true, seen: 'not barred' },
        { rule: 'allow-list', ok: true, seen: 'no list' },
        { rule: 'admission', ok: true, seen: 'auto' },
      ],
    });
  });

  it.each([
    ['X-04', 'the first and the last moment', leaf({ validFrom: NOW, validTo: NOW })],
    ['X-04', "the CA's first and last moment", anchored({ validFrom: NOW, validTo: NOW })],
    ['X-06', 'P-256', leaf({ publicKey: { type: 'ec', curve: 'P-256' } })],
    ['X-06', 'P-384', leaf({ publicKey: { type: 'ec', curve: 'P-384' } })],
    ['X-06', 'P-521', leaf({ publicKey: { type: 'ec', curve: 'P-521' } })],
    ['X-06', 'RSASSA-PSS', leaf({ signatureAlgorithm: 'rsa-pss-sha256' })],
    ['X-06', 'ECDSA with SHA-512', leaf({ signatureAlgorithm: 'ecdsa-sha512' })],
    ['X-05', 'clientAuth among others', leaf({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] })],
    ['X-05', 'anyExtendedKeyUsage', leaf({ extendedKeyUsage: ['2.5.29.37.0'] })],
    ['X-05', 'digitalSignature among others', leaf({ keyUsage: ['keyEncipherment', 'digitalSignature'] })],
    ['X-07', 'an approved device on the list', given({ listed: true, operatorWord: APPROVED })],
  ])('%s: accepts %s', (_, __, input) => {
    expect(decide(input)).toMatchObject({ kind: 'accept', clientId: 'acme_device01' });
  });

  it.each([...REJECTED, REFUSED_BY_OPERATOR])(
    '%s: rejects with %s when the rule %s fails',
    (_, reason, rule, seen, input) => {
      const { verdict, rules } = evaluate(input);
      expect(verdict).toMatchObject({ kind: 'reject', reason, seen });
      expect(rules.find((one) => one.rule === rule)).toEqual({
        rule,
        ok: false,
        seen,
      });
    },
  );

  it.each(HELD)('%s: holds with %s when the rule %s fails', (_, reason, rule, seen, input) => {
    const { verdict, rules } = evaluate(input);
    expect(verdict).toEqual({ kind: 'hold', clientId: 'acme_device01', reason, seen });
    expect(rules.filter(({ ok }) => !ok)).toEqual([{ rule, ok: false, seen }]);
  });

  it.each(REJECTED)('%s: an approval does not outrank %s', (_, reason, _rule, _seen, input) => {
    expect(decide({ ...input, operatorWord: APPROVED })).toMatchObject({ kind: 'reject', reason });
  });

  it.each([
    ['CA_REVOKED', anchored({ state: 'REVOKED' })],
    ['DEVICE_BARRED', given({ deviceCauses: ['REVOKED'] })],
  ] as const)('V-05: an approval does not outrank %s', (reason, input) => {
    expect(decide({ ...input, operatorWord: APPROVED })).toMatchObject({ kind: 'hold', reason });
  });

  it.each([
    ['the allow-list', given({ listed: false })],
    ['admission', given({ tenant: { ...GOOD.tenant, admission: 'approve' } })],
  ])('J-08: an approval outranks %s, and the rule says so', (_, input) => {
    const { verdict, rules } = evaluate({ ...input, operatorWord: APPROVED });
    expect(verdict.kind).toBe('accept');
    expect(rules.map(({ seen }) => seen)).toContainEqual(expect.stringContaining(', approved by an operator'));
  });

  it('V-03: takes the device in once the anchor that held it is restored', () => {
    const revoked = anchored({ state: 'REVOKED' });
    expect(decide(revoked).kind).toBe('hold');
    expect(decide({ ...revoked, anchor: { ...revoked.anchor, state: 'ACTIVE' } }).kind).toBe('accept');
  });

  it('J-07: the first rule that fails decides, and a rejection comes before a hold', () => {
    const bad = leaf({ isCa: true, issuedByAnchor: false });
    expect(decide({ ...bad, anchor: { ...bad.anchor, state: 'REVOKED' } })).toMatchObject({
      kind: 'reject',
      reason: 'CA_UNKNOWN',
      clientId: 'acme_device01',
    });
    expect(decide(given({ operatorWord: REFUSED, listed: false }))).toMatchObject({ reason: 'OPERATOR_REJECTED' });
  });

  it('F-04: says which rules were not reached for want of a client id', () => {
    const { rules, cn, verdict } = evaluate(leaf({ isCa: true, subject: { ...FACTS.subject, cn: ['a b'] } }));
    expect(verdict).toEqual({ kind: 'reject', clientId: null, reason: 'CERT_IS_CA', seen: 'CA:TRUE' });
    expect(cn).toBeNull();
    expect(rules.slice(-10)).toEqual([
      { rule: 'client-id', ok: false, seen: 'a b' },
      ...[
        'block-list',
        'revocation-list',
        'user',
        'tenant-prefix',
        'operator-word',
        'anchor-state',
        'device',
        'allow-list',
        'admission',
      ].map((rule) => ({
        rule,
        ok: false,
        seen: 'not reached',
      })),
    ]);
  });

  it('F-04: keeps the CN of a certificate that another field leaves without a client id', () => {
    expect(evaluate(owned('{cn}-{serialNumber}'))).toMatchObject({ cn: 'device01', verdict: { clientId: null } });
  });

  it('reaches no rule but the first for a certificate that cannot be read', () => {
    const { rules, cn } = evaluate(given({ certificate: { unreadable: 'bad\nDER' } }));
    expect(cn).toBeNull();
    expect(rules[0]).toEqual({ rule: 'readable', ok: false, seen: String.raw`bad\u{a}DER` });
    expect(new Set(rules.slice(1).map(({ seen }) => seen))).toEqual(new Set(['not reached']));
  });

  it('F-04: shows as approved by an operator only what one approved', () => {
    const { rules } = evaluate(given({ operatorWord: REFUSED, listed: false }));
    expect(rules).toContainEqual({ rule: 'allow-list', ok: false, seen: 'not on the list' });
  });

  it('X-04: rejects a certificate whose times are no times', () => {
    expect(decide(leaf({ validFrom: Number.NaN }))).toMatchObject({ reason: 'CERT_NOT_YET_VALID' });
    expect(decide(leaf({ validTo: Number.NaN }))).toMatchObject({ reason: 'CERT_EXPIRED' });
  });

  it('shows a time that no calendar holds as a number', () => {
    expect(decide(leaf({ validTo: -1e300 }))).toMatchObject({
      reason: 'CERT_EXPIRED',
      seen: '2026-01-30T00:00:00Z to -1e+300',
    });
  });

  it('decides nothing on a tenant whose naming is none', () => {
    expect(() => decide(owned('eu9'))).toThrow('expected eu1, eu2');
  });
});

describe('the user of a certificate', () => {
  it('U-01: whose name is the CN and who has the grant is who the device is', () => {
    const { verdict, rules } = evaluate(withUser(USER));

    expect(verdict).toEqual({
      kind: 'accept',
      clientId: 'acme_device01',
      permissionSet: 'acme.eu1',
      user: 'device01',
    });
    expect(rules).toContainEqual({ rule: 'user', ok: true, seen: 'certificate' });
  });

  it('U-04: may be admin, once somebody has given it the grant', () => {
    const admin = { ...USER, username: 'admin' };

    expect(decide(withUser(admin, named('admin')))).toMatchObject({ kind: 'accept', user: 'admin' });
  });

  it('is not looked at where the tenant does not ask for one, and gives nothing', () => {
    const user = { ...USER, composition: '0123456789abcdef' };

    for (const other of [user, { ...user, grantTypes: [] }])
      expect(decide(given({ user: other }))).toMatchObject({ kind: 'accept', permissionSet: 'acme.eu1', user: null });
  });

  it('U-01: keeps an approved device out as well, and comes before all that would hold one', () => {
    const held = withUser(null, given({ operatorWord: APPROVED, deviceCauses: ['OPERATOR'] }));

    expect(decide(held)).toMatchObject({ kind: 'reject', reason: 'USER_NOT_FOUND' });
    expect(decide({ ...held, user: USER })).toMatchObject({ kind: 'hold', reason: 'DEVICE_BARRED' });
  });

  it.each([
    ['eu1', null, 'acme.eu1'],
    ['eu1', '0123456789abcdef', 'acme.eu1.0123456789abcdef'],
    ['eu2', null, 'acme.eu2'],
    ['eu2', '0123456789abcdef', 'acme.eu2.0123456789abcdef'],
    ['private-cloud', '0123456789abcdef', 'acme.private-cloud.0123456789abcdef'],
    ['connectware', null, 'acme.connectware'],
    ['connectware', '0123456789abcdef', 'acme.connectware.0123456789abcdef'],
    ['{tenant}-{cn}', null, 'acme.template'],
    ['{tenant}-{cn}', '0123456789abcdef', 'acme.template.0123456789abcdef'],
  ])('U-13: of naming %s with the composition %s puts the device into the set %s', (naming, composition, set) => {
    const user = { ...USER, username: 'acme_x', composition };

    expect(decide(withUser(user, owned(naming, named('acme_x'))))).toMatchObject({
      kind: 'accept',
      permissionSet: set,
    });
  });
});

describe('the catalogue of reasons', () => {
  it('F-04: has its codes apart from its texts, and takes no other', () => {
    expect(REASON_CODES).toEqual(Object.keys(REASONS));
    expect(REASON_CODES.every(isReasonCode)).toBe(true);
    expect(['toString', 'cn_missing', ''].some(isReasonCode)).toBe(false);
  });

  it('F-04: tells for each code when it arises and what to do', () => {
    for (const { layer, when, action } of Object.values(REASONS)) {
      expect(['tls', 'auth']).toContain(layer);
      expect(when).toMatch(/^.{20,120}$/);
      expect(action).toMatch(/^.{20,120}$/);
    }
  });
});

describe('any input', () => {
  const time = fc.oneof(fc.constantFrom(NOW - DAY, NOW, NOW + DAY), fc.double());
  const texts = fc.array(
    fc.oneof(
      fc.constantFrom('device01', 'acme_x', 'digitalSignature', '1.3.6.1.5.5.7.3.2'),
      fc.string({ unit: 'binary', maxLength: 100 }),
    ),
    { maxLength: 2 },
  );
  const certificate: fc.Arbitrary<OnboardingInput['certificate']> = fc.oneof(
    { weight: 1, arbitrary: fc.record({ unreadable: fc.string({ unit: 'binary' }) }) },
    {
      weight: 9,
      arbitrary: fc.record({
        id: fc.constant(FACTS.id),
        serialNumber: fc.constantFrom('1f', ''),
        publicKeyId: fc.constant(FACTS.publicKeyId),
        subject: fc.record({ cn: texts, o: texts, ou: texts, serialNumber: texts }),
        issuedByAnchor: fc.boolean(),
        version: fc.integer(),
        validFrom: time,
        validTo: time,
        publicKey: fc.oneof(
          fc.record({ type: fc.constant('rsa' as const), bits: fc.oneof(fc.constant(2_048), fc.double()) }),
          fc.record({ type: fc.constant('ec' as const), curve: fc.constantFrom('P-256', 'secp256k1') }),
          fc.record({ type: fc.constant('other' as const), name: fc.string({ unit: 'binary' }) }),
        ),
        signatureAlgorithm: fc.oneof(fc.constant('rsa-sha256'), fc.string({ unit: 'binary' })),
        isCa: fc.boolean(),
        extendedKeyUsage: fc.option(texts),
        keyUsage: fc.option(texts),
      }),
    },
  );
  const anything: fc.Arbitrary<OnboardingInput> = fc.record({
    certificate,
    anchor: fc.record({
      state: fc.constantFrom(...ANCHOR_STATES),
      validFrom: time,
      validTo: time,
    }),
    tenant: fc.record({
      name: fc.constant(GOOD.tenant.name),
      naming: fc.constantFrom(...PROFILES, '{cn}', '{tenant}_{ou}-{cn}', '{serialNumber}'),
      admission: fc.constantFrom('auto' as const, 'approve' as const),
      userMatch: fc.constantFrom('off' as const, 'required' as const),
    }),
    user: fc.option(
      fc.record({
        tenant: fc.constant(GOOD.tenant.name),
        username: fc.constantFrom('device01', 'acme_x', 'Device01'),
        grantTypes: fc.subarray([
          { method: 'certificate' as const, isRequired: false },
          { method: 'password' as const, isRequired: false },
        ]),
        roles: fc.constant([]),
        permissions: fc.constant([]),
        composition: fc.option(fc.constant('0123456789abcdef')),
        createdAt: fc.constant(NOW),
        version: fc.integer(),
      }),
    ),
    listed: fc.option(fc.boolean()),
    foreignTenant: fc.option(fc.constant(globex)),
    operatorWord: fc.option(fc.constantFrom(APPROVED, REFUSED)),
    deviceCauses: fc.subarray([...CAUSES]),
    blocked: fc.boolean(),
    onCrl: fc.boolean(),
    now: fc.oneof({ weight: 9, arbitrary: fc.constant(NOW) }, { weight: 1, arbitrary: fc.double() }),
  });
  /** One change away from a good certificate, so that accepts and holds are reached as well. */
  const nearlyGood: fc.Arbitrary<OnboardingInput> = anything.chain((odd) =>
    fc.constantFrom(
      GOOD,
      { ...GOOD, certificate: odd.certificate },
      { ...GOOD, anchor: odd.anchor },
      { ...odd, certificate: FACTS, anchor: GOOD.anchor, now: NOW },
    ),
  );

  it('J-07: gets a verdict, accepted exactly when every rule is met', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(anything, nearlyGood), (input) => {
        const { verdict, rules } = evaluate(input);
        kinds.add(verdict.kind);
        expect(rules).toHaveLength(19);
        for (const { seen } of rules) {
          expect([...seen].length).toBeLessThanOrEqual(80);
          expect(seen).not.toMatch(/\p{C}/u);
        }
        expect(verdict.kind === 'accept').toBe(rules.every(({ ok }) => ok));
        const failed = rules.find(({ ok }) => !ok);
        if (verdict.kind !== 'accept') expect(verdict.seen).toBe(failed?.seen);
      }),
      { numRuns: 2_000 },
    );
    expect([...kinds].sort()).toEqual(['accept', 'hold', 'reject']);
  });
});
