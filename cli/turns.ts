// Repeats a change that did not get its turn: a tenant's roles, users and naming are changed by one request at a time.

import { setTimeout } from 'node:timers/promises';
import { type Api, ApiFailure } from './api-client.ts';

/** The API waits for its turn by itself each time, a few seconds. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;

/** TENANT_BUSY says that nothing was changed, so that any request may be made again. */
export const withTurns =
  (api: Api, pause: () => Promise<unknown> = () => setTimeout(PAUSE_MS)): Api =>
  async (id, request) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await api(id, request);
      } catch (error) {
        if (!(error instanceof ApiFailure) || error.code !== 'TENANT_BUSY' || attempt === ATTEMPTS) throw error;
        await pause();
      }
    }
  };
