// The management API: an HTTP API with the routes of its contract, each behind IAM authorization.

import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnRoute,
  HttpApi,
  HttpAuthorizerType,
  HttpIntegration,
  HttpIntegrationType,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ROUTES_OF } from '#contracts/management-api.ts';
import type { EnvKey } from '#names/env.ts';
import { OPS_API_TIMEOUT_SECONDS } from '#names/timing.ts';
import { config } from '../config.ts';
import { OnboardingFunction } from './onboarding-function.ts';
import { OperatorAlarm } from './operator-alarm.ts';

type ApiFunction = keyof typeof ROUTES_OF;

export interface ManagementApiProps {
  /** What each function finds in its environment. */
  readonly environments: Readonly<Record<ApiFunction, Partial<Record<EnvKey, string>>>>;
}

/** Ids of the constructs of each function, and what stands still while it fails. */
const FUNCTIONS: Readonly<Record<ApiFunction, { readonly id: string; readonly impact: string }>> = {
  'ops-api': { id: '', impact: 'Operators cannot read or steer the registry.' },
  'trust-api': { id: 'Trust', impact: 'Trust anchors cannot be registered, revoked or restored.' },
};

export class ManagementApi extends Construct {
  readonly functions: Readonly<Record<ApiFunction, OnboardingFunction>>;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, { environments }: ManagementApiProps) {
    super(scope, id);
    const httpApi = new HttpApi(this, 'Api', {
      description: 'Vestibule: management of tenants, trust anchors and devices',
      createDefaultStage: false,
    });
    const answering = (name: ApiFunction): OnboardingFunction => {
      const { id: prefix, impact } = FUNCTIONS[name];
      const fn = new OnboardingFunction(this, `${prefix}Function`, {
        name,
        timeout: Duration.seconds(OPS_API_TIMEOUT_SECONDS),
        environment: environments[name],
        impact,
      });
      const integration = new HttpIntegration(this, `${prefix}Integration`, {
        httpApi,
        integrationType: HttpIntegrationType.AWS_PROXY,
        integrationUri: fn.lambda.functionArn,
        payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      });
      for (const [operation, { method, path }] of Object.entries(ROUTES_OF[name]))
        new CfnRoute(this, operation, {
          apiId: httpApi.apiId,
          routeKey: `${method} ${path}`,
          authorizationType: HttpAuthorizerType.IAM,
          target: `integrations/${integration.integrationId}`,
        });
      // By hand, for the construct library's own integration names the API and leaves out whose it is.
      fn.lambda.addPermission('Api', {
        principal: new ServicePrincipal('apigateway.amazonaws.com'),
        sourceArn: Stack.of(this).formatArn({
          service: 'execute-api',
          resource: httpApi.apiId,
          resourceName: '*/*',
        }),
        sourceAccount: Aws.ACCOUNT_ID,
      });
      return fn;
    };
    this.functions = { 'ops-api': answering('ops-api'), 'trust-api': answering('trust-api') };

    this.stage = new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      throttle: { rateLimit: config.api.requestsPerSecond, burstLimit: config.api.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLogs', { retention: config.logRetention, removalPolicy: RemovalPolicy.DESTROY }),
        ),
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: AccessLogField.contextRequestId(),
            at: AccessLogField.contextRequestTime(),
            caller: '$context.identity.userArn',
            ip: AccessLogField.contextIdentitySourceIp(),
            route: '$context.routeKey',
            path: AccessLogField.contextPath(),
            status: AccessLogField.contextStatus(),
            milliseconds: AccessLogField.contextResponseLatency(),
            error: AccessLogField.contextErrorMessage(),
          }),
        ),
      },
    });
    new OperatorAlarm(this, 'Failing', {
      metric: this.stage.metricServerError(),
      above: 0,
      means: 'Operators get errors that are not theirs from the management API.',
      runbook: 'ops-api-server-errors',
    });
  }
}
