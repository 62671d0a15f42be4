// The file by which commands find the running embedded system.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceSystem, findRunningSystem } from '#cli/running-system.ts';
import { findTarget } from '#cli/target.ts';

const access = {
  api: { url: 'http://127.0.0.1:8880' },
  aws: { region: 'eu-central-1' },
  credentials: { accessKeyId: 'AKIALOCAL', secretAccessKey: 'secret' },
};
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vestibule-test-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const file = () => join(home, 'local.json');
const env = () => ({ VESTIBULE_HOME: home });

describe('a running system', () => {
  it('is found while its process lives, and not once it is gone', () => {
    const announced = announceSystem(home);
    announced.ready(access);
    expect(findRunningSystem(home)).toEqual({ pid: process.pid, access });
    announced.gone();
    expect(findRunningSystem(home)).toBeNull();
  });

  it('can be read by its owner only: the file holds credentials', () => {
    const announced = announceSystem(home);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    announced.ready(access);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it('refuses a second one beside it', () => {
    announceSystem(home).ready(access);
    expect(() => announceSystem(home)).toThrow(`process ${process.pid}`);
    expect(findRunningSystem(home)?.access).toEqual(access);
  });

  it('does not count when it was killed, and gives way to the next', () => {
    writeFileSync(file(), JSON.stringify({ pid: deadPid(), access }));
    expect(findRunningSystem(home)).toBeNull();
    announceSystem(home).ready(access);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ pid: process.pid });
  });

  it('that is not described in the file is an error that names the file', () => {
    writeFileSync(file(), '{"pid":"x"}');
    expect(() => findRunningSystem(home)).toThrow(file());
  });
});

describe('the target of a command', () => {
  it('is the running system, with its credentials', async () => {
    announceSystem(home).ready(access);
    const target = await findTarget({}, env());
    expect(target).toMatchObject({ apiUrl: access.api.url, region: 'eu-central-1' });
    expect(await target.credentials()).toEqual(access.credentials);
    expect(target.name).toContain(`process ${process.pid}`);
  });

  it('is never AWS because the running system died', async () => {
    writeFileSync(file(), JSON.stringify({ pid: deadPid(), access }));
    await expect(findTarget({}, env())).rejects.toMatchObject({ code: 'NO_TARGET', exitCode: 1 });
  });

  it('is not ready while the system starts', async () => {
    announceSystem(home);
    await expect(findTarget({}, env())).rejects.toMatchObject({ code: 'STARTING' });
  });

  it('is AWS only with --stack: the other AWS flags alone are a wrong command line', async () => {
    announceSystem(home).ready(access);
    await expect(findTarget({ region: 'eu-west-1' }, env())).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 });
    await expect(findTarget({ profile: 'production' }, env())).rejects.toMatchObject({ exitCode: 2 });
  });
});
