// SQS on fauxqs, in process. Its account is 000000000000.

import { buildApp } from 'fauxqs';
import { DataFolderError } from '../data-folder.ts';
import type { HttpDoor } from './loopback.ts';

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
type Persistence = NonNullable<Stores['sqsStore']['persistence']>;

/** A module of fauxqs that its package does not export; the version is pinned. */
const internal = async <Exports>(file: string): Promise<Exports> => {
  const location = new URL(file, import.meta.resolve('fauxqs'));
  // The types come from the package's public surface; the module is JavaScript.
  return (await import(location.href)) as Exports;
};

/**
 * fauxqs keeps queues in a folder only with `startFauxqs`, which listens on every interface. So its stores are made
 * here as it makes them, and the server listens on the loopback.
 */
const storesIn = async (dataDir: string): Promise<{ stores: Stores; persistence: Persistence }> => {
  const [{ SqsStore }, { SnsStore }, { S3Store }, { PersistenceManager }] = await Promise.all([
    internal<{ SqsStore: new () => Stores['sqsStore'] }>('sqs/sqsStore.js'),
    internal<{ SnsStore: new () => Stores['snsStore'] }>('sns/snsStore.js'),
    internal<{ S3Store: new () => Stores['s3Store'] }>('s3/s3Store.js'),
    internal<{ PersistenceManager: new (folder: string) => Persistence }>('persistence.js'),
  ]);
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  const persistence = new PersistenceManager(dataDir);
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  stores.sqsStore.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;
  return { stores, persistence };
};

const openFolder = (dataDir: string) =>
  storesIn(dataDir).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataFolderError(`cannot open the SQS folder ${dataDir}: ${why}; name another data folder, or remove it`, {
      cause,
    });
  });

/** Queue URLs in a JSON answer of CreateQueue, GetQueueUrl and ListQueues; message bodies are escaped JSON strings. */
const QUEUE_URL = /(?<=")http:\/\/[^"/\s]+(?=\/000000000000\/[\w.-]+")/g;
const NAMING_OPERATION = /\.(CreateQueue|GetQueueUrl|ListQueues)$/;

export type SqsDoor = HttpDoor & {
  /** SendMessage from within the process, for a seventh of what it costs over HTTP. @throws Error as SQS words it */
  readonly send: (queueUrl: string, body: string) => Promise<void>;
};

/**
 * Listens on a free port of 127.0.0.1. Requests are not authenticated, but those of pages in a browser are refused. A queue URL carries the host that the request
 * was sent to, since SDK clients send to the host of the queue URL whatever their endpoint is.
 *
 * @param options.region of queue ARNs, when a request is not signed for one
 * @param options.dataDir folder that keeps queues and messages; without it they are gone when the process is
 */
export const startSqs = async (options: { region: string; dataDir?: string }): Promise<SqsDoor> => {
  const { region: defaultRegion, dataDir } = options;
  const kept = dataDir === undefined ? undefined : await openFolder(dataDir);
  const app = buildApp({ logger: false, defaultRegion, ...(kept === undefined ? {} : { stores: kept.stores }) });
  app.addHook('onRequest', async (request, reply) => {
    // a browser sends forms anywhere without asking first (Fetch, "CORS-safelisted request-header"), and fauxqs takes
    // them: a topic of SNS made by a form can fill a queue
    if (request.headers.origin === undefined) return;
    await reply.code(403).send({ __type: 'AccessDenied', message: 'pages in a browser are not let in' });
  });
  app.addHook('onSend', async (request, _reply, payload) => {
    const isNaming = NAMING_OPERATION.test(String(request.headers['x-amz-target']));
    return isNaming && typeof payload === 'string'
      ? payload.replace(QUEUE_URL, `http://${request.headers.host}`)
      : payload;
  });
  app.addHook('preClose', async () => kept?.persistence.close());
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    handle: (request, response) => void app.server.emit('request', request, response),
    send: async (QueueUrl, MessageBody) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/',
        headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0' },
        payload: JSON.stringify({ QueueUrl, MessageBody }),
      });
      if (answer.statusCode !== 200) throw new Error(answer.body);
    },
    stop: async () => void (await app.close()),
  };
};
