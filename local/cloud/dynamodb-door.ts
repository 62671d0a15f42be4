// DynamoDB on dynalite, in process, taught to give back the item that stood in the way of a failed condition.

import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import dynalite from 'dynalite';
import conditionParser from 'dynalite/db/conditionParser.js';
import engine from 'dynalite/db/index.js';
import updateParser from 'dynalite/db/updateParser.js';
import deleteItem from 'dynalite/validations/deleteItem.js';
import putItem from 'dynalite/validations/putItem.js';
import updateItem from 'dynalite/validations/updateItem.js';
import { DataFolderError } from '../data-folder.ts';
import { rememberingParser } from './dynalite-parser-memory.ts';
import { type HttpDoor, listenOnLoopback } from './loopback.ts';
import { createWorkCount } from './work-count.ts';

// AWS returns the item with ConditionalCheckFailedException when ReturnValuesOnConditionCheckFailure is ALL_OLD
// (DynamoDB API reference, PutItem). dynalite drops parameters that it does not know, so it is told of this one. The
// item is taken where dynalite compares, under its lock of the key: it is exactly the one that the condition saw.
for (const { types } of [deleteItem, putItem, updateItem])
  types['ReturnValuesOnConditionCheckFailure'] = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
conditionParser.parse = rememberingParser('conditionParser');
updateParser.parse = rememberingParser('updateParser');
const { checkConditional } = engine;
engine.checkConditional = (request, existing) => {
  const failure = checkConditional(request, existing);
  if (failure && request['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD') failure.body['Item'] = existing;
  return failure;
};

type Database = {
  open: () => Promise<void>;
  iterator: () => AsyncIterable<unknown>;
  close: () => Promise<void>;
};

/** Opens and reads all of the folder once before dynalite does, which ends the process when it cannot. */
const checkFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  // The database library is dynalite's own, so that both read the same format.
  const ofDynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));
  const { Level } = ofDynalite('level') as { Level: new (path: string) => Database };
  const database = new Level(folder);
  try {
    await database.open();
    for await (const _ of database.iterator());
  } catch (cause) {
    const known = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const why = known instanceof Error ? known.message : String(known);
    throw new DataFolderError(
      `cannot open the DynamoDB folder ${folder}: ${why}; name another data folder, or remove it`,
      { cause },
    );
  } finally {
    await database.close();
  }
};

export type DynamoDbDoor = HttpDoor & {
  /** requests of each operation since the start */
  readonly calls: ReadonlyMap<string, number>;
};

/**
 * Listens on a free port of 127.0.0.1. Requests are not authenticated.
 *
 * @param options.dataDir folder that keeps the tables; without it they are gone when the process is
 */
export const startDynamoDb = async ({ dataDir }: { dataDir?: string } = {}): Promise<DynamoDbDoor> => {
  if (dataDir !== undefined) await checkFolder(dataDir);
  const server = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(dataDir === undefined ? {} : { path: dataDir }),
  });
  const calls = new Map<string, number>();
  const work = createWorkCount();
  const [answer] = server.listeners('request');
  if (answer === undefined) throw new Error('expected dynalite to listen to requests');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (!work.begin(request, response)) return;
    // dynalite lets the pages of every website in (CORS), as a browser on this machine shows them
    delete request.headers.origin;
    const [, operation = 'none'] = String(request.headers['x-amz-target'] ?? '').split('.');
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    answer.call(server, request, response);
  });
  const door = await listenOnLoopback(server);
  const stop = async () => {
    await work.end();
    await door.stop();
  };
  return { ...door, calls, stop };
};
