// vestibule broker

import { writeFile } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { fields } from '../output.ts';

export const showBroker = async ({ output, connect }: Context, options: { tenant?: string; serverCa?: string }) => {
  const { tenant, serverCa } = options;
  const api = await connect();
  const broker =
    tenant === undefined ? await api('showBroker', {}) : await api('showTenantBroker', { params: { tenant } });
  if (serverCa !== undefined) {
    await writeFile(serverCa, broker.serverCaPem).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure('FILE_UNWRITABLE', `the server CA could not be written to ${serverCa}: ${reason}`, {
        cause: error,
      });
    });
    output.note(`the CA certificate that devices check the broker by is in ${serverCa}`);
  }
  output.result(broker, () => {
    const where = fields([
      ['host', broker.host],
      ['port', String(broker.port)],
    ]);
    return serverCa === undefined ? `${where}\n${broker.serverCaPem.trim()}` : where;
  });
};
