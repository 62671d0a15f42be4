// What every command is given: where to print, and the way to the management API once it needs one.

import type { Api } from './api-client.ts';
import type { Output } from './output.ts';

export type Context = {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Finds the target, names it on stderr, and answers with its API. */
  readonly connect: () => Promise<Api>;
};
