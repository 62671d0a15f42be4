// AWS::ApiGatewayV2: the one HTTP API behind the API door.

import * as v from 'valibot';
import type { Provider } from '#local/template/cloud.ts';
import { integer, physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

/** API ids are ten characters of lower-case hex here, as on AWS. */
const idOf = (resource: Parameters<Provider>[0]): string => physicalName(resource, 128).slice(-10);

const ApiProperties = v.strictObject({
  Name: v.string(),
  ProtocolType: v.literal('HTTP'),
  Description: withoutEffect,
  Tags: withoutEffect,
});

export const api: Provider = (resource, cloud) => {
  propertiesOf(resource, ApiProperties);
  const id = idOf(resource);
  cloud.api.setApi(id);
  return {
    ref: id,
    attributes: { ApiId: id, ApiEndpoint: `https://${id}.execute-api.${cloud.account.region}.amazonaws.com` },
  };
};

const IntegrationProperties = v.strictObject({
  ApiId: v.string(),
  IntegrationType: v.literal('AWS_PROXY'),
  IntegrationUri: v.string(),
  PayloadFormatVersion: v.literal('2.0'),
  // 30 s is the most that API Gateway waits; the function's own timeout is checked to be below by the stacks' tests
  TimeoutInMillis: v.optional(integer),
});

export const integration: Provider = (resource, cloud) => {
  const { IntegrationUri } = propertiesOf(resource, IntegrationProperties);
  const id = idOf(resource);
  cloud.api.addIntegration(id, IntegrationUri);
  return { ref: id };
};

const RouteProperties = v.strictObject({
  ApiId: v.string(),
  RouteKey: v.string(),
  AuthorizationType: v.optional(v.picklist(['AWS_IAM', 'NONE']), 'NONE'),
  Target: v.pipe(v.string(), v.regex(/^integrations\//)),
});

export const route: Provider = (resource, cloud) => {
  const { RouteKey, AuthorizationType, Target } = propertiesOf(resource, RouteProperties);
  cloud.api.addRoute({
    routeKey: RouteKey,
    authorization: AuthorizationType,
    integrationId: Target.replace('integrations/', ''),
  });
  return { ref: idOf(resource) };
};

const StageProperties = v.strictObject({
  ApiId: v.string(),
  StageName: v.string(),
  AutoDeploy: v.literal(true),
  Description: withoutEffect,
  AccessLogSettings: withoutEffect,
  // throttling: one laptop is no API Gateway
  DefaultRouteSettings: withoutEffect,
  Tags: withoutEffect,
});

export const stage: Provider = (resource, cloud) => {
  const { StageName } = propertiesOf(resource, StageProperties);
  cloud.api.setStage(StageName);
  return { ref: StageName };
};
