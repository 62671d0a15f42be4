// Files that a command is asked to write: one that is there is destroyed by no mistake, and none is ever left half written.

import { type FileHandle, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Failure } from './failure.ts';

const unwritable = (path: string, error: unknown): Failure => {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure('FILE_UNWRITABLE', `expected to write ${path}: ${reason}; name another file`, { cause: error });
};

/** @throws Failure FILE_EXISTS, FILE_UNWRITABLE */
const openNew = (path: string): Promise<FileHandle> =>
  open(path, 'wx').catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw unwritable(path, error);
    throw new Failure('FILE_EXISTS', `expected ${path} not to exist, and it stays as it is: name another file`, {
      cause: error,
    });
  });

/**
 * What takes work that cannot be taken back, in a new file, which is there before the work begins, and gone when it fails.
 * @throws Failure FILE_EXISTS or FILE_UNWRITABLE; what the work throws
 */
export const intoNewFile = async <T>(path: string, make: () => Promise<T>, textOf: (made: T) => string): Promise<T> => {
  const file = await openNew(path);
  try {
    const made = await make();
    await file.writeFile(textOf(made)).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    await file.close();
    return made;
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
};

/** What is no file, such as /dev/stdout, is written to and never replaced. */
const isFileOrNothing = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => null))?.isFile() ?? true;

/**
 * In the place of what was there: whoever reads it meanwhile has the former file or the new one.
 * @throws Failure FILE_UNWRITABLE
 */
export const replaceFile = async (path: string, text: string): Promise<void> => {
  const isReplaced = await isFileOrNothing(path);
  // where a link leads to, and beside it: a rename is one step on one file system only
  const target = await realpath(path).catch(() => path);
  const next = isReplaced ? `${target}.${process.pid}.tmp` : path;
  try {
    await writeFile(next, text);
    if (isReplaced) await rename(next, target);
  } catch (error) {
    if (isReplaced) await rm(next, { force: true });
    throw unwritable(path, error);
  }
};
