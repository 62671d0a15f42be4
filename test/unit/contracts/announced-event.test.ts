// what is announced is in the catalogue whole: contract, schema, sample and a line of the page.

import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { AnnouncedEvent, announced } from '#contracts/announced-event.ts';
import type { DomainEvent } from '#domain/domain-event.ts';
import { anchorId, certificateId, clientId, tenantName } from '#domain/ids.ts';

const EVENTS = new URL('../../../events/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, EVENTS), 'utf8');

const AT = Date.parse('2026-11-22T12:00:00Z');
const VALID_TO = Date.parse('2026-12-22T12:00:00Z');
const common = { id: 'an-id', at: AT, tenant: tenantName('acme') };
const anchor = { ...common, anchorId: anchorId('ca'.repeat(32)), actor: 'sweep' };
const certificate = { ...common, certificateId: certificateId('ce'.repeat(32)), clientId: clientId('acme_device01') };
const device = { ...certificate, anchorId: anchor.anchorId, reason: null, seen: null };
const session = { ...certificate, tried: 'device01', ip: null };

/** One of each type: a type that is added to the domain does not compile until it stands here. */
const ONE_OF_EACH: Readonly<Record<DomainEvent['type'], DomainEvent>> = {
  'device.onboarded': { ...device, type: 'device.onboarded', state: 'ACTIVE' },
  'device.held': { ...device, type: 'device.held', state: 'HELD', reason: 'APPROVAL_REQUIRED' },
  'device.rejected': { ...device, type: 'device.rejected', state: 'REJECTED', reason: 'EKU', seen: '1.2.3' },
  'device.suspended': { ...device, type: 'device.suspended', state: 'SUSPENDED', reason: 'CA_REVOKED' },
  'device.resumed': { ...device, type: 'device.resumed', state: 'ACTIVE' },
  'device.expired': { ...device, type: 'device.expired', state: 'EXPIRED' },
  'device.retired': { ...device, type: 'device.retired', state: 'RETIRED', seen: 'REPLACED' },
  'device.revoked': { ...device, type: 'device.revoked', state: 'REVOKED' },
  'certificate.expiring': {
    ...certificate,
    type: 'certificate.expiring',
    anchorId: anchor.anchorId,
    validTo: VALID_TO,
    days: 30,
  },
  'session.duplicate': { ...session, type: 'session.duplicate' },
  'session.mismatch': { ...session, type: 'session.mismatch' },
  'ca.uploaded': { ...anchor, type: 'ca.uploaded' },
  'ca.verified': { ...anchor, type: 'ca.verified', proof: 'ACM_PCA' },
  'ca.revoked': { ...anchor, type: 'ca.revoked' },
  'ca.restored': { ...anchor, type: 'ca.restored' },
  'ca.deleted': { ...anchor, type: 'ca.deleted' },
  'ca.swept': { ...anchor, type: 'ca.swept', changed: 2_500 },
  'ca.crl-imported': { ...anchor, type: 'ca.crl-imported', entries: 3 },
  'ca.expiring': { ...anchor, type: 'ca.expiring', validTo: VALID_TO, days: 30 },
};
const TYPES = Object.keys(ONE_OF_EACH);

describe('the catalogue of what is announced', () => {
  it.each(Object.values(ONE_OF_EACH))('R-04: $type leaves as its contract says, nothing of it lost', (event) => {
    const detail = JSON.parse(JSON.stringify(announced(event)));

    expect(v.parse(AnnouncedEvent, detail)).toEqual({
      ...event,
      version: 1,
      at: '2026-11-22T12:00:00.000Z',
      ...('validTo' in event && { validTo: '2026-12-22T12:00:00.000Z' }),
    });
  });

  it('R-04: its schema has every type and no other', () => {
    const schema = JSON.parse(read('schemas/announced-event.schema.json')) as {
      readonly oneOf: readonly { readonly properties: { readonly type: { readonly const: string } } }[];
    };

    expect(schema.oneOf.map(({ properties }) => properties.type.const).toSorted()).toEqual(TYPES.toSorted());
  });

  it('R-04: it has a sample of every type', () => {
    const samples = readdirSync(new URL('samples/announced-event/', EVENTS)).filter(
      (name) => !name.startsWith('malformed-'),
    );

    expect(samples.map((name) => JSON.parse(read(`samples/announced-event/${name}`)).type).toSorted()).toEqual(
      TYPES.toSorted(),
    );
  });

  it('R-04: its page says of every type when it comes', () => {
    const lines = [...read('README.md').matchAll(/^\| `([a-z.-]+)` \| \S.* \|$/gm)].map(([, type]) => type);

    expect(lines.toSorted()).toEqual(TYPES.toSorted());
  });

  it('every kind of message has a line, samples and a schema', () => {
    const kinds = readdirSync(new URL('samples/', EVENTS)).toSorted();

    expect(readdirSync(new URL('schemas/', EVENTS)).toSorted()).toEqual(kinds.map((kind) => `${kind}.schema.json`));
    for (const kind of kinds)
      expect(read('README.md')).toContain(
        `[samples](samples/${kind}) | [schema](schemas/${kind}.schema.json) | \`${kind}.ts\``,
      );
  });
});
