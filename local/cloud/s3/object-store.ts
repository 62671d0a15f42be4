// Buckets and the versions of their objects: in memory, and where the system's state lasts also as a file each.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { DataFolder } from '#local/data-folder.ts';

const FOLDER = 's3';

const StoredVersion = v.strictObject({
  bucket: v.string(),
  key: v.string(),
  versionId: v.string(),
  /** counts all writes: the newest version has the highest */
  sequence: v.number(),
  /** epoch milliseconds */
  lastModified: v.number(),
  /** null: a delete marker */
  content: v.nullable(
    v.strictObject({
      /** base64 */
      data: v.string(),
      /** what GetObject says of it, such as its content type */
      headers: v.record(v.string(), v.string()),
    }),
  ),
});

export type ObjectContent = { readonly data: Buffer; readonly headers: Readonly<Record<string, string>> };
export type ObjectVersion = {
  readonly key: string;
  /** `null` for what was written into a bucket without versions */
  readonly versionId: string;
  readonly sequence: number;
  readonly lastModified: number;
  /** null: a delete marker */
  readonly content: (ObjectContent & { readonly etag: string }) | null;
};

export type Bucket = {
  readonly name: string;
  readonly versioned: boolean;
  /** newest first */
  versionsOf(key: string): readonly ObjectVersion[];
  /** by key, then newest first */
  all(): readonly ObjectVersion[];
  /** Resolves when the version is as durable as the store is; it can be read at once. */
  add(key: string, content: ObjectContent | null): Promise<ObjectVersion>;
  remove(version: ObjectVersion): Promise<void>;
};

export type ObjectStore = {
  /** What an earlier run wrote into a bucket of that name is in it. */
  createBucket(name: string, versioned: boolean): void;
  bucket(name: string): Bucket | null;
};

export const UNVERSIONED = 'null';

const withEtag = (content: ObjectContent) => ({
  ...content,
  etag: `"${createHash('md5').update(content.data).digest('hex')}"`,
});

const byText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const fileOf = (sequence: number): string => join(FOLDER, `${sequence}.json`);

type Versions = Map<string, Map<string, ObjectVersion>>;

const readVersions = async (folder: DataFolder): Promise<ReadonlyMap<string, readonly ObjectVersion[]>> => {
  await mkdir(join(folder.path, FOLDER), { recursive: true, mode: 0o700 });
  const names = (await readdir(join(folder.path, FOLDER))).filter((name) => name.endsWith('.json'));
  const read = await Promise.all(names.map((name) => folder.readJson(join(FOLDER, name), StoredVersion)));
  const stored = read.filter((version) => version !== null).sort((a, b) => a.sequence - b.sequence);
  return Map.groupBy(
    stored.map(({ content, ...version }) => ({
      ...version,
      content: content && withEtag({ ...content, data: Buffer.from(content.data, 'base64') }),
    })),
    ({ bucket }) => bucket,
  );
};

/**
 * @param clock epoch milliseconds
 * @throws DataFolderError when a file does not hold an object
 */
export const openObjectStore = async (folder: DataFolder, clock: () => number): Promise<ObjectStore> => {
  const kept = folder.lasts ? await readVersions(folder) : new Map<string, readonly ObjectVersion[]>();
  const buckets = new Map<string, Bucket>();
  let sequence = Math.max(0, ...[...kept.values()].flat().map((version) => version.sequence));

  const keep = async (bucket: string, { content, ...version }: ObjectVersion): Promise<void> => {
    if (!folder.lasts) return;
    const stored: v.InferInput<typeof StoredVersion> = {
      bucket,
      ...version,
      content: content && { data: content.data.toString('base64'), headers: content.headers },
    };
    await folder.write(fileOf(version.sequence), JSON.stringify(stored));
  };
  const forget = async (version: ObjectVersion): Promise<void> => {
    if (folder.lasts) await rm(join(folder.path, fileOf(version.sequence)), { force: true });
  };

  const openBucket = (name: string, versioned: boolean): Bucket => {
    const objects: Versions = new Map();
    /** @returns the version that it takes the place of */
    const put = (version: ObjectVersion): ObjectVersion | undefined => {
      const versions = objects.get(version.key) ?? new Map<string, ObjectVersion>();
      const replaced = versions.get(version.versionId);
      // to the end, whatever the place of the one before was
      versions.delete(version.versionId);
      objects.set(version.key, versions.set(version.versionId, version));
      return replaced;
    };
    for (const version of kept.get(name) ?? []) put(version);
    const versionsOf = (key: string) => [...(objects.get(key)?.values() ?? [])].reverse();
    return {
      name,
      versioned,
      versionsOf,
      all: () => [...objects.keys()].sort(byText).flatMap(versionsOf),
      add: async (key, content) => {
        sequence += 1;
        const version: ObjectVersion = {
          key,
          versionId: versioned ? randomBytes(24).toString('base64url') : UNVERSIONED,
          sequence,
          lastModified: clock(),
          content: content && withEtag(content),
        };
        const replaced = put(version);
        await keep(name, version);
        if (replaced !== undefined) await forget(replaced);
        return version;
      },
      remove: async (version) => {
        objects.get(version.key)?.delete(version.versionId);
        await forget(version);
      },
    };
  };

  return {
    createBucket: (name, versioned) => void buckets.set(name, openBucket(name, versioned)),
    bucket: (name) => buckets.get(name) ?? null,
  };
};
