// The SQL of topic rules: what it gives, and what it refuses.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '#local/iot/message-bus.ts';
import { parseSql, SqlError } from '#local/iot/rules/sql.ts';
import { applyQuery } from '#local/iot/rules/sql-evaluation.ts';

const EVENT = {
  name: "it's",
  certificateId: 'ab12',
  caCertificateId: 'cd34',
  timestamp: 1_769_860_800_000,
  certificateStatus: 'PENDING_ACTIVATION',
  certificateRegistrationTimestamp: null,
};

const aMessage = (overrides: Partial<Message> & { readonly json?: unknown } = {}): Message => ({
  topic: '$aws/events/certificates/registered/cd34',
  payload: Buffer.from(JSON.stringify(overrides.json ?? EVENT)),
  qos: 1,
  clientId: 'acme_device01',
  principal: null,
  ...overrides,
});

const surroundings = { accountId: '123456789012', now: () => 42 };
const select = (sql: string, message = aMessage()): unknown => {
  const output = applyQuery(parseSql(sql), message, surroundings);
  return output === null ? null : JSON.parse(Buffer.from(output).toString());
};
const where = (condition: string, json?: unknown): boolean =>
  select(`SELECT * FROM 'a' WHERE ${condition}`, aMessage({ json })) !== null;

describe('SELECT', () => {
  it('J-01: gives the onboarding rule what the event lacks', () => {
    const selected = select(
      `SELECT *, clientid() AS clientId, topic(5) AS caFromTopic, newuuid() AS eventId
       FROM '$aws/events/certificates/registered/+'`,
    );

    expect(selected).toEqual({
      ...EVENT,
      clientId: 'acme_device01',
      caFromTopic: 'cd34',
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('gives every execution a UUID of its own', () => {
    const id = () => select("SELECT newuuid() AS id FROM 'a'");

    expect(id()).not.toEqual(id());
  });

  it('knows the functions in any case of letters', () => {
    expect(
      select(
        "select Topic() as t, TOPIC(1) as first, topic(9) as none, timestamp() as now, accountid() as account, principal() as p from 'a'",
        aMessage({ principal: 'ef56' }),
      ),
    ).toEqual({
      t: '$aws/events/certificates/registered/cd34',
      first: '$aws',
      now: 42,
      account: '123456789012',
      p: 'ef56',
    });
  });

  it('gives n/a as the client id of a message that no client sent, and no principal', () => {
    expect(select("SELECT clientid() AS c, principal() AS p FROM 'a'", aMessage({ clientId: null }))).toEqual({
      c: 'n/a',
    });
  });

  it('picks fields by path, under their last name or another, and leaves out what is not there', () => {
    const json = { a: { b: { 'c d': 1 }, list: [1, 2] }, toString: 'own' };

    expect(
      select(`SELECT a.b."c d", a.list AS l, a.b.missing, missing.deep AS m, toString FROM 'a'`, aMessage({ json })),
    ).toEqual({
      'c d': 1,
      l: [1, 2],
      toString: 'own',
    });
    expect(select("SELECT constructor FROM 'a'", aMessage({ json: {} }))).toEqual({});
  });

  it('lets a later field win over one of the payload', () => {
    expect(select("SELECT *, 'mine' AS clientId FROM 'a'", aMessage({ json: { clientId: 'theirs' } }))).toEqual({
      clientId: 'mine',
    });
  });

  it('hands any payload on as it came with * alone', () => {
    const payload = Buffer.from([0xff, 0x00, 0x7b]);

    expect(applyQuery(parseSql("SELECT * FROM 'a'"), aMessage({ payload }), surroundings)).toBe(payload);
  });

  it('cannot join * of a payload that is no JSON object with other fields', () => {
    for (const payload of ['not json', '[1]', '"text"', 'null'])
      expect(() => select("SELECT *, topic() AS t FROM 'a'", aMessage({ payload: Buffer.from(payload) }))).toThrow(
        'not a JSON object',
      );
    expect(select("SELECT topic(1) AS t, field FROM 'a'", aMessage({ payload: Buffer.from('not json') }))).toEqual({
      t: '$aws',
    });
  });
});

describe('WHERE', () => {
  it.each([
    ["certificateStatus = 'PENDING_ACTIVATION'", true],
    ["certificateStatus <> 'PENDING_ACTIVATION'", false],
    ["certificateStatus != 'ACTIVE'", true],
    ['timestamp > 1', true],
    ['timestamp <= 1', false],
    ["topic(4) = 'registered' AND timestamp >= 1769860800000", true],
    ["topic(4) = 'other' OR timestamp < 1", false],
    ["NOT topic(4) = 'other'", true],
    ['certificateRegistrationTimestamp = NULL', true],
    ["certificateId = 'it''s'", false],
    ["certificateId < 'b'", true],
    ["timestamp = '1769860800000'", true],
    ["'it''s' = name", true],
    ['constructor <> 1', false],
  ])('%s is %s', (condition, expected) => {
    expect(where(condition)).toBe(expected);
  });

  it('AND binds tighter than OR, and parentheses tighter than both', () => {
    expect(where('a = 1 OR b = 1 AND c = 1', { a: 1, b: 0, c: 0 })).toBe(true);
    expect(where('(a = 1 OR b = 1) AND c = 1', { a: 1, b: 0, c: 0 })).toBe(false);
  });

  it('a comparison with what is not there is not true, whichever way it is put', () => {
    for (const condition of ['missing = 1', 'missing <> 1', 'NOT missing = 1', 'missing < 1', 'missing'])
      expect(where(condition, {})).toBe(false);
  });

  it('values of different types are not equal and not ordered', () => {
    expect(where("a = 'one'", { a: 1 })).toBe(false);
    expect(where("a <> 'one'", { a: 1 })).toBe(true);
    expect(where("a < 'one'", { a: 1 })).toBe(false);
    expect(where('a = TRUE', { a: true })).toBe(true);
    expect(where('a', { a: 'true' })).toBe(false);
  });
});

describe('what is not emulated', () => {
  it.each([
    ["SELECT * FROM 'a' LIMIT 1", 'the end of the query'],
    ['SELECT * FROM a', 'topic filter in single quotes'],
    ['SELECT *', 'expected FROM'],
    ["FROM 'a'", 'expected SELECT'],
    ["SELECT topic(2) FROM 'a'", 'expected AS'],
    ["SELECT topic(0) AS t FROM 'a'", 'counts levels from 1'],
    ["SELECT clientid(1) AS c FROM 'a'", 'expected )'],
    ["SELECT encode(*, 'base64') AS e FROM 'a'", 'function encode() is not emulated'],
    ["SELECT a + 1 AS b FROM 'a'", 'cannot read the SQL from "+ 1 AS b'],
    ["SELECT CASE a WHEN 1 THEN 2 END AS b FROM 'a'", 'got CASE'],
    ["SELECT * FROM 'a' WHERE a IN [1]", 'cannot read the SQL from "[1]"'],
    ["SELECT * FROM 'a/#/b'", '# is the last level'],
    ["SELECT * FROM 'a/b+'", 'a wildcard fills a whole level'],
    ["SELECT * FROM ''", 'at least one character'],
    ["SELECT VALUE a FROM 'a'", 'got VALUE'],
    ["SELECT a. FROM 'a'", 'got a'],
    ['', 'expected SELECT'],
  ])('%s is refused', (sql, message) => {
    expect(() => parseSql(sql)).toThrow(message);
  });
});

describe('any text', () => {
  it('is a string literal when its quotes are doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(select(`SELECT '${text.replaceAll("'", "''")}' AS text FROM 'a'`)).toEqual({ text });
      }),
    );
  });

  it('is a query or an SqlError, never another failure', () => {
    const piece = fc.constantFrom(
      'SELECT',
      '*',
      ',',
      'a',
      '.',
      '(',
      ')',
      "'a'",
      'AS',
      'FROM',
      'WHERE',
      'NOT',
      '=',
      '1',
      'topic',
      ';',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join(' ')),
        (sql) => {
          try {
            expect(parseSql(sql).filter).toBe('a');
          } catch (error) {
            expect(error).toBeInstanceOf(SqlError);
          }
        },
      ),
    );
  });
});
