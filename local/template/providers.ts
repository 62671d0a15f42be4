// Which resource type is made by whom. An unknown type is an error: what runs here is what is deployed, or says so.

import type { Cloud, Provider } from '#local/template/cloud.ts';
import { TemplateError } from '#local/template/intrinsics.ts';
import { activation, authority, permission as caPermission, certificate } from '#local/template/providers/acm-pca.ts';
import { api, integration, route, stage } from '#local/template/providers/api-gateway-v2.ts';
import { customResource } from '#local/template/providers/custom-resource.ts';
import { globalTable, table } from '#local/template/providers/dynamodb.ts';
import { eventBus } from '#local/template/providers/events.ts';
import { domainConfiguration, topicRule } from '#local/template/providers/iot.ts';
import { eventSourceMapping, lambdaFunction, permission } from '#local/template/providers/lambda.ts';
import { bucket, bucketPolicy } from '#local/template/providers/s3.ts';
import { schedule, scheduleGroup } from '#local/template/providers/scheduler.ts';
import { queue, queuePolicy } from '#local/template/providers/sqs.ts';
import type { Created, Resource } from '#local/template/resource.ts';
import { nameOnly, WITHOUT_EFFECT } from '#local/template/without-effect.ts';

const PROVIDERS: Readonly<Record<string, Provider>> = {
  'AWS::ACMPCA::Certificate': certificate,
  'AWS::ACMPCA::CertificateAuthority': authority,
  'AWS::ACMPCA::CertificateAuthorityActivation': activation,
  'AWS::ACMPCA::Permission': caPermission,
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Integration': integration,
  'AWS::ApiGatewayV2::Route': route,
  'AWS::ApiGatewayV2::Stage': stage,
  'AWS::CloudFormation::CustomResource': customResource,
  'AWS::DynamoDB::GlobalTable': globalTable,
  'AWS::DynamoDB::Table': table,
  'AWS::Events::EventBus': eventBus,
  'AWS::IoT::DomainConfiguration': domainConfiguration,
  'AWS::IoT::TopicRule': topicRule,
  'AWS::Lambda::EventSourceMapping': eventSourceMapping,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::Permission': permission,
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': bucketPolicy,
  'AWS::Scheduler::Schedule': schedule,
  'AWS::Scheduler::ScheduleGroup': scheduleGroup,
  'AWS::SQS::Queue': queue,
  'AWS::SQS::QueuePolicy': queuePolicy,
};

/** @throws TemplateError for a type that is not known here */
export const createResource = async (resource: Resource, cloud: Cloud): Promise<Created> => {
  const provider = resource.type.startsWith('Custom::') ? customResource : PROVIDERS[resource.type];
  if (provider !== undefined) return provider(resource, cloud);
  const withoutEffect = WITHOUT_EFFECT[resource.type];
  if (withoutEffect !== undefined) return nameOnly(resource, withoutEffect, cloud);
  throw new TemplateError('unknown resource type: give it a provider in local/template, or a reason for none');
};
