// The compiler names who grants each permission. Where one grants them all, whoever shows its message names that one.

import type { Granted } from './permission-compiler.ts';
import { shown } from './shown.ts';

/** The message without that name; as it is when there are several. */
export const saidOnce = (granted: readonly Granted[], message: string): string => {
  const [name, ...others] = new Set(granted.map(({ from }) => from));
  return name === undefined || others.length > 0 ? message : message.replaceAll(`${shown(name)}: `, '');
};
