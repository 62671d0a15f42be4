import { describe, expect, it } from 'vitest';
import { gateRefusal, type Shown } from '#domain/admission-gate.ts';
import type { Verdict } from '#domain/certificate.ts';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const id = certificateId('c1'.repeat(32));
const other = certificateId('c2'.repeat(32));
const tenant = tenantName('acme');
const name = clientId('acme_device01');
const ACCEPT: Verdict = { kind: 'accept', clientId: name, permissionSet: 'acme.eu1', user: null };
const HOLD: Verdict = { kind: 'hold', clientId: name, reason: 'APPROVAL_REQUIRED', seen: 'approve' };
const REJECT: Verdict = { kind: 'reject', clientId: null, reason: 'CN_MISSING', seen: 'no CN' };

type Changes<Part> = Partial<NonNullable<Part>> | null;
type Parts = Partial<Omit<Shown, 'record' | 'device'>> & {
  readonly record?: Changes<Shown['record']>;
  readonly device?: Changes<Shown['device']>;
};

const session = (connected: boolean) => ({
  connected,
  certificateId: id,
  at: NOW,
  sessionId: 'session-1',
  versionNumber: 3,
  ip: null,
  disconnectReason: null,
});

const RECORD = {
  id,
  anchorId: anchorId('ca'.repeat(32)),
  tenant,
  verdict: ACCEPT,
  causes: [],
  validTo: NOW + 1,
  wasActive: true,
};
const DEVICE = { tenant, certificateId: id, former: null, others: [], causes: [], presence: null };

/** A certificate that was let in and may connect, but for what is said otherwise. */
const shown = ({ record, device, ...parts }: Parts = {}): Shown => ({
  anchor: { state: 'ACTIVE' },
  tenant: { secondSession: 'take-over' },
  blocked: false,
  onCrl: false,
  now: NOW,
  record: record === null ? null : { ...RECORD, ...record },
  device: device === null ? null : { ...DEVICE, ...device },
  ...parts,
});

describe('the pre-authentication gate', () => {
  it('lets a certificate go on that may connect', () => {
    expect(gateRefusal(shown())).toBeNull();
    expect(gateRefusal(shown({ tenant: null, device: null }))).toBeNull();
  });

  it.each(['REVOKED', 'DELETED'] as const)(
    'V-01: refuses every certificate of a %s anchor, whatever else is known of it',
    (state) => {
      const refused = { why: 'ANCHOR_NOT_ACTIVE', seen: state };
      for (const record of [null, {}, { verdict: null, anchorId: null }, { verdict: HOLD }, { verdict: REJECT }])
        expect(gateRefusal(shown({ record, anchor: { state } }))).toEqual(refused);
    },
  );

  it('refuses a certificate whose anchor is not in the registry, though it was recorded', () => {
    expect(gateRefusal(shown({ anchor: null }))).toEqual({ why: 'ANCHOR_NOT_ACTIVE', seen: 'not in the registry' });
  });

  it('lets go on what IoT Core must see first: what is unknown, undecided or held, under no anchor or an active one', () => {
    expect(gateRefusal(shown({ record: null, anchor: null }))).toBeNull();
    expect(gateRefusal(shown({ record: null }))).toBeNull();
    expect(gateRefusal(shown({ record: { verdict: null, anchorId: null }, anchor: null }))).toBeNull();
    expect(gateRefusal(shown({ record: { verdict: null } }))).toBeNull();
    expect(gateRefusal(shown({ record: { verdict: HOLD }, device: { causes: ['OPERATOR'] } }))).toBeNull();
  });

  it.each<readonly [seen: string, parts: Parts]>([
    ['REJECTED', { record: { verdict: REJECT } }],
    ['SUSPENDED OPERATOR', { device: { causes: ['OPERATOR'] } }],
    ['SUSPENDED GRANT_REMOVED', { record: { causes: ['GRANT_REMOVED'] } }],
    ['SUSPENDED BLOCKED', { blocked: true }],
    ['REVOKED CRL_REVOKED', { onCrl: true }],
    ['REVOKED REVOKED', { record: { causes: ['REVOKED'] } }],
    ['RETIRED REPLACED', { device: { certificateId: other } }],
    ['EXPIRED EXPIRED', { record: { validTo: NOW - 1 } }],
    ['REVOKED OPERATOR CRL_REVOKED', { device: { causes: ['OPERATOR'] }, onCrl: true }],
  ])('V-04: refuses a certificate that is %s by now, whatever its record says yet', (seen, parts) => {
    expect(gateRefusal(shown(parts))).toEqual({ why: 'CERTIFICATE_BARRED', seen });
  });

  it('V-03: lets a certificate go on when nothing that barred it stands any more', () => {
    expect(gateRefusal(shown({ record: { causes: ['CA_REVOKED', 'OPERATOR', 'BLOCKED'] } }))).toBeNull();
  });

  it('J-11: lets a former certificate and one beside it go on', () => {
    const device = { certificateId: other, former: { certificateId: id, until: NOW + 1 } };
    expect(gateRefusal(shown({ device }))).toBeNull();
    expect(gateRefusal(shown({ device: { certificateId: other, others: [id] } }))).toBeNull();
  });

  it('N-09: refuses a second session where the tenant wants so, whose ever the first is', () => {
    const tenant = { secondSession: 'refuse-new' } as const;
    const refused = { why: 'SECOND_SESSION', seen: 'session-1' };
    const ofAnother = { ...session(true), certificateId: other };
    expect(gateRefusal(shown({ tenant, device: { presence: session(true) } }))).toEqual(refused);
    expect(gateRefusal(shown({ tenant, device: { presence: ofAnother, others: [other] } }))).toEqual(refused);
  });

  it('N-09: lets a session go on when there is none, and wherever the newcomer takes over', () => {
    const tenant = { secondSession: 'refuse-new' } as const;
    expect(gateRefusal(shown({ tenant }))).toBeNull();
    expect(gateRefusal(shown({ tenant, device: null }))).toBeNull();
    expect(gateRefusal(shown({ tenant, device: { presence: session(false) } }))).toBeNull();
    expect(gateRefusal(shown({ device: { presence: session(true) } }))).toBeNull();
  });
});
