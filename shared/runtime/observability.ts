// Logger and metrics of a function, each made once. The service name comes from the stack (POWERTOOLS_SERVICE_NAME).

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS_NAMESPACE } from '#names/metrics.ts';

export type Observability = { readonly logger: Logger; readonly metrics: Metrics };

export const observability = (): Observability => ({
  logger: new Logger(),
  metrics: new Metrics({ namespace: METRICS_NAMESPACE }),
});
