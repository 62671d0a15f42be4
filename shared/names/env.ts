// Environment keys of the functions: the stacks set them, shared/runtime/env.ts reads them.

export const ENV = {
  registryTable: 'REGISTRY_TABLE',
  eventBusName: 'EVENT_BUS_NAME',
  commandQueueUrl: 'COMMAND_QUEUE_URL',
  permissionSetQueueUrl: 'PERMISSION_SET_QUEUE_URL',
  trustQueueUrl: 'TRUST_QUEUE_URL',
  truststoreBucket: 'TRUSTSTORE_BUCKET',
  privateCaFunction: 'PRIVATE_CA_FUNCTION',
  domainConfiguration: 'DOMAIN_CONFIGURATION',
  accountId: 'ACCOUNT_ID',
  partition: 'PARTITION',
  brokerPort: 'BROKER_PORT',
  brokerServerCa: 'BROKER_SERVER_CA',
  /** set by Lambda itself */
  region: 'AWS_REGION',
} as const;

export type EnvKey = (typeof ENV)[keyof typeof ENV];
