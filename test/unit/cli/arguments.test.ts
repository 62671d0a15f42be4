// Arguments of the command line.

import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  dayArgument,
  deviceArgument,
  fingerprintArgument,
  limitArgument,
  portArgument,
  roleArgument,
  several,
  sinceArgument,
  tenantArgument,
  usernameArgument,
} from '#cli/arguments.ts';

const HEX = 'ab'.repeat(32);
const OPENSSL = 'AB:'.repeat(32).slice(0, -1);
const now = () => Date.UTC(2026, 10, 22, 12);

describe('arguments', () => {
  it('N-06: takes a tenant name without an underscore only', () => {
    expect(tenantArgument('acme-2')).toBe('acme-2');
    for (const name of ['a_b', 'Acme', '', '-acme', 'a'.repeat(33)]) {
      expect(() => tenantArgument(name)).toThrow(InvalidArgumentError);
    }
  });

  it('takes a fingerprint as it is printed here and as openssl prints it', () => {
    expect(fingerprintArgument(HEX)).toBe(HEX);
    expect(fingerprintArgument(OPENSSL)).toBe(HEX);
    expect(() => fingerprintArgument(HEX.slice(1))).toThrow('Expected a SHA-256 fingerprint');
  });

  it('takes a device by client id, colons and all, or by fingerprint', () => {
    expect(deviceArgument('acme_device:01')).toBe('acme_device:01');
    expect(deviceArgument(OPENSSL)).toBe(HEX);
    for (const id of ['a/b', 'a b', '', 'x'.repeat(129)])
      expect(() => deviceArgument(id)).toThrow(InvalidArgumentError);
  });

  it('U-01: takes a username as the common name that it is, and several of them', () => {
    const many = several(usernameArgument);
    expect(many('line-1:Machine_4@a.b', many('a'))).toEqual(['a', 'line-1:Machine_4@a.b']);
    for (const name of ['a b', 'ä', '', 'x'.repeat(65)])
      expect(() => many(name)).toThrow('Expected a username: a-z, A-Z, 0-9, : . _ @ and -, 1 to 64 characters.');
  });

  it('U-07: takes a role by its name, or by its id', () => {
    for (const name of ['line-1', 'A.b_2', 'cfb72c04-e4a8-11eb-92a8-0242ac1e0006'])
      expect(roleArgument(name)).toBe(name);
    for (const name of ['-a', 'a/b', 'a b', '', 'x'.repeat(65)])
      expect(() => roleArgument(name)).toThrow("Expected a role's name: a-z, A-Z, 0-9, . _ and -, 1 to 64 characters.");
  });

  it('takes a time as an instant, as a day in UTC, and as an age', () => {
    const since = sinceArgument(now);
    expect(since('2026-01-31T12:00:00Z')).toBe('2026-01-31T12:00:00.000Z');
    expect(since('2026-01-31T12:00:00+02:00')).toBe('2026-01-31T10:00:00.000Z');
    expect(since('2026-01-31T12:00:00')).toBe('2026-01-31T12:00:00.000Z');
    expect(since('2026-01-31')).toBe('2026-01-31T00:00:00.000Z');
    expect(since('90m')).toBe('2026-11-22T10:30:00.000Z');
    expect(since('24h')).toBe('2026-11-21T12:00:00.000Z');
    expect(since('7d')).toBe('2026-11-15T12:00:00.000Z');
    for (const text of ['yesterday', '5', '2026-13-01', '3w', ''])
      expect(() => since(text)).toThrow(InvalidArgumentError);
  });

  it('takes numbers within their bounds only', () => {
    expect(limitArgument('250')).toBe(250);
    expect(portArgument('0')).toBe(0);
    expect(dayArgument('2026-02-28')).toBe('2026-02-28');
    for (const text of ['0', '-1', '1e3', 'x']) expect(() => limitArgument(text)).toThrow(InvalidArgumentError);
    for (const text of ['65536', '-1', '88a']) expect(() => portArgument(text)).toThrow(InvalidArgumentError);
    for (const text of ['2026-13-01', '2026-02-31', '22.11.2026'])
      expect(() => dayArgument(text)).toThrow(InvalidArgumentError);
  });
});
