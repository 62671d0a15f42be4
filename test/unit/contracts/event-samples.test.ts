import { readdirSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { AnnouncedEvent } from '#contracts/announced-event.ts';
import { ConvergeCommand } from '#contracts/converge-command.ts';
import { JitrEvent } from '#contracts/jitr-event.ts';
import { PermissionSetCommand } from '#contracts/permission-set-command.ts';
import { PreAuthenticationEvent } from '#contracts/pre-authentication.ts';
import { PresenceEvent } from '#contracts/presence-event.ts';
import { PrivateCaRequest } from '#contracts/private-ca-request.ts';
import { TrustCommand } from '#contracts/trust-command.ts';
import { schemaFiles } from '../../../scripts/write-schemas.ts';

const EVENTS = new URL('../../../events/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, EVENTS), 'utf8');

const CONTRACTS = {
  'jitr-event': JitrEvent,
  'presence-event': PresenceEvent,
  'pre-authentication': PreAuthenticationEvent,
  'converge-command': ConvergeCommand,
  'permission-set-command': PermissionSetCommand,
  'trust-command': TrustCommand,
  'private-ca-request': PrivateCaRequest,
  'announced-event': AnnouncedEvent,
} as const;

/** Why each malformed sample is refused: the path, and what was expected. */
const REFUSED: Readonly<Record<string, unknown>> = {
  'jitr-event/malformed-no-certificate-id':
    'certificateId: Invalid key: Expected "certificateId" but received undefined',
  'jitr-event/malformed-certificate-id-upper-case':
    'certificateId: expected a certificate fingerprint: 64 lower-case hex digits',
  'jitr-event/malformed-ca-id-short': 'caCertificateId: expected a CA fingerprint: 64 lower-case hex digits',
  'jitr-event/malformed-account': 'awsAccountId: expected an AWS account of 12 digits',
  'jitr-event/malformed-timestamp-text': 'timestamp: Invalid type: Expected number but received "2026-11-22T12:00:00Z"',
  'jitr-event/malformed-no-event-id': 'eventId: Invalid key: Expected "eventId" but received undefined',
  'jitr-event/malformed-array': 'certificateId: Invalid key: Expected "certificateId" but received undefined',
  'presence-event/malformed-kind':
    'presenceEvent: expected presenceEvent connected, disconnected or connect_failed, got "subscribed"',
  'presence-event/malformed-no-kind':
    'presenceEvent: expected presenceEvent connected, disconnected or connect_failed, got undefined',
  'presence-event/malformed-no-version-number':
    'versionNumber: Invalid key: Expected "versionNumber" but received undefined',
  'presence-event/malformed-timestamp-in-microseconds': 'timestamp: expected epoch milliseconds before the year 10000',
  'presence-event/malformed-no-principal':
    'principalIdentifier: Invalid key: Expected "principalIdentifier" but received undefined',
  'converge-command/malformed-no-command-id': 'commandId: Invalid key: Expected "commandId" but received undefined',
  'converge-command/malformed-certificate-id':
    'certificateId: expected a certificate fingerprint: 64 lower-case hex digits',
  'converge-command/malformed-field-too-many': 'verdict: Invalid key: Expected never but received "verdict"',
  'pre-authentication/malformed-no-chain':
    'clientCertificateChain: Invalid key: Expected "clientCertificateChain" but received undefined',
  'pre-authentication/malformed-chain-empty': 'clientCertificateChain: expected the client certificate in PEM',
  'pre-authentication/malformed-chain-as-text': expect.stringMatching(
    /^clientCertificateChain: Invalid type: Expected Array/,
  ),
  'permission-set-command/malformed-act': expect.stringMatching(
    /^act: Invalid type: Expected .* but received "delete"$/,
  ),
  'permission-set-command/malformed-tenant': 'tenant: expected a tenant name',
  'trust-command/malformed-act': expect.stringMatching(/^act: Invalid type: Expected .* but received "revoke"$/),
  'trust-command/malformed-anchor-id': 'anchorId: expected a CA fingerprint: 64 lower-case hex digits',
  'trust-command/malformed-pass': 'pass: Invalid value: Expected >=1 but received 0',
  'trust-command/malformed-no-command-id': 'commandId: Invalid key: Expected "commandId" but received undefined',
  'trust-command/malformed-field-too-many': 'tenant: Invalid key: Expected never but received "tenant"',
  'private-ca-request/malformed-act': expect.stringMatching(/^act: Invalid type: Expected .* but received "delete"$/),
  'private-ca-request/malformed-ca': 'ca: expected the ARN of a CA in AWS Private CA',
  'private-ca-request/malformed-days': 'days: Invalid integer: Received 0.5',
  'private-ca-request/malformed-serial-number': expect.stringMatching(
    /^serialNumber: Invalid format: Expected .* but received "4A:6F"$/,
  ),
  'announced-event/malformed-type': 'type: expected a type of the catalogue of events',
  'announced-event/malformed-anchor-id': 'anchorId: expected a SHA-256 fingerprint: 64 lower-case hex digits',
  'announced-event/malformed-no-actor': 'actor: Invalid key: Expected "actor" but received undefined',
  'announced-event/malformed-proof': 'proof: expected one of VERIFICATION_CERTIFICATE, ACM_PCA, OPERATOR',
  'announced-event/malformed-count': 'changed: Invalid value: Expected >=0 but received -1',
  'announced-event/malformed-valid-to-as-number': 'validTo: Invalid type: Expected string but received 1797926400000',
  'announced-event/malformed-version': 'version: Invalid type: Expected 1 but received 2',
  'announced-event/malformed-reason': 'reason: expected a code of the catalogue of reasons',
};

const parsed = (event: keyof typeof CONTRACTS, sample: string) =>
  v.safeParse(CONTRACTS[event], JSON.parse(read(`samples/${event}/${sample}.json`)));

describe.each(Object.keys(CONTRACTS) as (keyof typeof CONTRACTS)[])('samples of the %s', (event) => {
  const samples = readdirSync(new URL(`samples/${event}/`, EVENTS)).map((name) => name.replace(/\.json$/, ''));
  const malformed = samples.filter((sample) => sample.startsWith('malformed-'));

  it.each(samples.filter((sample) => !malformed.includes(sample)))('%s is taken', (sample) => {
    expect(parsed(event, sample).issues?.map((issue) => issue.message)).toBeUndefined();
  });

  it.each(malformed)('%s is refused, and says why', (sample) => {
    const [issue] = parsed(event, sample).issues ?? [];

    expect(REFUSED).toHaveProperty([`${event}/${sample}`]);
    expect(issue && `${v.getDotPath(issue)}: ${issue.message}`).toEqual(REFUSED[`${event}/${sample}`]);
  });
});

describe('the contracts', () => {
  it('read an account that came as a number, zeros restored', () => {
    const event = JSON.parse(read('samples/jitr-event/first-connect.json'));

    expect(v.parse(JitrEvent, { ...event, awsAccountId: 12_345_678_901 }).awsAccountId).toBe('012345678901');
  });

  it('R-05: put news of a session into our words', () => {
    expect(parsed('presence-event', 'wrong-client-id').output).toEqual({
      kind: 'refused',
      clientId: 'device01',
      principal: expect.stringMatching(/^[0-9a-f]{64}$/),
      sessionId: 'a1b2c3d4-0000-4000-8000-000000000002',
      at: 1_795_348_805_000,
      ip: '198.51.100.7',
    });
    expect(parsed('presence-event', 'disconnected-by-takeover').output).toMatchObject({
      kind: 'disconnected',
      versionNumber: 3,
      disconnectReason: 'DUPLICATE_CLIENTID',
    });
  });
});

describe('the JSON schemas', () => {
  it('are those that the contracts make: run `npm run schemas`', () => {
    const written = readdirSync(new URL('schemas/', EVENTS));

    expect(Object.fromEntries(written.map((name) => [name, read(`schemas/${name}`)]))).toEqual(schemaFiles());
  });
});
