// The registry's table and its indexes, as shared/names/keys.ts names them.

import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { INDEX, LISTED_ATTRIBUTES, TABLE_KEYS } from '#names/keys.ts';
import type { OnboardingFunction } from './onboarding-function.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

export class RegistryTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: text(TABLE_KEYS.partition),
      sortKey: text(TABLE_KEYS.sort),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      globalSecondaryIndexes: Object.values(INDEX).map((index) => ({
        indexName: index.name,
        partitionKey: text(index.partition),
        sortKey: text(index.sort),
        // What a line of a list needs, not ALL: an index is written only when a projected attribute changes, so the
        // claims of a reconnect storm cost one write, not one more for each index.
        projectionType: ProjectionType.INCLUDE,
        nonKeyAttributes: [...LISTED_ATTRIBUTES],
      })),
    });
  }
}

type ItemAction = 'GetItem' | 'BatchGetItem' | 'UpdateItem' | 'BatchWriteItem' | 'Query';

/** Permits exactly these item operations; the library's grants bring Scan and DeleteItem along. */
export const allowItems = (fn: OnboardingFunction, table: TableV2, ...actions: ItemAction[]): void => {
  fn.allow(
    actions.map((action) => `dynamodb:${action}`),
    [table.tableArn],
  );
};

type Index = (typeof INDEX)[keyof typeof INDEX];

/** Permits queries of indexes, each by its name. */
export const allowLists = (fn: OnboardingFunction, table: TableV2, indexes: readonly Index[]): void => {
  fn.allow(
    ['dynamodb:Query'],
    indexes.map((index) => `${table.tableArn}/index/${index.name}`),
  );
};
