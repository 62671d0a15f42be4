// Arguments of the command line.

import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  dayArgument,
  deviceArgument,
  fingerprintArgument,
  limitArgument,
  portArgument,
  sinceArgument,
  tenantArgument,
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
