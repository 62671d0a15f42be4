// The embedded IoT Core's state in a folder: one JSON file, replaced whole, so that it is never half written.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { DataFolderError } from '../data-folder.ts';
import { emptyIotState, type IotState } from './state.ts';

const FILE = 'iot.json';

const time = v.number();
const setOf = v.pipe(
  v.array(v.string()),
  v.transform((items) => new Set(items)),
);

const Stored = v.object({
  version: v.literal(1),
  cas: v.array(
    v.object({
      id: v.string(),
      pem: v.string(),
      mode: v.picklist(['DEFAULT', 'SNI_ONLY']),
      status: v.picklist(['ACTIVE', 'INACTIVE']),
      autoRegistration: v.picklist(['ENABLE', 'DISABLE']),
      tags: v.optional(v.record(v.string(), v.string()), {}),
      createdAt: time,
      lastModifiedAt: time,
    }),
  ),
  certificates: v.array(
    v.object({
      id: v.string(),
      pem: v.string(),
      caId: v.nullable(v.string()),
      status: v.picklist(['ACTIVE', 'INACTIVE', 'REVOKED', 'PENDING_ACTIVATION']),
      createdAt: time,
      lastModifiedAt: time,
      policies: setOf,
      things: v.pipe(
        v.record(v.string(), v.picklist(['EXCLUSIVE_THING', 'NON_EXCLUSIVE_THING'])),
        v.transform((things) => new Map(Object.entries(things))),
      ),
    }),
  ),
  things: v.array(
    v.object({
      name: v.string(),
      id: v.string(),
      attributes: v.record(v.string(), v.string()),
      version: v.number(),
      groups: setOf,
    }),
  ),
  groups: v.array(
    v.object({
      name: v.string(),
      id: v.string(),
      parent: v.nullable(v.string()),
      description: v.exactOptional(v.string()),
      policies: setOf,
    }),
  ),
  policies: v.array(
    v.object({
      name: v.string(),
      versions: v.array(v.object({ id: v.string(), document: v.string(), createdAt: time })),
      defaultVersionId: v.string(),
    }),
  ),
  eventConfigurations: v.record(v.string(), v.boolean()),
});

const byId = <Item extends { readonly id: string }>(items: readonly Item[]) =>
  new Map(items.map((item) => [item.id, item]));
const byName = <Item extends { readonly name: string }>(items: readonly Item[]) =>
  new Map(items.map((item) => [item.name, item]));

/** Topic rules and domain configurations are not stored: they come from the template at every start. */
const serialize = (state: IotState): string =>
  JSON.stringify(
    {
      version: 1,
      cas: [...state.cas.values()],
      certificates: [...state.certificates.values()],
      things: [...state.things.values()],
      groups: [...state.groups.values()],
      policies: [...state.policies.values()],
      eventConfigurations: state.eventConfigurations,
    },
    (_, value: unknown) => {
      if (value instanceof Set) return [...value];
      return value instanceof Map ? Object.fromEntries(value) : value;
    },
    1,
  );

const parse = (text: string, file: string): IotState => {
  const stored = v.safeParse(v.pipe(v.string(), v.parseJson(), Stored), text);
  if (!stored.success)
    throw new DataFolderError(
      `${file} is not the state of an embedded IoT Core: restore it from a copy, or remove the data folder to start empty\n${v.summarize(stored.issues)}`,
    );
  const { cas, certificates, things, groups, policies, eventConfigurations } = stored.output;
  return {
    ...emptyIotState(),
    cas: byId(cas),
    certificates: byId(certificates),
    things: byName(things),
    groups: byName(groups),
    policies: byName(policies),
    eventConfigurations: new Map(Object.entries(eventConfigurations)),
  };
};

const readIfThere = async (file: string): Promise<string | null> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

/** Written beside the file, forced to the disk, then put in its place. */
const replace = async (file: string, text: string): Promise<void> => {
  const next = `${file}.next`;
  await using handle = await open(next, 'w', 0o600);
  await handle.writeFile(text);
  await handle.sync();
  await rename(next, file);
};

export type IotPersistence = {
  readonly state: IotState;
  /** Resolves when everything that is in the state now is on the disk. Calls that come together share one write. */
  readonly save: () => Promise<void>;
};

/** @throws DataFolderError when the file is not what was written there */
export const openIotState = async (folder: string): Promise<IotPersistence> => {
  await mkdir(folder, { recursive: true });
  const file = join(folder, FILE);
  const text = await readIfThere(file);
  const state = text === null ? emptyIotState() : parse(text, file);

  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  const write = () => {
    waiting = null;
    running = replace(file, serialize(state));
    return running;
  };
  const save = (): Promise<void> => {
    waiting ??= running.then(write, write);
    return waiting;
  };
  return { state, save };
};
