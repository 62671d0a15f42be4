// The management API: an HTTP API with the routes of its contract, each behind IAM authorization.

import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
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
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ROUTES } from '#contracts/ops-api.ts';
import { config } from '../config.ts';
import { OperatorAlarm } from './operator-alarm.ts';

export class OpsApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, props: { readonly function: IFunction }) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      description: 'Vestibule: management of tenants, trust anchors and devices',
      createDefaultStage: false,
    });
    const integration = new HttpIntegration(this, 'Function', {
      httpApi: this.api,
      integrationType: HttpIntegrationType.AWS_PROXY,
      integrationUri: props.function.functionArn,
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const [operation, { method, path }] of Object.entries(ROUTES))
      new CfnRoute(this, operation, {
        apiId: this.api.apiId,
        routeKey: `${method} ${path}`,
        authorizationType: HttpAuthorizerType.IAM,
        target: `integrations/${integration.integrationId}`,
      });

    // By hand, for the construct library's own integration names the API and leaves out whose it is.
    props.function.addPermission('OpsApi', {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.api.apiId,
        resourceName: '*/*',
      }),
      sourceAccount: Aws.ACCOUNT_ID,
    });

    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
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
