// AWS::IoT: topic rules, handed to the rules engine, which refuses the SQL and the actions that it does not emulate; domain
// configurations, made by the control plane.

import { CreateDomainConfigurationCommand } from '@aws-sdk/client-iot';
import * as v from 'valibot';
import { arn, type Provider } from '#local/template/cloud.ts';
import { flag, physicalName, propertiesOf, withoutEffect } from '#local/template/resource.ts';

const TopicRuleProperties = v.strictObject({
  RuleName: v.optional(v.string()),
  TopicRulePayload: v.strictObject({
    Sql: v.string(),
    // the older version, which is the default, reads numbers and nested objects in another way
    AwsIotSqlVersion: v.literal('2016-03-23'),
    Actions: v.array(v.unknown()),
    ErrorAction: v.optional(v.unknown(), null),
    RuleDisabled: v.optional(flag, false),
    Description: withoutEffect,
  }),
  Tags: withoutEffect,
});

export const topicRule: Provider = (resource, cloud) => {
  const { RuleName, TopicRulePayload: payload } = propertiesOf(resource, TopicRuleProperties);
  const name = RuleName ?? physicalName(resource, 128).replaceAll('-', '_');
  const { Sql: sql, Actions: actions, ErrorAction: errorAction } = payload;
  if (!payload.RuleDisabled) cloud.registerRule({ name, sql, actions, errorAction });
  return { ref: name, attributes: { Arn: arn(cloud, 'iot', `rule/${name}`) } };
};

const DomainConfigurationProperties = v.strictObject({
  DomainConfigurationName: v.optional(v.string()),
  DomainConfigurationStatus: v.optional(v.literal('ENABLED')),
  ServiceType: v.optional(v.literal('DATA')),
  AuthenticationType: v.literal('AWS_X509'),
  ApplicationProtocol: v.literal('SECURE_MQTT'),
  ClientCertificateConfig: v.optional(v.strictObject({ ClientCertificateCallbackArn: v.string() })),
  Tags: withoutEffect,
});

export const domainConfiguration: Provider = async (resource, cloud) => {
  const properties = propertiesOf(resource, DomainConfigurationProperties);
  const { ClientCertificateConfig: config } = properties;
  const { domainConfigurationName: name = '', domainConfigurationArn = '' } = await cloud.iot.send(
    new CreateDomainConfigurationCommand({
      domainConfigurationName: properties.DomainConfigurationName ?? physicalName(resource, 128),
      serviceType: 'DATA',
      authenticationType: properties.AuthenticationType,
      applicationProtocol: properties.ApplicationProtocol,
      ...(config && {
        clientCertificateConfig: { clientCertificateCallbackArn: config.ClientCertificateCallbackArn },
      }),
    }),
  );
  return { ref: name, attributes: { Arn: domainConfigurationArn, DomainType: 'AWS_MANAGED' } };
};
