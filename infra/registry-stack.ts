// What must outlive a deployment: the registry's table, and the bus that others attach their rules to.

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { OUTPUT } from '#names/outputs.ts';
import { RegistryTable } from './constructs/registry-table.ts';

export class RegistryStack extends Stack {
  readonly table: TableV2;
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, {
      description: 'Vestibule: registry of tenants, trust anchors and devices',
      terminationProtection: true,
      ...props,
    });
    this.table = new RegistryTable(this, 'Registry').table;
    this.bus = new EventBus(this, 'EventBus', { description: 'What Vestibule announces of devices' });

    new CfnOutput(this, OUTPUT.registryTable, { value: this.table.tableName });
    new CfnOutput(this, OUTPUT.eventBusName, { value: this.bus.eventBusName });
  }
}
