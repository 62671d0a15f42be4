// The lock of a tenant in DynamoDB: one item that names its holder and the end of its turn.

import { randomUUID } from 'node:crypto';
import { setTimeout as timeout } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TransientError } from '#domain/errors.ts';
import type { TenantName } from '#domain/ids.ts';
import { isoOf, tenantLockKey } from '#names/keys.ts';
import { TENANT_LOCK_SECONDS } from '#names/timing.ts';
import type { Clock } from '#ports/clock.ts';
import type { HeldLock, TenantLock } from '#ports/permission-registry.ts';
import { registryTable } from './dynamo-table.ts';

/** A change takes well under a second: whoever waits longer stands in a queue that its caller should hear of. */
const PATIENCE_MS = 5_000;
/** Between two attempts, at random, so that those who wait do not come all at once. */
const PAUSE_MS = { least: 50, most: 250 };

/** @param wait between two attempts, for so many milliseconds */
export const dynamoTenantLock = (
  client: DynamoDBClient,
  tableName: string,
  clock: Clock,
  wait: (milliseconds: number) => Promise<unknown> = timeout,
): TenantLock => {
  const table = registryTable(client, tableName);

  const attempt = async (tenant: TenantName, owner: string): Promise<HeldLock | null> => {
    const key = tenantLockKey(tenant);
    const now = clock();
    const until = now + TENANT_LOCK_SECONDS * 1_000;
    const { written } = await table.update(key, {
      set: { kind: 'LOCK', tenant, owner, until: isoOf(until) },
      // its own turn again: the answer was lost, and the SDK asked once more
      condition: 'attribute_not_exists(#until) OR #until <= :now OR #owner = :owner',
      values: { ':now': isoOf(now), ':owner': owner },
    });
    if (!written) return null;
    return {
      assertHeld: () => {
        if (clock() >= until)
          throw new TransientError(`the turn to change tenant ${tenant} ended before its work was done`);
      },
      release: async () => {
        // a turn that ended may be another's by now, which is nothing to give back
        await table.update(key, {
          set: { owner: null, until: null },
          condition: '#owner = :owner',
          values: { ':owner': owner },
        });
      },
    };
  };

  return {
    take: async (tenant) => {
      const [owner, patience] = [randomUUID(), clock() + PATIENCE_MS];
      let held = await attempt(tenant, owner);
      while (held === null && clock() < patience) {
        await wait(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
        held = await attempt(tenant, owner);
      }
      return held;
    },
  };
};
