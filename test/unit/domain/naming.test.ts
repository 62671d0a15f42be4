import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SubjectFacts } from '#domain/certificate.ts';
import { clientId, isClientId, type TenantName, tenantName } from '#domain/ids.ts';
import {
  clientIdFor,
  commonNameOf,
  deviceKeyOf,
  foreignPrefix,
  type Naming,
  namingOf,
  PROFILES,
  parseNaming,
} from '#domain/naming.ts';

const acme = tenantName('acme');

const subject = (cn: string | readonly string[], more: Partial<SubjectFacts> = {}): SubjectFacts => ({
  cn: typeof cn === 'string' ? [cn] : cn,
  o: [],
  ou: [],
  serialNumber: [],
  ...more,
});

const idOf = (naming: string, cn: string | readonly string[], more: Partial<SubjectFacts> = {}, tenant = acme) => {
  const id = clientIdFor(namingOf(naming), tenant, subject(cn, more));
  return id.ok ? id.value : id.error;
};

describe('naming profiles', () => {
  it.each([
    ['N-01', 'eu1', 'device01', 'acme_device01'],
    ['N-01', 'eu1', 'Device01', 'acme_Device01'],
    ['N-01', 'eu1', 'a_b', 'acme_a_b'],
    ['N-02', 'eu2', 'acme_device01', 'acme_device01'],
    ['N-03', 'private-cloud', 'device01', 'acme_device01'],
    ['N-03', 'private-cloud', 'acme_device01', 'acme_acme_device01'],
    ['N-04', 'connectware', 'device01', 'device01'],
  ])('%s: %s makes of the CN %s the client id %s', (_, profile, cn, expected) => {
    expect(idOf(profile, cn)).toBe(expected);
  });

  it.each(['device01', 'globex_x', 'acme_', 'acme', 'ACME_device01'])(
    "N-02: eu2 refuses the CN %s, which does not begin with its owner's name",
    (cn) => {
      expect(idOf('eu2', cn)).toEqual({ code: 'CN_TENANT_PREFIX', seen: cn });
    },
  );

  it('N-04: gives one certificate another verdict under each profile', () => {
    expect(['eu1', 'eu2', 'connectware'].map((profile) => idOf(profile, 'device01'))).toEqual([
      'acme_device01',
      { code: 'CN_TENANT_PREFIX', seen: 'device01' },
      'device01',
    ]);
  });

  it('N-05: takes the tenant from the owner of the CA, whatever the subject says', () => {
    expect(idOf('eu1', 'device01', { o: ['globex'] })).toBe('acme_device01');
  });
});

describe('common names', () => {
  it.each([
    ['none', [], 'CN_MISSING', 'no CN'],
    ['an empty one', [''], 'CN_MISSING', 'an empty CN'],
    ['two', ['a', 'b'], 'CN_MULTIPLE', 'a | b'],
    ['the same twice', ['a', 'a'], 'CN_MULTIPLE', 'a | a'],
    ['65 characters', ['x'.repeat(65)], 'CN_TOO_LONG', 'x'.repeat(65)],
  ])('N-07: refuses %s', (_, cn, code, seen) => {
    expect(commonNameOf(subject(cn))).toEqual({ ok: false, error: { code, seen } });
  });

  it.each(['a/b', 'a+b', 'a#', 'a*', '$x', 'a b', 'ä', 'a.b', 'a,b', 'a\nb', `\${a}`, 'a\n', 'a?', 'a\\b'])(
    'N-07: refuses the CN %j, which no thing can be called',
    (cn) => {
      expect(commonNameOf(subject(cn))).toMatchObject({ ok: false, error: { code: 'CN_CHARSET' } });
    },
  );

  it('N-07: shows control characters of a CN escaped', () => {
    expect(idOf('eu1', 'a\0\u202eb')).toEqual({ code: 'CN_CHARSET', seen: String.raw`a\u{0}\u{202e}b` });
  });

  it.each(['device01', 'x'.repeat(64), 'A-b_C:9'])('N-07: takes the CN %s', (cn) => {
    expect(commonNameOf(subject(cn))).toEqual({ ok: true, value: cn });
  });

  it('N-07: counts characters, not UTF-16 units', () => {
    expect(commonNameOf(subject('😀'.repeat(64)))).toMatchObject({ error: { code: 'CN_CHARSET' } });
    expect(commonNameOf(subject('😀'.repeat(65)))).toMatchObject({ error: { code: 'CN_TOO_LONG' } });
  });
});

describe('templates', () => {
  it.each([
    ['{tenant}-{ou}-{cn}', 'acme-IT-device01'],
    ['{serialNumber}', 'SN-7'],
    ['line:{o}_{cn}', 'line:Acme_device01'],
    ['{cn}{cn}', 'device01device01'],
  ])('N-04: %s gives %s', (template, expected) => {
    const more = { o: ['Acme'], ou: ['IT'], serialNumber: ['SN-7'] };
    expect(idOf(template, 'device01', more)).toBe(expected);
  });

  it.each([
    ['a field that is missing', {}, 'FIELD_MISSING', 'no ou'],
    ['a field that is empty', { ou: [''] }, 'FIELD_MISSING', 'no ou'],
    ['a field that is there twice', { ou: ['a', 'b'] }, 'FIELD_MULTIPLE', 'ou: a | b'],
    ['a field with a space', { ou: ['R and D'] }, 'FIELD_CHARSET', 'ou: R and D'],
  ])('N-07: refuses %s', (_, more, code, seen) => {
    expect(idOf('{tenant}-{ou}-{cn}', 'device01', more)).toEqual({ code, seen });
  });

  it('N-07: wants a CN even when the template uses none', () => {
    expect(idOf('{serialNumber}', [], { serialNumber: ['7'] })).toEqual({ code: 'CN_MISSING', seen: 'no CN' });
  });

  it('N-07: refuses an id of more than 128 characters, and takes one of 128', () => {
    const long = { ou: ['y'.repeat(63)] };
    expect(idOf('{cn}-{ou}', 'x'.repeat(64), long)).toHaveLength(128);
    expect(idOf('{cn}--{ou}', 'x'.repeat(64), long)).toMatchObject({
      code: 'CLIENT_ID_TOO_LONG',
      seen: expect.stringMatching(/^129 characters: x{63}…$/),
    });
  });

  it.each([
    ['eu3', 'expected eu1, eu2, private-cloud, connectware or a template such as {tenant}-{ou}-{cn}, got "eu3"'],
    ['', /got ""$/],
    ['{tenant}', 'not a naming template: expected {cn} or {serialNumber}, which tell devices apart'],
    ['{cn}/{ou}', /expected a-z, A-Z, 0-9, :, _ and - around the fields, got \/$/],
    ['{cn}.{ou}', /got \.$/],
    ['{CN}', /expected \{tenant\}, \{cn\}, \{o\}, \{ou\}, \{serialNumber\}, got \{CN\}$/],
    ['{}{cn}', /got \{\}$/],
    ['{cn', /got \{$/],
    ['{{cn}}', /got \{$/],
    [`{cn}${'x'.repeat(125)}`, /expected at most 128 characters, got 129$/],
    ['toString', /got "toString"$/],
  ])('N-04: says what is wrong with the naming %j', (text, message) => {
    const naming = parseNaming(text);
    expect(naming.ok ? 'accepted' : naming.error).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
    expect(() => namingOf(text)).toThrow(TypeError);
  });

  it('N-04: tells a profile from a template', () => {
    expect([...PROFILES, '{cn}'].map((text) => namingOf(text).profile)).toEqual([...PROFILES, 'template']);
  });
});

describe("other tenants' names", () => {
  const prefix = (naming: string, id: string, tenant: TenantName = acme) =>
    foreignPrefix(namingOf(naming), tenant, clientId(id));

  it.each([
    ['connectware', 'globex_pump', 'globex'],
    ['connectware', 'GLOBEX_pump', 'globex'],
    ['connectware', 'globex_', 'globex'],
    ['connectware', 'globex_a_b', 'globex'],
    ['{o}_{cn}', 'globex_pump', 'globex'],
    ['{tenant}-{cn}', 'globex_pump', 'globex'],
    ['x{tenant}_{cn}', 'globex_pump', 'globex'],
    ['{tenant}{cn}', 'acmeglobex_pump', 'acmeglobex'],
  ])('N-06: under %s the id %s has the prefix of %s', (naming, id, expected) => {
    expect(prefix(naming, id)).toBe(expected);
  });

  it.each([
    ['connectware', 'pump'],
    ['connectware', 'acme_pump'],
    ['connectware', 'ACME_pump'],
    ['connectware', '_pump'],
    ['connectware', 'a:b_pump'],
    ['eu1', 'acme_globex_pump'],
    ['eu2', 'acme_globex_pump'],
    ['private-cloud', 'acme_pump'],
    ['{tenant}_{cn}', 'acme_pump'],
    ['{tenant}_x{cn}', 'acme_xpump'],
  ])("N-06: under %s the id %s has no other tenant's prefix", (naming, id) => {
    expect(prefix(naming, id)).toBeNull();
  });
});

describe('device keys', () => {
  it('N-12: ignore case under eu2 and nowhere else', () => {
    const keys = (naming: string) =>
      ['acme_Pump', 'acme_pump'].map((id) => deviceKeyOf(namingOf(naming), clientId(id)));
    expect(keys('eu2')).toEqual(['acme_pump', 'acme_pump']);
    expect(keys('eu1')).toEqual(['acme_Pump', 'acme_pump']);
  });
});

describe('any subject', () => {
  const names = fc.array(fc.oneof(fc.stringMatching(/^[a-zA-Z0-9:_-]{1,70}$/), fc.string({ unit: 'binary' })), {
    maxLength: 3,
  });
  const subjects: fc.Arbitrary<SubjectFacts> = fc.record({ cn: names, o: names, ou: names, serialNumber: names });
  const tenants = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/).map(tenantName);
  const namings: fc.Arbitrary<Naming> = fc
    .oneof(fc.constantFrom(...PROFILES), fc.constantFrom('{tenant}-{ou}-{cn}', '{serialNumber}', '{o}{cn}'))
    .map(namingOf);

  it('N-07: gives a client id that AWS takes as a thing name, or a reason that fits on a line', () => {
    fc.assert(
      fc.property(namings, tenants, subjects, (naming, tenant, facts) => {
        const id = clientIdFor(naming, tenant, facts);
        if (id.ok) return isClientId(id.value);
        return [...id.error.seen].length <= 80 && !/\p{C}/u.test(id.error.seen);
      }),
      { numRuns: 500 },
    );
  });

  it('N-06: never gives one client id to two tenants under profiles that carry the tenant', () => {
    const cns = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
    const short = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,2}$/).map(tenantName);
    const prefixed = fc.constantFrom('eu1', 'eu2', 'private-cloud', '{tenant}_x{cn}').map(namingOf);
    fc.assert(
      fc.property(prefixed, prefixed, short, short, cns, cns, (first, second, one, other, cn, otherCn) => {
        fc.pre(one !== other);
        const id = clientIdFor(first, one, subject(first.profile === 'eu2' ? `${one}_${cn}` : cn));
        const otherId = clientIdFor(second, other, subject(second.profile === 'eu2' ? `${other}_${otherCn}` : otherCn));
        return id.ok && otherId.ok && id.value.toLowerCase() !== otherId.value.toLowerCase();
      }),
      { numRuns: 1_000 },
    );
  });
});
