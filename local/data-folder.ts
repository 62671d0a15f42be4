// The folder of a system's state: one that lasts (`--data`), or a temporary one that goes with the system.

import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';

/** The folder cannot be used as it is: not made, damaged, of another version, or in use. The message names file or folder. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

export type DataFolder = {
  readonly path: string;
  /** false: everything is kept in memory, and the folder holds only what others must be able to read */
  readonly lasts: boolean;
  /** @throws DataFolderError when the file does not hold what the schema says; null when it is not there */
  readJson<Schema extends v.GenericSchema>(name: string, schema: Schema): Promise<v.InferOutput<Schema> | null>;
  /** In one step: a reader, or the next start after a crash, sees the old content or the new. */
  write(name: string, content: string): Promise<void>;
  /** removes a temporary folder */
  close(): Promise<void>;
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws DataFolderError when it cannot be made */
export const openDataFolder = async (folder: string | null): Promise<DataFolder> => {
  if (folder !== null) {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
      throw new DataFolderError(
        `cannot use ${folder} as data folder: ${reasonOf(cause)}; name a folder that can be written`,
        { cause },
      );
    });
  }
  const path = folder ?? (await mkdtemp(join(tmpdir(), 'vestibule-')));
  return {
    path,
    lasts: folder !== null,
    readJson: async (name, schema) => {
      const file = join(path, name);
      const content = await readFile(file, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
        throw error;
      });
      if (content === null) return null;
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), content);
      if (parsed.success) return parsed.output;
      throw new DataFolderError(
        `${file} is damaged, or of another version (${v.summarize(parsed.issues).slice(0, 200)}): restore it from a backup, or start with a new data folder`,
      );
    },
    write: async (name, content) => {
      const file = join(path, name);
      await writeFile(`${file}.new`, content, { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
    close: async () => {
      if (folder === null) await rm(path, { recursive: true, force: true });
    },
  };
};
