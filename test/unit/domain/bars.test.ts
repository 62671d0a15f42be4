import { describe, expect, it } from 'vitest';
import { causesNow, finalOf, mayUse, type Surroundings } from '#domain/bars.ts';
import { CAUSES, type Cause } from '#domain/certificate.ts';
import { certificateId, tenantName } from '#domain/ids.ts';

const NOW = Date.UTC(2026, 10, 22);
const [OWN, OTHER] = ['a', 'b'].map((digit) => certificateId(digit.repeat(64)));
if (!OWN || !OTHER) throw new Error('expected two certificates');

const [ACME, GLOBEX] = [tenantName('acme'), tenantName('globex')];

const RECORD = { id: OWN, tenant: ACME, causes: [], validTo: NOW, wasActive: true };
const DEVICE = { tenant: ACME, certificateId: OWN, former: null, others: [], causes: [] };
const AROUND: Surroundings = { anchor: { state: 'ACTIVE' }, device: DEVICE, blocked: false, onCrl: false, now: NOW };
const RENEWED = { ...DEVICE, certificateId: OTHER };

type Changes = { readonly record?: Partial<typeof RECORD>; readonly around?: Partial<Surroundings> };
const causes = ({ record = {}, around = {} }: Changes): readonly Cause[] =>
  causesNow({ ...RECORD, ...record }, { ...AROUND, ...around });

describe('what bars an accepted certificate', () => {
  it.each<readonly [string, Changes, readonly Cause[]]>([
    ['nothing', {}, []],
    ['V-01: its anchor that is revoked', { around: { anchor: { state: 'REVOKED' } } }, ['CA_REVOKED']],
    ['V-01: its anchor that is deleted', { around: { anchor: { state: 'DELETED' } } }, ['CA_REVOKED']],
    ['V-01: its anchor that is not in the registry', { around: { anchor: null } }, ['CA_REVOKED']],
    [
      'V-04: what bars its device',
      { around: { device: { ...DEVICE, causes: ['REVOKED', 'OPERATOR'] } } },
      ['OPERATOR', 'REVOKED'],
    ],
    ['X-10: the block list of its tenant', { around: { blocked: true } }, ['BLOCKED']],
    ['X-10: a revocation list of its anchor', { around: { onCrl: true } }, ['CRL_REVOKED']],
    ['V-06: the end of its validity', { around: { now: NOW + 1 } }, ['EXPIRED']],
    ['V-06: no end where none is known', { record: { validTo: null as never }, around: { now: NOW + 1 } }, []],
    ['J-11: a newer one that has its device', { around: { device: RENEWED } }, ['REPLACED']],
    ['N-05: a device that another tenant has', { around: { device: { ...DEVICE, tenant: GLOBEX } } }, ['REPLACED']],
    [
      'N-05: nothing that bars a device of another tenant',
      {
        record: { wasActive: false },
        around: { device: { ...DEVICE, tenant: GLOBEX, causes: ['OPERATOR'] } },
      },
      [],
    ],
    ['J-11: no device at all', { around: { device: null } }, []],
  ])('%s', (_, changes, expected) => {
    expect(causes(changes)).toEqual(expected);
  });

  it('V-03: goes with what set it, and takes no other cause with it', () => {
    const record = { causes: ['CA_REVOKED', 'OPERATOR', 'BLOCKED', 'CRL_REVOKED', 'GRANT_REMOVED'] as never };

    expect(causes({ record, around: { device: { ...DEVICE, causes: ['OPERATOR'] } } })).toEqual([
      'OPERATOR',
      'GRANT_REMOVED',
    ]);
  });

  it('V-04, V-06, J-11: stays once it is final', () => {
    expect(causes({ record: { causes: [...CAUSES] as never } })).toEqual([
      'GRANT_REMOVED',
      'EXPIRED',
      'REPLACED',
      'REVOKED',
    ]);
    expect(finalOf(CAUSES)).toEqual(['EXPIRED', 'REPLACED', 'REVOKED']);
  });

  it('J-11: is no newer certificate for one that never was in: it has lost the client id', () => {
    expect(causes({ record: { wasActive: false }, around: { device: RENEWED } })).toEqual([]);
  });
});

describe('J-11: a client id may be used', () => {
  it.each([
    ['by the newest certificate of the device', DEVICE, true],
    ['by another that is left beside it', { ...RENEWED, others: [OWN] }, true],
    [
      'by the former one, while the new one is not in',
      { ...RENEWED, former: { certificateId: OWN, until: null } },
      true,
    ],
    ['by the former one until its time', { ...RENEWED, former: { certificateId: OWN, until: NOW + 1 } }, true],
    ['not from then on', { ...RENEWED, former: { certificateId: OWN, until: NOW } }, false],
    [
      'not by one that another former one follows',
      { ...RENEWED, former: { certificateId: OTHER, until: null } },
      false,
    ],
    ['not by any other', RENEWED, false],
    ["not by its newest, where it is another tenant's", { ...DEVICE, tenant: GLOBEX }, false],
    ["not by one beside it, where it is another tenant's", { ...RENEWED, tenant: GLOBEX, others: [OWN] }, false],
  ])('%s', (_, device, may) => {
    expect(mayUse(RECORD, device, NOW)).toBe(may);
    expect(causes({ around: { device } })).toEqual(may ? [] : ['REPLACED']);
  });
});
