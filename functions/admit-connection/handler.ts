// The pre-authentication gate: AWS IoT asks it about every connection to the endpoint of its domain configuration.

import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import * as v from 'valibot';
import { dynamoAdmission } from '#adapters/dynamo-admission.ts';
import { readShownChain } from '#adapters/shown-chain.ts';
import { type PreAuthenticationAnswer, PreAuthenticationEvent } from '#contracts/pre-authentication.ts';
import { shown } from '#domain/shown.ts';
import { ENV } from '#names/env.ts';
import { METRIC } from '#names/metrics.ts';
import { GATE_CALL_LIMITS } from '#runtime/call-limits.ts';
import { readEnv } from '#runtime/env.ts';
import { type Observability, observability } from '#runtime/observability.ts';
import { type AdmitConnectionDeps, admitConnection } from '#usecases/admit-connection.ts';

const EXPECTED = 'expected clientCertificateChain: PEM certificates, the leaf first';

/** An error of the registry is thrown: AWS IoT lets in only whom the function says so of. */
export const admitConnectionHandler = ({ logger, metrics, ...deps }: Observability & AdmitConnectionDeps) => {
  const admit = admitConnection(deps);
  const refuse = (): PreAuthenticationAnswer => {
    metrics.addMetric(METRIC.gateRefused, MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
    return { isAuthenticated: false };
  };

  return async (event: unknown, context: Context): Promise<PreAuthenticationAnswer> => {
    logger.addContext(context);
    const parsed = v.safeParse(PreAuthenticationEvent, event);
    const chain = parsed.success ? readShownChain(parsed.output.clientCertificateChain) : null;
    if (!parsed.success || chain === null) {
      const field = parsed.issues?.[0] && v.getDotPath(parsed.issues[0]);
      logger.error(`connection refused: ${EXPECTED}; got ${field ? `another ${field}` : 'what is none'}`);
      return refuse();
    }
    const { connectionMetadata, principalId, serverName } = parsed.output;
    const about = {
      certificateId: chain.leaf,
      connectionId: shown(connectionMetadata.id ?? ''),
      serverName: shown(serverName ?? ''),
    };
    if (principalId !== null && principalId !== chain.leaf)
      logger.warn('principalId is not the fingerprint of the leaf, which counts', about);

    const refusal = await admit(chain);
    if (refusal === null) return { isAuthenticated: true };
    logger.info('connection refused', { ...about, ...refusal });
    return refuse();
  };
};

const env = readEnv(ENV.registryTable);

export const handler = admitConnectionHandler({
  ...observability(),
  registry: dynamoAdmission(new DynamoDBClient(GATE_CALL_LIMITS), env.REGISTRY_TABLE),
  clock: Date.now,
});
