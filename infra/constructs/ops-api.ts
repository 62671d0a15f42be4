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
import { ROUTES } from '#contracts/management-api.ts';
import type { EnvKey } from '#names/env.ts';
import { OPS_API_TIMEOUT_SECONDS } from '#names/timing.ts';
import { config } from '../config.ts';
import { OnboardingFunction } from './onboarding-function.ts';
import { OperatorAlarm } from './operator-alarm.ts';

export class OpsApi extends Construct {
  readonly function: OnboardingFunction;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, props: { readonly environment: Partial<Record<EnvKey, string>> }) {
    super(scope, id);
    this.function = new OnboardingFunction(this, 'Function', {
      name: 'ops-api',
      timeout: Duration.seconds(OPS_API_TIMEOUT_SECONDS),
      environment: props.environment,
      impact: 'Operators cannot read or steer the registry.',
    });
    const httpApi = new HttpApi(this, 'Api', {
      description: 'Vestibule: management of tenants, trust anchors and devices',
      createDefaultStage: false,
    });
    const integration = new HttpIntegration(this, 'Integration', {
      httpApi,
      integrationType: HttpIntegrationType.AWS_PROXY,
      integrationUri: this.function.lambda.functionArn,
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const [operation, { method, path }] of Object.entries(ROUTES))
      new CfnRoute(this, operation, {
        apiId: httpApi.apiId,
        routeKey: `${method} ${path}`,
        authorizationType: HttpAuthorizerType.IAM,
        target: `integrations/${integration.integrationId}`,
      });

    // By hand, for the construct library's own integration names the API and leaves out whose it is.
    this.function.lambda.addPermission('Api', {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: httpApi.apiId,
        resourceName: '*/*',
      }),
      sourceAccount: Aws.ACCOUNT_ID,
    });

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
