// The emulated services without any stack, with SDK clients in front of them, as anybody on the machine makes them.

import { type DataFolder, openDataFolder } from '#local/data-folder.ts';
import { type Services, type ServicesOptions, startServices } from '#local/services.ts';
import { createSystemLog, type SystemLog } from '#local/system-log.ts';

type ClientConfig = {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
};

export type EmulatedServices = {
  readonly services: Services;
  readonly folder: DataFolder;
  readonly log: SystemLog;
  client<Client extends { destroy(): void }>(Kind: new (config: ClientConfig) => Client): Client;
  stop(): Promise<void>;
};

/** @param options.folder of an earlier run. @default a temporary one, where nothing lasts */
export const startEmulatedServices = async (options: Partial<ServicesOptions> = {}): Promise<EmulatedServices> => {
  const folder = options.folder ?? (await openDataFolder(null));
  const log = createSystemLog(() => {});
  const services = await startServices({
    clock: Date.now,
    mqttPort: 0,
    awsPort: 0,
    quotas: false,
    log,
    ...options,
    folder,
  });
  const clients: { destroy(): void }[] = [];
  return {
    services,
    folder,
    log,
    client: (Kind) => {
      const credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' };
      const client = new Kind({ endpoint: services.endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
      clients.push(client);
      return client;
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      await services.stop();
      await folder.close();
    },
  };
};
