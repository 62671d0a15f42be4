// EventBridge as far as publishers see it: PutEvents, onto buses that exist.

import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { type DoorRequest, type DoorResponse, startHttpDoor } from './http-door.ts';
import type { HttpDoor } from './loopback.ts';

/** Limits of one request (Amazon EventBridge user guide, PutEvents; the size as of the older, lower limit). */
const MAX_ENTRIES = 10;
const MAX_BYTES = 262_144;
const MAX_DETAIL_TYPE = 128;
/** Events that are remembered; older ones are forgotten. */
const REMEMBERED = 1000;
/** Bytes that a Time counts for in the size of an entry. */
const TIME_BYTES = 14;

const Entry = v.object({
  Source: v.optional(v.string()),
  DetailType: v.optional(v.string()),
  Detail: v.optional(v.string()),
  EventBusName: v.optional(v.string()),
  Resources: v.optional(v.array(v.string()), []),
  /** epoch seconds */
  Time: v.optional(v.number()),
});
type Entry = v.InferOutput<typeof Entry>;
const PutEvents = v.object({ Entries: v.array(Entry) });

/** An event as the targets of a rule see it. */
export type DeliveredEvent = {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
};

export type EventBusOptions = {
  readonly accountId: string;
  readonly region: string;
  /** epoch milliseconds */
  readonly clock: () => number;
  readonly onEvent?: (event: DeliveredEvent, bus: string) => void;
};

export type EventBusDoor = HttpDoor & {
  readonly createBus: (name: string) => void;
  /** the newest events of a bus, oldest first */
  readonly events: (bus: string) => readonly DeliveredEvent[];
};

type Failure = { readonly ErrorCode: string; readonly ErrorMessage: string };
type Result = { readonly EventId: string } | Failure;

const failure = (ErrorCode: string, ErrorMessage: string): Failure => ({ ErrorCode, ErrorMessage });
const respond = (status: number, body: object): DoorResponse => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});
const refuse = (__type: string, message: string) => respond(400, { __type, message });

const sizeOf = ({ Source = '', DetailType = '', Detail = '', Resources, Time }: Entry): number =>
  (Time === undefined ? 0 : TIME_BYTES) +
  [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);

const parseObject = (text: string): object | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
};

/** A bus is named by its name or its ARN. */
const busNameOf = ({ EventBusName = 'default' }: Entry) => EventBusName.replace(/^arn:.*:event-bus\//, '');

/** Listens on a free port of 127.0.0.1. Requests are not authenticated. The bus `default` is always there. */
export const startEventBridgeEndpoint = async (options: EventBusOptions): Promise<EventBusDoor> => {
  const buses = new Map<string, DeliveredEvent[]>([['default', []]]);

  const put = (entry: Entry): Result => {
    const { Source, DetailType, Detail, Resources, Time } = entry;
    if (!Source || !DetailType || !Detail)
      return failure('InvalidArgument', 'Source, DetailType and Detail are required arguments.');
    if (Source.startsWith('aws.')) return failure('NotAuthorizedForSourceException', 'Not authorized for the source.');
    if (DetailType.length > MAX_DETAIL_TYPE)
      return failure('InvalidArgument', `Parameter DetailType is longer than ${MAX_DETAIL_TYPE} characters.`);
    const detail = parseObject(Detail);
    if (detail === null) return failure('MalformedDetail', 'Detail is malformed.');
    const bus = busNameOf(entry);
    const events = buses.get(bus);
    // What AWS answers here is not documented; a failure is what a publisher must be able to take.
    if (events === undefined) return failure('ResourceNotFoundException', `Event bus ${bus} does not exist.`);
    const event: DeliveredEvent = {
      version: '0',
      id: randomUUID(),
      'detail-type': DetailType,
      source: Source,
      account: options.accountId,
      time: new Date(Time === undefined ? options.clock() : Time * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
      region: options.region,
      resources: Resources,
      detail,
    };
    events.push(event);
    if (events.length > REMEMBERED) events.shift();
    options.onEvent?.(event, bus);
    return { EventId: event.id };
  };

  const handle = async ({ headers, body }: DoorRequest): Promise<DoorResponse> => {
    const operation = String(headers['x-amz-target'] ?? '').replace('AWSEvents.', '');
    if (operation !== 'PutEvents')
      return refuse('NotEmulatedException', `operation ${operation || '(none)'} of EventBridge is not emulated`);
    const request = v.safeParse(v.pipe(v.string(), v.parseJson(), PutEvents), body);
    if (!request.success) return refuse('SerializationException', v.summarize(request.issues));
    const { Entries } = request.output;
    if (Entries.length < 1 || Entries.length > MAX_ENTRIES)
      return refuse('ValidationException', `1 to ${MAX_ENTRIES} entries are expected, not ${Entries.length}`);
    if (Entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_BYTES)
      return refuse('ValidationException', 'Total size of the entries in the request is over the limit.');
    const results = Entries.map(put);
    const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
    return respond(200, { FailedEntryCount, Entries: results });
  };

  return {
    ...(await startHttpDoor(handle)),
    createBus: (name) => void (buses.has(name) || buses.set(name, [])),
    events: (bus) => buses.get(bus) ?? [],
  };
};
