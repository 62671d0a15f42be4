// F-04: the catalogue of reasons is closed, and each of its codes comes of something that happens.

import { describe, expect, it } from 'vitest';
import { readChain } from '#adapters/x509-certificates.ts';
import { deviceView } from '#contracts/ops-views.ts';
import type { CertificateFacts } from '#domain/certificate.ts';
import { clientId, tenantName } from '#domain/ids.ts';
import { REASON_CODES } from '#domain/reason-codes.ts';
import type { ReasonCode } from '#domain/reasons.ts';
import { basicConstraints, issueDevice, keyUsage, makeTenantCa, subjectKeyId } from '#support/certificates.ts';
import {
  ACME,
  anAnchor,
  aTenant,
  aUser,
  CA,
  NOON,
  type OnboardingWorld,
  onboardingWorld,
} from '#support/onboarding-world.ts';
import { startTrustApi } from '#support/trust-api.ts';
import { recordPresence } from '#usecases/record-presence.ts';

const ca = makeTenantCa();
const subject = (parts: Partial<CertificateFacts['subject']>): Partial<CertificateFacts> => ({
  subject: { cn: ['device01'], o: [], ou: [], serialNumber: [], ...parts },
});
const long = 'x'.repeat(64);

type Facts = Parameters<OnboardingWorld['device']>[1];
type Prepare = (world: OnboardingWorld) => unknown;
/** What a certificate of CN `device01` is held or turned away for. */
const decided =
  (facts: Facts, prepare: Prepare = () => undefined) =>
  async () => {
    const world = onboardingWorld();
    await prepare(world);
    const id = world.device('device01', facts);
    await world.onboard(world.came(id, 900));
    const { verdict } = world.record(id);
    return verdict?.kind === 'accept' ? null : verdict?.reason;
  };
/** Of what was announced last. */
const lastReason = ({ events }: OnboardingWorld) => {
  const last = events.published.at(-1);
  return last && 'reason' in last ? last.reason : null;
};
const named =
  (naming: string): Prepare =>
  ({ tenants }) =>
    tenants.tenants.set(ACME, aTenant({ naming }));
const anchored =
  (changes: Parameters<typeof anAnchor>[0]): Prepare =>
  ({ anchors }) =>
    anchors.anchors.set(CA, anAnchor(changes));
/** Another certificate that has the device. */
const holding =
  (renewal: 'refuse' | 'approve'): Prepare =>
  async (world) => {
    world.tenants.tenants.set(ACME, aTenant({ renewal }));
    await world.onboard(world.came(world.device('device01'), 1));
  };
/** What a CA certificate is refused for when a tenant uploads it. */
const uploaded =
  (options: Parameters<typeof makeTenantCa>[0], anchorRules: 'default' | 'strict' = 'default') =>
  async () => {
    const api = startTrustApi();
    api.tenant('acme', { anchorRules });
    const { body } = await api.call('POST', '/tenants/acme/anchors', {
      body: { certificate: makeTenantCa(options).pem },
    });
    return body['code'];
  };
const strictly = (...extensions: NonNullable<Parameters<typeof makeTenantCa>[0]>['extensions'] & object) =>
  uploaded({ extensions: [basicConstraints(true), ...extensions] }, 'strict');
const shown = (pem: string) => () => {
  const read = readChain(pem);
  return read.ok ? null : read.error.code;
};

const MADE_BY: Readonly<Record<ReasonCode, () => unknown>> = {
  CERT_UNREADABLE: decided({ unreadable: 'no text' }),
  CA_UNKNOWN: decided({ issuedByAnchor: false }),
  CA_EXPIRED: decided({}, anchored({ validTo: NOON - 1 })),
  CA_NOT_YET_VALID: decided({}, anchored({ validFrom: NOON + 1 })),
  CA_REVOKED: decided({}, anchored({ state: 'REVOKED' })),
  NOT_A_CA: uploaded({ extensions: [basicConstraints(false)] }),
  CA_SUBJECT_EMPTY: uploaded({ subject: [] }),
  CA_KEY_USAGE: strictly(subjectKeyId()),
  CA_SUBJECT_KEY_ID: strictly(keyUsage(5)),
  CA_VALIDITY_TOO_LONG: strictly(keyUsage(5), subjectKeyId()),
  CA_PARENT_UNKNOWN: uploaded({ issuer: ca, subject: [['CN', 'intermediate']] }),
  CHAIN_ORDER: shown(ca.pem + issueDevice(ca, { cn: 'device01' }).pem),
  CHAIN_BROKEN: shown(issueDevice(ca, { cn: 'device01' }).pem + makeTenantCa().pem),
  CERT_EXPIRED: decided({ validTo: NOON - 1 }),
  CERT_NOT_YET_VALID: decided({ validFrom: NOON + 1 }),
  CERT_IS_CA: decided({ isCa: true }),
  KEY_TOO_SMALL: decided({ publicKey: { type: 'rsa', bits: 1_024 } }),
  KEY_TYPE: decided({ publicKey: { type: 'other', name: 'ed25519' } }),
  SIG_ALG_WEAK: decided({ signatureAlgorithm: 'rsa-sha1' }),
  SIG_ALG_UNSUPPORTED: decided({ signatureAlgorithm: '1.3.101.112' }),
  EKU: decided({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }),
  KEY_USAGE: decided({ keyUsage: ['keyEncipherment'] }),
  CN_MISSING: decided(subject({ cn: [] })),
  CN_MULTIPLE: decided(subject({ cn: ['a', 'b'] })),
  CN_TOO_LONG: decided(subject({ cn: [`${long}x`] })),
  CN_CHARSET: decided(subject({ cn: ['a b'] })),
  CN_TENANT_PREFIX: decided({}, named('eu2')),
  FIELD_MISSING: decided({}, named('{cn}-{ou}')),
  FIELD_MULTIPLE: decided(subject({ ou: ['a', 'b'] }), named('{cn}-{ou}')),
  FIELD_CHARSET: decided(subject({ ou: ['a/b'] }), named('{cn}-{ou}')),
  CLIENT_ID_TOO_LONG: decided(subject({ cn: [long] }), named('{cn}__{cn}')),
  CLIENT_ID_FOREIGN_PREFIX: decided(subject({ cn: ['globex_pump'] }), (world) => {
    const globex = tenantName('globex');
    world.tenants.tenants.set(globex, aTenant({ name: globex }));
    return named('connectware')(world);
  }),
  CLIENT_ID_CONFLICT: decided({}, holding('refuse')),
  RENEWAL_APPROVAL: decided({}, holding('approve')),
  CERT_BLOCKED: async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await world.blockLists.block(ACME, id, { at: NOON, by: 'an operator' });
    await world.onboard(world.came(id));
    return lastReason(world);
  },
  CERT_REVOKED: decided({ serialNumber: '1f' }, ({ blockLists }) =>
    blockLists.addSerials(CA, [{ serialNumber: '1f', revokedAt: NOON, reason: null }]),
  ),
  CLIENT_ID_MISMATCH: async () => {
    const world = onboardingWorld();
    const id = world.device('device01');
    await world.onboard(world.came(id));
    const news = { clientId: 'another', principal: id, sessionId: 'session', at: NOON, ip: null } as const;
    await recordPresence(world.presencePorts)({ kind: 'refused', ...news });
    const device = world.devices.devices.get('acme_device01') ?? null;
    return deviceView({ clientId: 'acme_device01', device, certificates: [world.record(id)] }).mismatch?.code;
  },
  THING_EXISTS: decided({}, ({ iot }) => {
    iot.things.set(clientId('acme_device01'), { tenant: ACME, cn: "somebody else's", groups: new Set() });
  }),
  DEVICE_BARRED: decided({}, async (world) => {
    await holding('approve')(world);
    world.barDevice('acme_device01', 'OPERATOR');
  }),
  USER_NOT_FOUND: decided({}, (world) => world.askForUsers()),
  GRANT_MISSING: decided({}, (world) => {
    world.askForUsers();
    world.setUser(aUser('device01', { grantTypes: [] }));
  }),
  GRANT_REMOVED: async () => {
    const world = onboardingWorld();
    world.askForUsers();
    world.setUser(aUser('device01'));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    await world.changeUser('device01', null);
    await world.onboard(world.command(id));
    return lastReason(world);
  },
  NOT_ALLOWED: decided({}, ({ tenants }) => tenants.tenants.set(ACME, aTenant({ allowListId: 'an empty one' }))),
  APPROVAL_REQUIRED: decided({}, ({ tenants }) => tenants.tenants.set(ACME, aTenant({ admission: 'approve' }))),
  OPERATOR_REJECTED: async () => {
    const world = onboardingWorld();
    world.tenants.tenants.set(ACME, aTenant({ admission: 'approve' }));
    const id = world.device('device01');
    await world.onboard(world.came(id));
    await world.say(id, 'reject');
    await world.onboard(world.command(id));
    return lastReason(world);
  },
};

describe('F-04: the catalogue of reasons', () => {
  it.each(Object.entries(MADE_BY))('F-04: %s comes of what it is the code of', async (code, make) => {
    expect(await make()).toBe(code);
  });

  it('F-04: has no code beside these', () => {
    expect(Object.keys(MADE_BY).toSorted()).toEqual(REASON_CODES.toSorted());
  });
});
