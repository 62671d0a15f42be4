// The embedded IoT Core's state in a folder.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openIotState } from '#local/iot/persistence.ts';
import type { IotState } from '#local/iot/state.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-'));
  return () => rm(folder, { recursive: true });
});

const fill = (state: IotState): void => {
  const times = { createdAt: 1, lastModifiedAt: 2 };
  state.cas.set('ca', {
    id: 'ca',
    pem: 'CA',
    mode: 'SNI_ONLY',
    status: 'ACTIVE',
    autoRegistration: 'ENABLE',
    tags: { 'vestibule:tenant': 'acme' },
    ...times,
  });
  state.certificates.set('cert', {
    id: 'cert',
    pem: 'LEAF',
    caId: 'ca',
    status: 'PENDING_ACTIVATION',
    ...times,
    policies: new Set(['p']),
    things: new Map([['one', 'EXCLUSIVE_THING']]),
  });
  state.things.set('one', { name: 'one', id: 't', attributes: { cn: 'x' }, version: 1, groups: new Set(['g']) });
  state.groups.set('g', { name: 'g', id: 'i', parent: null, description: 'text', policies: new Set(['p']) });
  state.groups.set('bare', { name: 'bare', id: 'j', parent: 'g', policies: new Set() });
  state.policies.set('p', {
    name: 'p',
    versions: [{ id: '1', document: '{}', createdAt: 1 }],
    defaultVersionId: '1',
  });
  state.eventConfigurations.set('CA_CERTIFICATE', true);
};

it('is the same after a restart, all of it', async () => {
  const first = await openIotState(join(folder, 'new', 'folder'));
  fill(first.state);
  await first.save();
  const second = await openIotState(join(folder, 'new', 'folder'));

  expect(second.state).toEqual(first.state);
  expect(second.state.certificates.get('cert')?.things).toEqual(new Map([['one', 'EXCLUSIVE_THING']]));
  expect(await readdir(join(folder, 'new', 'folder'))).toEqual(['iot.json']);
});

it('a save keeps what was in the state when it was called, however many are under way', async () => {
  const { state, save } = await openIotState(folder);
  const saves: Promise<void>[] = [];
  for (let count = 0; count < 50; count += 1) {
    state.eventConfigurations.set(`TYPE${count}`, true);
    saves.push(save());
    if (count === 25) await saves.at(-1);
  }
  await saves.at(-1);

  expect((await openIotState(folder)).state.eventConfigurations.size).toBe(50);
  await Promise.all(saves);
});

describe('a file that was damaged', () => {
  it.each([
    ['is not JSON', (text: string) => text.slice(0, 40)],
    ['is of another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['has a status that does not exist', (text: string) => text.replace('PENDING_ACTIVATION', 'GONE')],
    ['lacks a part', (text: string) => text.replace('"policies"', '"politics"')],
    ['is empty', () => ''],
  ])('and %s is named, and left as it is', async (_, damage) => {
    const { state, save } = await openIotState(folder);
    fill(state);
    await save();
    const file = join(folder, 'iot.json');
    const damaged = damage(await readFile(file, 'utf8'));
    await writeFile(file, damaged);

    await expect(openIotState(folder)).rejects.toThrow(`${file} is not the state of an embedded IoT Core`);
    expect(await readFile(file, 'utf8')).toBe(damaged);
  });
});

it('a save that fails says so, and the next one tries again', async () => {
  const { state, save } = await openIotState(join(folder, 'data'));
  await rm(join(folder, 'data'), { recursive: true });
  await expect(save()).rejects.toThrow('ENOENT');

  await openIotState(join(folder, 'data'));
  fill(state);
  await save();
  expect((await openIotState(join(folder, 'data'))).state).toEqual(state);
});
