import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize, type PolicyContext, policyContext } from '#domain/iot-policy.ts';
import { parsePolicy } from '#domain/iot-policy-document.ts';

type Fields = Readonly<Record<string, unknown>>;

const read = (statements: unknown) => {
  const document = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
  if (!document.ok) throw new TypeError(document.error);
  return document.value;
};

const NOTHING = policyContext({});
const asks = (statements: unknown, resource: string, context: PolicyContext = NOTHING, action = 'iot:Publish') =>
  authorize({ action, resource }, [read(statements)], context);
const allow = (fields: Fields = {}) => ({ Effect: 'Allow', Action: 'iot:Publish', Resource: '*', ...fields });
const deny = (fields: Fields = {}) => ({ ...allow(fields), Effect: 'Deny' });
const allows = (resource: string | readonly string[], asked: string, context: PolicyContext = NOTHING): boolean =>
  asks(allow({ Resource: resource }), asked, context).allowed;

describe('which statement decides', () => {
  it('AWS IoT Core policies: nothing is allowed without an allow', () => {
    expect(authorize({ action: 'iot:Publish', resource: 'a' }, [], NOTHING)).toEqual({ allowed: false, because: null });
    expect(asks(allow({ Resource: 'b' }), 'a')).toEqual({ allowed: false, because: null });
  });

  it('AWS IoT Core policies: an explicit deny outweighs every allow, before and after it', () => {
    expect(asks([allow(), deny({ Sid: 'no', Resource: 'a' }), allow()], 'a')).toEqual({
      allowed: false,
      because: { effect: 'Deny', document: 0, statement: 1, resource: 0, sid: 'no' },
    });
    expect(asks([allow({ Sid: 'yes' }), deny({ Resource: 'a' })], 'b')).toEqual({
      allowed: true,
      because: { effect: 'Allow', document: 0, statement: 0, resource: 0, sid: 'yes' },
    });
  });

  it('AWS IoT Core policies: all documents count together, and the first allow is named', () => {
    const documents = [read(allow({ Resource: 'x' })), read([allow({ Resource: 'y' }), allow()]), read(allow())];
    const request = { action: 'iot:Publish', resource: 'a' };
    expect(authorize(request, documents, NOTHING).because).toMatchObject({ document: 1, statement: 1 });
    expect(authorize(request, [...documents, read(deny())], NOTHING).because).toMatchObject({
      effect: 'Deny',
      document: 3,
    });
  });

  it.each([
    ['iot:Publish', true],
    [['iot:Connect', 'iot:Publish'], true],
    [['iot:Connect', 'iot:Subscribe'], false],
    ['iot:*', true],
    ['*', true],
    ['iot:Pub????', true],
    ['IOT:publish', true],
    ['iot:publish', true],
    ['iot:Connect', false],
    ['iot:Pub', false],
    ['iotjobsdata:*', false],
  ])('AWS IoT Core policy actions: Action %j covers iot:Publish: %s', (action, expected) => {
    expect(asks(allow({ Action: action }), 'a').allowed).toBe(expected);
  });
});

describe('resources', () => {
  it.each([
    ['topic/a', 'topic/a', true],
    ['topic/a', 'topic/A', false],
    ['topic/a', 'topic/a/b', false],
    ['topic/a/*', 'topic/a/b/c', true],
    ['topic/a/*', 'topic/a/', true],
    ['topic/a/*', 'topic/a', false],
    ['topic/*/c', 'topic/a/b/c', true],
    ['topic/*/c', 'topic/c', false],
    ['topic/*a*b', 'topic/xaxab', true],
    ['topic/*a*b', 'topic/xaxabx', false],
    ['topic/?', 'topic/a', true],
    ['topic/?', 'topic/', false],
    ['topic/?', 'topic/😀', true],
    ['topic/??', 'topic/😀', false],
    ['topic/*??', 'topic/a😀', true],
    ['topic/*??', 'topic/😀', false],
    ['**', 'anything', true],
    ['*a', 'a', true],
    ['*a', 'aab', false],
    ['', '', true],
    ['topicfilter/a/*', 'topicfilter/a/#', true],
    ['topicfilter/a/*', 'topicfilter/a/+/c', true],
    ['topicfilter/a/restricted/*', 'topicfilter/a/#', false],
    ['topicfilter/a/*', 'topic/a/b', false],
    ['topic/a/*', 'topicfilter/a/b', false],
    ['topicfilter/a/+', 'topicfilter/a/b', false],
    ['topicfilter/a/#', 'topicfilter/a/b', false],
    ['topicfilter/a/+', 'topicfilter/a/+', true],
    ['topic/a.c', 'topic/abc', false],
    [`topic/\${*}`, 'topic/*', true],
    [`topic/\${*}`, 'topic/a', false],
    [`topic/\${?}\${$}`, 'topic/?$', true],
    [`topic/\${?}`, 'topic/a', false],
    [`topic/\${}`, 'topic/', false],
    ['topic/$', 'topic/$', true],
    ['topic/{a}', 'topic/{a}', true],
    ['topic/$aws/a', 'topic/$aws/a', true],
  ])('Pub/Sub policy examples: Resource %s covers %s: %s', (resource, asked, expected) => {
    expect(allows(resource, asked)).toBe(expected);
  });

  it('takes several resources', () => {
    expect(allows(['a', 'b'], 'b')).toBe(true);
    expect(allows(['a', 'b'], 'c')).toBe(false);
  });

  it('names the first resource that the request meets', () => {
    expect(asks(allow({ Resource: ['x', 'a*', 'a'] }), 'a').because).toMatchObject({ resource: 1 });
    expect(asks([allow(), deny({ Resource: ['x', 'y', 'a'] })], 'a').because).toMatchObject({
      effect: 'Deny',
      resource: 2,
    });
  });

  it('does not take long over a pattern made to be slow', () => {
    const started = performance.now();
    expect(allows(`${'*a'.repeat(200)}b`, 'a'.repeat(2_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('variables', () => {
  const ATTRIBUTE = 'iot:Certificate.Subject.CommonName';
  const OWN = `client/\${${ATTRIBUTE}}`;
  const named = (value: string | readonly string[] | null) => policyContext({ [ATTRIBUTE]: value });

  it('Thing policy variables: are replaced by their value, whatever case the name is written in', () => {
    expect(allows(OWN, 'client/pump', named('pump'))).toBe(true);
    expect(allows(OWN.toUpperCase().replace('CLIENT', 'client'), 'client/pump', named('pump'))).toBe(true);
    expect(allows(OWN, 'client/other', named('pump'))).toBe(false);
  });

  it.each(['*', 'a*', '?', '$', '+', '#', `\${iot:ClientId}`, 'x'.repeat(1_025)])(
    'Using certificate policy variables: %s is not substituted, and the statement allows nothing',
    (value) => {
      for (const asked of [`client/${value}`, 'client/a', OWN]) expect(allows(OWN, asked, named(value))).toBe(false);
    },
  );

  it('Using certificate policy variables: a value of 1,024 characters is substituted', () => {
    expect(allows(OWN, `client/${'x'.repeat(1_024)}`, named('x'.repeat(1_024)))).toBe(true);
  });

  it('Using certificate policy variables: a missing value matches nothing, and neither does a list', () => {
    for (const context of [NOTHING, named(null), named([]), named(['a']), named(['a', 'b'])])
      for (const asked of ['client/', 'client/a', OWN]) expect(allows(OWN, asked, context)).toBe(false);
  });

  it('Using certificate policy variables: a deny with a value that cannot be substituted denies nothing', () => {
    expect(asks([allow(), deny({ Resource: OWN })], 'client/a', named('*')).allowed).toBe(true);
    expect(asks([allow(), deny({ Resource: OWN })], 'client/a', named('a')).allowed).toBe(false);
  });

  it('Certificate policy variables: of several values the first has the bare name, a further one its index', () => {
    const unit = 'iot:Certificate.Subject.OrganizationalUnit';
    const context = policyContext({ [unit]: 'a', [`${unit}.1`]: 'b', [`${unit}.List`]: ['a', 'b'] });
    const topic = (suffix: string) => `topic/\${${unit}${suffix}}`;
    expect(allows(topic(''), 'topic/a', context)).toBe(true);
    expect(allows(topic('.1'), 'topic/b', context)).toBe(true);
    expect(allows(topic(''), 'topic/b', context)).toBe(false);
    for (const suffix of ['.2', '.List'])
      for (const asked of ['topic/a', 'topic/b', `topic/`]) expect(allows(topic(suffix), asked, context)).toBe(false);
  });

  it('Thing policy variables: several of them, wildcards and text stand in one resource', () => {
    const context = policyContext({
      'iot:Connection.Thing.ThingName': 'pump',
      'iot:Connection.Thing.Attributes[tenant]': 'acme',
    });
    const own = `topic/\${iot:Connection.Thing.Attributes[tenant]}/\${iot:Connection.Thing.ThingName}/*`;
    expect(allows(own, 'topic/acme/pump/x/y', context)).toBe(true);
    expect(allows(own, 'topic/acme/other/x', context)).toBe(false);
    expect(allows(own, 'topic/other/pump/x', context)).toBe(false);
  });

  it('are replaced in conditions as well', () => {
    const statement = allow({ Condition: { StringEquals: { 'iot:ClientId': `\${${ATTRIBUTE}}` } } });
    const context = (id: string, cn: string) => policyContext({ 'iot:ClientId': id, [ATTRIBUTE]: cn });
    expect(asks(statement, 'a', context('pump', 'pump')).allowed).toBe(true);
    expect(asks(statement, 'a', context('other', 'pump')).allowed).toBe(false);
    expect(asks(statement, 'a', context('*', '*')).allowed).toBe(false);
  });
});

describe('conditions', () => {
  const holds = (condition: Fields, values: Readonly<Record<string, string | readonly string[] | null>>) =>
    asks(allow({ Condition: condition }), 'a', policyContext(values)).allowed;

  it.each<[Fields, Readonly<Record<string, string | readonly string[]>>, boolean]>([
    [{ Bool: { k: 'true' } }, { k: 'true' }, true],
    [{ Bool: { k: true } }, { K: 'True' }, true],
    [{ Bool: { k: 'true' } }, { k: 'false' }, false],
    [{ Bool: { k: 'false' } }, { k: 'false' }, true],
    [{ Bool: { k: 'false' } }, {}, false],
    [{ Bool: { k: 'true' } }, { k: ['true', 'true'] }, false],
    [{ Bool: { k: 'true' } }, { k: ['true'] }, false],
    [{ Bool: { k: 'true' } }, { k: 'yes' }, false],
    [{ Bool: { k: 'FALSE' } }, { k: 'false' }, true],
    [{ Null: { k: 'true' } }, {}, true],
    [{ Null: { k: 'true' } }, { k: 'x' }, false],
    [{ Null: { k: 'false' } }, { k: 'x' }, true],
    [{ Null: { k: false } }, {}, false],
    [{ Null: { k: 'true' } }, { k: [] }, true],
    [{ Null: { k: 'false' } }, { k: ['x', 'y'] }, true],
    [{ Null: { k: 'false' } }, { k: '' }, true],
    [{ StringEquals: { k: 'x' } }, { k: 'x' }, true],
    [{ StringEquals: { k: ['x', 'y'] } }, { k: 'y' }, true],
    [{ StringEquals: { k: 'x' } }, { k: 'X' }, false],
    [{ StringEquals: { k: 'x' } }, {}, false],
    [{ StringEquals: { k: '*' } }, { k: 'x' }, false],
    [{ StringEquals: { k: '*?' } }, { k: '*?' }, true],
    [{ StringEquals: { k: 'x' } }, { k: ['x', 'x'] }, false],
    [{ StringEquals: { k: 'x' } }, { k: ['x'] }, false],
    [{ StringEquals: { K: 'x' } }, { k: 'x' }, true],
    [{ StringEquals: { k: [`\${l}`, 'z'] } }, { k: 'x', l: ['x'] }, false],
    [{ StringLike: { k: `a\${*}` } }, { k: 'ab' }, false],
    [{ StringLike: { k: `a\${*}` } }, { k: 'a*' }, true],
    [{ StringLike: { k: 'a*' } }, { k: 'abc' }, true],
    [{ StringLike: { k: 'a?' } }, { k: 'abc' }, false],
    [{ StringEquals: { k: 'x', l: 'y' } }, { k: 'x', l: 'y' }, true],
    [{ StringEquals: { k: 'x', l: 'y' } }, { k: 'x', l: 'x' }, false],
    [{ StringEquals: { k: 'x' }, Bool: { l: 'true' } }, { k: 'x', l: 'false' }, false],
  ])('IAM, Condition operators: %j with %j holds: %s', (condition, values, expected) => {
    expect(holds(condition, values)).toBe(expected);
  });

  it.each<[Fields, string | readonly string[] | null, boolean]>([
    [{ 'ForAllValues:StringEquals': { k: ['x', 'y'] } }, 'x', true],
    [{ 'ForAllValues:StringEquals': { k: ['x', 'y'] } }, 'z', false],
    [{ 'ForAnyValue:StringEquals': { k: ['x', 'y'] } }, 'y', true],
    [{ 'ForAllValues:StringEquals': { k: ['x', 'y'] } }, ['x'], true],
    [{ 'ForAllValues:StringEquals': { k: ['x', 'y'] } }, ['x', 'y'], true],
    [{ 'ForAllValues:StringEquals': { k: ['x', 'y'] } }, ['x', 'z'], false],
    [{ 'ForAllValues:StringEquals': { k: ['x', 'y'] } }, [], true],
    [{ 'ForAllValues:StringEquals': { k: ['x', 'y'] } }, null, true],
    [{ 'ForAllValues:StringLike': { k: 'x*' } }, ['xa', 'xb'], true],
    [{ 'ForAnyValue:StringEquals': { k: ['x', 'y'] } }, ['z', 'x'], true],
    [{ 'ForAnyValue:StringEquals': { k: ['x', 'y'] } }, ['z'], false],
    [{ 'ForAnyValue:StringLike': { k: 'x*' } }, ['z', 'xa'], true],
    [{ 'ForAnyValue:StringEquals': { k: ['x'] } }, [], false],
    [{ 'ForAnyValue:StringEquals': { k: ['x'] } }, null, false],
  ])('IAM, Multivalued context keys: %j with %j holds: %s', (condition, values, expected) => {
    expect(holds(condition, { k: values })).toBe(expected);
  });
});

describe('a policy that is not understood', () => {
  it.each<[Fields | string, RegExp]>([
    ['{', /JSON at position 1/i],
    ['[]', /^expected a policy, got \[\]$/],
    ['null', /^expected a policy, got null$/],
    [{ Statement: [] }, /^expected Version 2012-10-17, got nothing$/],
    [{ Version: '2008-10-17', Statement: [allow()] }, /^expected Version 2012-10-17, got "2008-10-17"$/],
    [{ Version: '2012-10-17' }, /^expected a statement, got nothing$/],
    [{ Version: '2012-10-17', Statement: [] }, /^expected a Statement, got \[\]$/],
    [
      { Version: '2012-10-17', Statement: [allow()], Extra: 1 },
      /^expected a policy with Version, Id, Statement only, got "Extra"$/,
    ],
  ])('is an error: %j', (document, message) => {
    const policy = parsePolicy(typeof document === 'string' ? document : JSON.stringify(document));
    expect(policy).toEqual({ ok: false, error: expect.stringMatching(message) });
  });

  it.each<[Fields, RegExp]>([
    [{ Effect: 'allow' }, /^expected Effect Allow or Deny, got "allow"$/],
    [{ Sid: 7 }, /^expected a Sid of text, got 7$/],
    [{ Action: undefined }, /^expected an Action, got nothing$/],
    [{ Action: [] }, /^expected an Action, got \[\]$/],
    [{ Action: ['iot:Publish', 7] }, /^expected an Action, got \["iot:Publish",7\]$/],
    [{ Action: 'Publish' }, /^expected an action such as iot:Publish, got "Publish"$/],
    [{ Action: `iot:\${*}` }, /^expected an action such as iot:Publish/],
    [{ Resource: undefined }, /^expected a Resource, got nothing$/],
    [{ Action: 'a iot:Publish' }, /^expected an action such as iot:Publish/],
    [{ Action: 'iot:Publish now' }, /^expected an action such as iot:Publish/],
    [{ Resource: `topic/\${iot:ClientId, 'x'}` }, /^expected a variable without a default, got "topic/],
    [{ Resource: `client/\${iot:ClientId` }, /^expected \} after \$\{, got "client/],
    [{ NotAction: 'iot:*' }, /^expected a statement with .* only, got "NotAction"$/],
    [{ NotResource: '*' }, /only, got "NotResource"$/],
    [{ Principal: '*' }, /only, got "Principal"$/],
    [{ Condition: 'no' }, /^expected a Condition, got "no"$/],
    [{ Condition: { Bool: 'no' } }, /^expected keys under Bool, got "no"$/],
    [{ Condition: { Bool: { k: 'maybe' } } }, /^expected "true" or "false", got "maybe"$/],
    [{ Condition: { Null: { k: ['true', 'false'] } } }, /^expected "true" or "false", got \["true","false"\]$/],
    [{ Condition: { StringEquals: { k: 7 } } }, /^expected strings for k, got 7$/],
    [{ Condition: { StringNotEquals: { k: 'x' } } }, /^expected the condition operator .*, got "StringNotEquals"$/],
    [{ Condition: { NotStringEquals: { k: 'x' } } }, /got "NotStringEquals"$/],
    [{ Condition: { StringEqualsIfExists: { k: 'x' } } }, /got "StringEqualsIfExists"$/],
    [{ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }, /got "IpAddress"$/],
    [{ Condition: { 'ForAllValues:Bool': { k: 'true' } } }, /got "ForAllValues:Bool"$/],
  ])('is an error rather than skipped: %j', (fields, message) => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [allow(fields)] });
    expect(parsePolicy(text)).toEqual({ ok: false, error: expect.stringMatching(message) });
  });

  it('is an error: lists within lists, deeper than anything can follow', () => {
    const policy = parsePolicy(`{"Version":"2012-10-17","Statement":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
    expect(policy).toEqual({ ok: false, error: 'Maximum call stack size exceeded' });
  });

  it('takes Id, and one statement without a list', () => {
    const text = JSON.stringify({ Version: '2012-10-17', Id: 'x', Statement: allow() });
    expect(parsePolicy(text)).toMatchObject({ ok: true, value: { statements: [{ effect: 'Allow', sid: null }] } });
  });
});

describe('any policy', () => {
  const topic = fc.stringMatching(/^[ab/]{0,4}$/);
  const pattern = fc.stringMatching(/^[ab/*?]{0,4}$/);
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constant('iot:Publish'),
    Resource: pattern,
  });

  it('AWS IoT Core policies: a deny that matches always wins, wherever it stands', () => {
    fc.assert(
      fc.property(fc.array(statement), fc.array(statement), topic, (before, after, asked) => {
        expect(asks([...before, deny({ Resource: asked }), ...after], asked)).toMatchObject({ allowed: false });
      }),
    );
  });

  it('Pub/Sub policy examples: wildcards match as the regular expression they stand for', () => {
    fc.assert(
      fc.property(pattern, topic, (resource, asked) => {
        const expression = new RegExp(`^${resource.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(allows(resource, asked)).toBe(expression.test(asked));
      }),
      { numRuns: 2_000 },
    );
  });

  it('Using certificate policy variables: a substituted value matches itself or nothing', () => {
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '*', '?', '$', '{', '}', '+', '#') }),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(value, value, (known, asked) => {
        const granted = allows(`x\${v}y`, `x${asked}y`, policyContext({ v: known }));
        expect(granted).toBe(asked === known && !/[*$+?#]/.test(known));
      }),
      { numRuns: 1_000 },
    );
  });
});
