// The default request rates of the IoT control plane, per account and Region.

import { IotError } from './errors.ts';

/** Requests per second (AWS General Reference, IoT Core endpoints and quotas; the large Regions). */
const REQUESTS_PER_SECOND: Readonly<Record<string, number>> = {
  AddThingToThingGroup: 100,
  AttachPolicy: 15,
  AttachThingPrincipal: 100,
  CreatePolicy: 10,
  CreatePolicyVersion: 10,
  CreateThing: 100,
  CreateThingGroup: 25,
  DeletePolicyVersion: 10,
  DeleteThing: 100,
  DescribeCACertificate: 10,
  DescribeCertificate: 10,
  DescribeEndpoint: 10,
  DescribeThing: 350,
  DescribeThingGroup: 100,
  DetachPolicy: 15,
  DetachThingPrincipal: 100,
  GetPolicy: 10,
  ListAttachedPolicies: 15,
  ListCertificatesByCA: 10,
  ListPrincipalThings: 10,
  ListPrincipalThingsV2: 10,
  ListThingGroupsForThing: 100,
  ListThingPrincipals: 20,
  ListThingPrincipalsV2: 20,
  RegisterCACertificate: 10,
  RemoveThingFromThingGroup: 100,
  SetDefaultPolicyVersion: 10,
  UpdateCACertificate: 10,
  UpdateCertificate: 10,
};

type Bucket = { tokens: number; at: number };

/**
 * A token bucket for each operation that holds one second's worth. Operations without a published rate are unlimited.
 *
 * @returns a function that takes one token, or throws ThrottlingException
 */
export const createQuotas = (now: () => number): ((operation: string) => void) => {
  const buckets = new Map<string, Bucket>();
  return (operation) => {
    const rate = REQUESTS_PER_SECOND[operation];
    if (rate === undefined) return;
    const at = now();
    const bucket = buckets.get(operation) ?? { tokens: rate, at };
    const refill = (Math.max(0, at - bucket.at) / 1000) * rate;
    const tokens = Math.min(rate, bucket.tokens + refill);
    buckets.set(operation, { tokens: tokens >= 1 ? tokens - 1 : tokens, at });
    if (tokens < 1)
      throw new IotError('ThrottlingException', `Rate exceeded: ${operation} has ${rate} requests per second`);
  };
};
