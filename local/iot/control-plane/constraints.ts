// Lengths, patterns and values that the IoT API model demands of request members (botocore service model `iot`).

import {
  AutoRegistrationStatus,
  CACertificateStatus,
  CertificateMode,
  CertificateStatus,
  EventType,
  ThingPrincipalType,
} from '@aws-sdk/client-iot';
import { invalidRequest } from '../rest-json/errors.ts';

type Constraint = {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly values?: readonly string[];
};

const name = { min: 1, max: 128, pattern: /^[a-zA-Z0-9:_-]+$/ };
const certificateId = { min: 64, max: 64, pattern: /^(0x)?[a-fA-F0-9]+$/ };
const pem = { min: 1, max: 65_536, pattern: /^[\s\S]*$/ };
const page = { min: 1, max: 250 };

const CONSTRAINTS: Readonly<Record<string, Constraint>> = {
  thingName: name,
  thingTypeName: name,
  thingGroupName: name,
  parentGroupName: name,
  billingGroupName: name,
  policyName: { min: 1, max: 128, pattern: /^[\w+=,.@-]+$/ },
  policyVersionId: { pattern: /^[0-9]+$/ },
  policyDocument: { min: 0, max: 404_600, pattern: /^[\s\S]*$/ },
  certificateId,
  caCertificateId: certificateId,
  caCertificate: pem,
  verificationCertificate: pem,
  domainConfigurationName: { min: 1, max: 128, pattern: /^[\w.-]+$/ },
  certificateMode: { values: Object.values(CertificateMode) },
  newAutoRegistrationStatus: { values: Object.values(AutoRegistrationStatus) },
  thingPrincipalType: { values: Object.values(ThingPrincipalType) },
  endpointType: { max: 128 },
  maxResults: page,
  pageSize: page,
};

/** Members whose name alone does not say what they may be. */
const OF_OPERATION: Readonly<Record<string, Constraint>> = {
  'UpdateCertificate.newStatus': { values: Object.values(CertificateStatus) },
  'UpdateCACertificate.newStatus': { values: Object.values(CACertificateStatus) },
};

const TAG_KEY: Constraint = { min: 1, max: 128, pattern: /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u };
const TAG_VALUE: Constraint = { min: 0, max: 256, pattern: /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u };
const ATTRIBUTE_NAME: Constraint = { max: 128, pattern: /^[a-zA-Z0-9_.,@/:#-]+$/ };
const ATTRIBUTE_VALUE: Constraint = { max: 800, pattern: /^[a-zA-Z0-9_.,@/:#=[\]-]*$/ };
const EVENT_TYPE: Constraint = { values: Object.values(EventType) };

const SHOWN_LENGTH = 64;

const brokenRule = (value: string | number, { min, max, pattern, values }: Constraint): string | null => {
  const size = typeof value === 'number' ? value : value.length;
  const measure = typeof value === 'number' ? 'value' : 'length';
  if (min !== undefined && size < min) return `Member must have ${measure} greater than or equal to ${min}`;
  if (max !== undefined && size > max) return `Member must have ${measure} less than or equal to ${max}`;
  const text = String(value);
  if (pattern !== undefined && !pattern.test(text))
    return `Member must satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, '')}`;
  if (values !== undefined && !values.includes(text))
    return `Member must satisfy enum value set: [${values.join(', ')}]`;
  return null;
};

const check = (value: unknown, path: string, constraint: Constraint | undefined): void => {
  if (constraint === undefined || (typeof value !== 'string' && typeof value !== 'number')) return;
  const rule = brokenRule(value, constraint);
  if (rule === null) return;
  const text = String(value);
  const shown = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  throw invalidRequest(
    `1 validation error detected: Value '${shown}' at '${path}' failed to satisfy constraint: ${rule}`,
  );
};

/** @throws InvalidRequestException in the words that AWS uses */
export const checkConstraints = (operation: string, input: Readonly<Record<string, unknown>>): void => {
  for (const [member, value] of Object.entries(input))
    check(value, member, OF_OPERATION[`${operation}.${member}`] ?? CONSTRAINTS[member]);
};

export const checkAttributes = (attributes: Readonly<Record<string, string>>): void => {
  for (const [key, value] of Object.entries(attributes)) {
    check(key, 'attributePayload.attributes', ATTRIBUTE_NAME);
    check(value, `attributePayload.attributes.${key}`, ATTRIBUTE_VALUE);
  }
};

export const checkTags = (tags: Readonly<Record<string, string>>): void => {
  for (const [key, value] of Object.entries(tags)) {
    check(key, 'tags.Key', TAG_KEY);
    check(value, `tags.${key}.Value`, TAG_VALUE);
  }
};

export const checkEventType = (type: string): void => check(type, 'eventConfigurations', EVENT_TYPE);
