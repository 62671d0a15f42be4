// Many devices for the time of one: copies of all that the registry and IoT Core say of a device that was let in.

import { createHash } from 'node:crypto';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { registryTable } from '#adapters/dynamo-table.ts';
import type { CertificateId } from '#domain/ids.ts';
import type { AwsServices } from './aws-services.ts';

export type Original = {
  /** of its certificate, and its user; not to be found in any other name */
  readonly cn: string;
  readonly certificate: CertificateId;
};

/**
 * @param cns of the copies
 * @param part `listed`: no more of each than what lists of devices give, in a quarter of the time
 */
export const copyDevice = async (
  { table, iot: { state } }: Pick<AwsServices, 'table' | 'iot'>,
  { cn, certificate: id }: Original,
  cns: readonly string[],
  part: 'whole' | 'listed',
): Promise<void> => {
  const certificate = state.certificates.get(id);
  const thing = [...state.things.values()].find(({ name }) => name.includes(cn));
  if (!certificate || !thing) throw new Error(`expected a device of ${cn} that was let in`);
  const scan = new ScanCommand({ TableName: table.tableName, ConsistentRead: true });
  const { Items = [] } = await DynamoDBDocumentClient.from(table.client).send(scan);
  // user, composition note, certificate and device
  const items = Items.filter(({ kind }) => part === 'whole' || kind === 'DEVICE')
    .map((item) => JSON.stringify(item))
    .filter((item) => item.includes(cn) || item.includes(id));

  const copies = cns.map((name) => ({ name, id: createHash('sha256').update(name).digest('hex') }));
  for (const copy of copies) {
    const thingName = thing.name.replace(cn, copy.name);
    state.things.set(thingName, { ...thing, name: thingName, groups: new Set(thing.groups) });
    const things = new Map([[thingName, 'EXCLUSIVE_THING' as const]]);
    state.certificates.set(copy.id, { ...certificate, id: copy.id, things });
  }
  const copied = copies.flatMap((copy) =>
    items.map(
      (item) => JSON.parse(item.replaceAll(cn, copy.name).replaceAll(id, copy.id)) as { pk: string; sk: string },
    ),
  );
  await registryTable(table.client, table.tableName).putAll(copied);
};
