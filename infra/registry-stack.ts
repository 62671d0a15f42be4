// What must outlive a deployment: the registry's table, the truststore's bucket, the bus that others attach their rules to,
// and the private CA of a deployment that wants one made.

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { OUTPUT } from '#names/outputs.ts';
import { PrivateCa } from './constructs/private-ca.ts';
import { RegistryTable } from './constructs/registry-table.ts';
import { TruststoreBucket } from './constructs/truststore-bucket.ts';
import type { OptIns } from './opt-ins.ts';

export interface RegistryStackProps extends StackProps {
  readonly privateCa: OptIns['privateCa'];
}

export class RegistryStack extends Stack {
  readonly table: TableV2;
  readonly bus: EventBus;
  readonly truststore: Bucket;
  /** ARNs of the CAs in AWS Private CA that may sign for devices. */
  readonly privateCas: readonly string[];

  constructor(scope: Construct, id: string, { privateCa, ...props }: RegistryStackProps) {
    super(scope, id, {
      description: 'Vestibule: registry of tenants, trust anchors and devices',
      terminationProtection: true,
      ...props,
    });
    this.table = new RegistryTable(this, 'Registry').table;
    this.bus = new EventBus(this, 'EventBus', { description: 'What Vestibule announces of devices' });
    this.truststore = new TruststoreBucket(this, 'Truststore');
    this.privateCas = privateCa === 'create' ? [new PrivateCa(this, 'PrivateCa').arn] : (privateCa ?? []);

    new CfnOutput(this, OUTPUT.registryTable, { value: this.table.tableName });
    new CfnOutput(this, OUTPUT.eventBusName, { value: this.bus.eventBusName });
    new CfnOutput(this, OUTPUT.truststoreBucket, { value: this.truststore.bucketName });
    if (this.privateCas.length > 0) new CfnOutput(this, OUTPUT.privateCaArn, { value: this.privateCas.join(',') });
  }
}
