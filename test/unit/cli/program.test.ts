// The command line's grammar: what it refuses, and how.

import { describe, expect, it } from 'vitest';
import { runCommandLine } from '#support/command-line.ts';

const usage = async (...args: string[]) => {
  const ran = await runCommandLine(args);
  expect(ran.exitCode).toBe(2);
  expect(ran.stdout).toBe('');
  return ran.stderr;
};

describe('a wrong command line exits with 2 and says what was meant', () => {
  it('for an unknown command', async () => {
    expect(await usage('tenent', 'list')).toContain('Did you mean tenant?');
    expect(await usage('device', 'aprove', 'x')).toContain('Did you mean approve?');
    expect(await usage('rol', 'list')).toContain('Did you mean role?');
    expect(await usage('user', 'grnt', 'x')).toContain('Did you mean grant?');
  });

  it('for an unknown flag', async () => {
    expect(await usage('device', 'list', '--tenant', 'acme', '--stae', 'HELD')).toContain('Did you mean --state?');
    expect(await usage('tenant', 'create', 'acme', '--nameing', 'eu1')).toContain('Did you mean --naming?');
    expect(await usage('role', 'edit', 'line-1', '--dryrun')).toContain('Did you mean --dry-run?');
    expect(await usage('user', 'grant', 'x', '--roles', 'line-1')).toContain('Did you mean --role?');
  });

  it('for an unknown naming profile', async () => {
    expect(await usage('tenant', 'create', 'acme', '--naming', 'connectwear')).toContain('did you mean "connectware"?');
    expect(await usage('tenant', 'set', 'acme', '--naming', '{tenant}')).toContain('{cn}');
  });

  it('for a missing flag or argument, a surplus one, and a value out of bounds', async () => {
    expect(await usage('tenant', 'create', 'acme')).toContain('--naming');
    expect(await usage('device', 'show')).toContain('device');
    expect(await usage('device', 'show', 'a', 'b')).toContain('too many arguments');
    expect(await usage('device', 'list', '--tenant', 'acme', '--state', 'DEAD')).toContain('HELD');
    expect(await usage('device', 'list', '--tenant', 'acme', '--state', 'PENDING')).toContain('invalid');
    expect(await usage('tenant', 'create', 'a_b', '--naming', 'eu1')).toContain('no underscore');
    expect(await usage('tenant', 'set', 'acme')).toContain('nothing to set');
    expect(await usage('tenant', 'set', 'acme', '--user-match', 'on')).toContain('required');
    expect(await usage('tenant', 'set', 'acme', '--topics', 'tc/{tenant}/#', 'a+')).toContain('--topics: expected +');
    expect(await usage('role', 'create', 'line-1', '--tenant', 'acme')).toContain('nothing to permit');
    expect(await usage('role', 'create', 'x', '--tenant', 'acme', '--read', 'a+')).toContain('"a+"');
    expect(await usage('role', 'create', 'x', '--tenant', 'acme', '--read', 'a', '--plus-mode', 'any')).toContain(
      'widen',
    );
    expect(await usage('role', 'edit', 'x', '--tenant', 'acme', '--read', 'a', '--permissions', 'b')).toContain(
      "'--permissions <file>' cannot be used with",
    );
    expect(await usage('user', 'grant', 'x', '--tenant', 'acme')).toContain('nothing to grant');
    expect(await usage('user', 'revoke', '--role', 'line-1', '--tenant', 'acme')).toContain('ahead of the flags');
    expect(await usage('user', 'create', 'x', '--tenant', 'acme', '--method', 'key')).toContain('certificate');
  });

  it('as JSON, when JSON is asked for', async () => {
    const stderr = await usage('device', 'list', '--json');
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'USAGE', message: expect.stringContaining('--tenant') } });
  });
});

describe('help', () => {
  it('of every command and group exits with 0 and has an example', async () => {
    const commands = [
      [
        'tenant create',
        'tenant set',
        'anchor register',
        'device list',
        'device show',
        'device approve',
        'device reject',
      ],
      ['device retry', 'broker', 'check', 'local'],
      ['role create', 'role show', 'role edit', 'role delete'],
      ['user create', 'user show', 'user grant', 'user revoke', 'user delete'],
    ].flat();
    for (const command of commands) {
      const { exitCode, stdout } = await runCommandLine([...command.split(' '), '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`$ vestibule ${command}`);
    }
  });

  it('is what the bare command prints, as an error', async () => {
    expect(await usage()).toContain('Usage: vestibule');
  });
});

describe('without a running system', () => {
  it('a command that needs one fails with 1 and says what to do', async () => {
    const ran = await runCommandLine(['device', 'show', 'acme_device01', '--json']);
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(JSON.parse(ran.stderr).error).toEqual({ code: 'NO_TARGET', message: expect.stringContaining('npm start') });
  });
});
