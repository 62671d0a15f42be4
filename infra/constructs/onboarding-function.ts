// A function of the onboarding stack with the house's defaults: bundle, role, log group and alarms.

import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type Conditions, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { EnvKey } from '#names/env.ts';
import { config } from '../config.ts';
import { OperatorAlarm } from './operator-alarm.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: LogLevel.WARNING,
  // The SDK of the lockfile, not the one of the day that Lambda brings; and it tree-shakes.
  bundleAwsSDK: true,
  esbuildArgs: {
    // Lambda hands credentials over in the environment (Lambda guide, Defined runtime environment variables): the
    // chain that also asks files, SSO and instance metadata is dead weight there.
    '--alias:@aws-sdk/credential-provider-node': './shared/runtime/environment-credentials.ts',
    // The SDK's core imports it late, when an operation streams events, and none of ours does. That late import alone would
    // make esbuild wrap every module of the core so that it can be had late, which costs bytes and time at each cold start.
    '--alias:@smithy/core/event-streams': './shared/runtime/no-event-streams.ts',
    // The client of DynamoDB brings a cache of endpoints that are discovered, and ours are known.
    '--alias:@aws-sdk/endpoint-cache': './shared/runtime/no-endpoint-cache.ts',
    // What esbuild takes for licences here are marks for coverage tools.
    '--legal-comments': 'none',
  },
};

/**
 * npm lays out parts of the client of AWS Private CA, which is of an older generation, several times over: a bundle of it
 * has each once. If npm should lay them out once, these folders are gone and every synthesis fails: the aliases then go too.
 */
const PRIVATE_CA_PARTS = './node_modules/@aws-sdk/client-acm-pca/node_modules/@smithy';
const PRIVATE_CA_ALIASES = Object.fromEntries(
  ['types', 'node-http-handler'].map((part) => [`--alias:@smithy/${part}`, `${PRIVATE_CA_PARTS}/${part}`]),
);

/** How a function is bundled; the bench weighs what it gives. @param name its folder under `functions/` */
export const bundlingOf = (name: string): BundlingOptions =>
  name === 'private-ca' ? { ...bundling, esbuildArgs: { ...bundling.esbuildArgs, ...PRIVATE_CA_ALIASES } } : bundling;

export interface OnboardingFunctionProps {
  /** Folder under `functions/`; also the `service` of its logs and metrics. */
  readonly name: string;
  readonly timeout: Duration;
  readonly environment: Partial<Record<EnvKey, string>>;
  /** What stands still while the function fails; one sentence, the start of its alarms. */
  readonly impact: string;
  /** A device waits for each answer, and nothing repeats the question: one that fails is one too many. @default false */
  readonly answersDevices?: boolean;
}

export class OnboardingFunction extends Construct {
  readonly name: string;
  readonly lambda: NodejsFunction;

  constructor(scope: Construct, id: string, props: OnboardingFunctionProps) {
    super(scope, id);
    this.name = props.name;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: config.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);

    this.lambda = new NodejsFunction(this, 'Lambda', {
      entry: `${root}functions/${props.name}/handler.ts`,
      projectRoot: root,
      depsLockFilePath: `${root}package-lock.json`,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // CPU comes with memory (1,769 MB = one vCPU): below this the cold start doubles, above it costs more than it saves.
      memorySize: 1024,
      timeout: props.timeout,
      tracing: Tracing.ACTIVE,
      awsSdkConnectionReuse: false,
      environment: {
        ...props.environment,
        POWERTOOLS_SERVICE_NAME: props.name,
        // Of the SDK: two more than it takes by default, for IoT Core's quotas are met by waiting, not by a redelivery.
        AWS_MAX_ATTEMPTS: '5',
      },
      bundling: bundlingOf(props.name),
    });

    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray, and the IoT actions given by allowAnyResource, know no resource type: IAM takes only * for them',
    });

    new OperatorAlarm(this, 'Errors', {
      metric: this.lambda.metricErrors(),
      above: 0,
      means: `${props.impact} The function ${props.name} ${props.answersDevices ? 'gave no answer' : 'fails as a whole'}.`,
      runbook: `${props.name}-errors`,
    });
    new OperatorAlarm(this, 'Throttles', {
      metric: this.lambda.metricThrottles(),
      above: 0,
      // what waits in a queue comes again
      periods: props.answersDevices ? 1 : 3,
      means: `${props.impact} Lambda has no concurrency left for ${props.name}.`,
      runbook: 'function-throttles',
    });
    new OperatorAlarm(this, 'Duration', {
      metric: this.lambda.metricDuration({ statistic: Stats.p(99) }),
      above: props.timeout.toMilliseconds() * 0.8,
      periods: 2,
      means: `${props.impact} ${props.name} comes near its timeout of ${props.timeout.toSeconds()} s.`,
      runbook: 'function-duration',
    });
  }

  /** Permits actions for which no construct has a grant: IoT Core has no L2, and DynamoDB's grants allow Scan. */
  allow(actions: readonly string[], resources: readonly string[], conditions: Conditions = {}): void {
    this.lambda.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }));
  }

  /** Permits actions that know no resource type: IAM takes no other resource for them than `*`. */
  allowAnyResource(...actions: string[]): void {
    this.allow(actions, ['*']);
  }
}
