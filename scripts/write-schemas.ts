// Writes the JSON Schema of every event in and out, made from the contracts: events/schemas/<event>.schema.json.

import { writeFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { AnnouncedEvent } from '#contracts/announced-event.ts';
import { ConvergeCommand } from '#contracts/converge-command.ts';
import { JitrEvent } from '#contracts/jitr-event.ts';
import { PermissionSetCommand } from '#contracts/permission-set-command.ts';
import { PreAuthenticationEvent } from '#contracts/pre-authentication.ts';
import { PresenceEvent } from '#contracts/presence-event.ts';
import { PrivateCaRequest } from '#contracts/private-ca-request.ts';
import { TrustCommand } from '#contracts/trust-command.ts';

const EVENTS: Readonly<Record<string, readonly [title: string, schema: v.GenericSchema]>> = {
  'jitr-event': ['A device came with a certificate that is not active yet', JitrEvent],
  'presence-event': ['A device connected, disconnected or was refused', PresenceEvent],
  'pre-authentication': ['AWS IoT asks whether it may go on with a connection', PreAuthenticationEvent],
  'converge-command': ['IoT Core is to follow what changed in the registry', ConvergeCommand],
  'permission-set-command': ['IoT Core is to follow what changed in a permission set', PermissionSetCommand],
  'trust-command': ['Work on what is trusted', TrustCommand],
  'private-ca-request': ['AWS Private CA is to show a CA, to issue or to revoke', PrivateCaRequest],
  'announced-event': ['Detail of what Vestibule announces on its event bus', AnnouncedEvent],
};

/** The schema files by name, as they should be. */
export const schemaFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(EVENTS).map(([event, [title, schema]]) => {
      // what a sender may write; checks in code have no counterpart, and each stands beside a pattern that has
      const json = toJsonSchema(schema, { target: 'draft-2020-12', typeMode: 'input', errorMode: 'ignore' });
      return [`${event}.schema.json`, `${JSON.stringify({ title, ...json }, null, 2)}\n`];
    }),
  );

if (import.meta.main)
  for (const [name, text] of Object.entries(schemaFiles()))
    writeFileSync(new URL(`../events/schemas/${name}`, import.meta.url), text);
