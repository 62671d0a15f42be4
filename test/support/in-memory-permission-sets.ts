// The groups and policies of permission sets in memory, and what a device in one of them may do.

import { authorize, policyContext } from '#domain/iot-policy.ts';
import { parsePolicy } from '#domain/iot-policy-document.ts';
import type { PermissionSetGateway } from '#ports/iot-gateways.ts';

export type InMemorySetGateway = PermissionSetGateway & {
  /** documents by set */
  readonly documents: Map<string, readonly string[]>;
  /** `ensure acme.eu1`, `remove acme.eu1`, in order */
  readonly calls: string[];
  /** Whether a device in a set may do something, `Publish`, with a resource, `topic/a/b`. */
  may(set: string, action: string, path: string): boolean;
};

const DEVICE = policyContext({
  'iot:Connection.Thing.ThingName': 'device001',
  'iot:Connection.Thing.Attributes[tenant]': 'acme',
  'iot:Connection.Thing.IsAttached': 'true',
});

/** @param arn what stands before the resource in its ARN, `arn:aws:iot:eu-central-1:123456789012` */
export const inMemorySetGateway = (arn: string, calls: string[] = []): InMemorySetGateway => {
  const documents = new Map<string, readonly string[]>();
  return {
    documents,
    calls,
    ensure: async ({ id }, texts) => {
      calls.push(`ensure ${id}`);
      documents.set(id, texts);
    },
    remove: async ({ id }) => {
      calls.push(`remove ${id}`);
      documents.delete(id);
    },
    may: (set, action, path) => {
      const policies = (documents.get(set) ?? []).map((text) => {
        const parsed = parsePolicy(text);
        if (!parsed.ok) throw new Error(parsed.error);
        return parsed.value;
      });
      return authorize({ action: `iot:${action}`, resource: `${arn}:${path}` }, policies, DEVICE).allowed;
    },
  };
};
