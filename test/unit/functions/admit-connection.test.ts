// The gate's function: what AWS IoT gets for an answer, and what an operator finds in the log.

import { readFileSync } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { tenantName } from '#domain/ids.ts';
import { METRIC, METRICS_NAMESPACE } from '#names/metrics.ts';
import type { AdmissionAround, AdmissionRegistry } from '#ports/admission.ts';
import { issueDevice, makeTenantCa } from '#support/certificates.ts';
import { lambdaContext } from '#support/lambda.ts';

type Function = typeof import('../../../functions/admit-connection/handler.ts');

const NOTHING: AdmissionAround = { anchor: null, device: null, tenant: null, blocked: false, onCrl: false };
const ca = makeTenantCa();
const device = issueDevice(ca, { cn: 'device01' });
let gate: Function;
let lines: string[];
let registry: AdmissionRegistry;

beforeAll(async () => {
  vi.stubEnv('REGISTRY_TABLE', 'registry');
  gate = await import('../../../functions/admit-connection/handler.ts');
});
afterAll(() => vi.unstubAllEnvs());
beforeEach(() => {
  lines = [];
  registry = { findCertificate: async () => null, findAround: async () => NOTHING };
});

const ask = (event: unknown) => {
  const logger = new Logger({ serviceName: 'test', logLevel: 'DEBUG' });
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: 'test' });
  const write = (...text: unknown[]) => void lines.push(text.map(String).join(' '));
  const sink = { debug: write, error: write, info: write, log: write, trace: write, warn: write };
  // Powertools writes to a console of its own; there is no option to hand one in
  Object.assign(logger, { console: Object.assign(Object.create(console), sink) });
  Object.assign(metrics, { console: Object.assign(Object.create(console), sink) });
  return gate.admitConnectionHandler({ logger, metrics, registry, clock: () => 0 })(
    event,
    lambdaContext('admit-connection'),
  );
};
const event = (changes: object = {}) => ({
  connectionMetadata: { id: 'connection-1' },
  principalId: device.id,
  serverName: 'gate.iot.example.com',
  clientCertificateChain: [device.pem, ca.pem],
  ...changes,
});
/** Its anchor, REVOKED; only the state counts. */
const revoked = async (): Promise<AdmissionAround> => ({
  ...NOTHING,
  anchor: {
    id: ca.id,
    tenant: tenantName('acme'),
    subject: 'CN=acme-ca',
    pem: ca.pem,
    validFrom: 0,
    validTo: 1,
    certificateMode: 'SNI_ONLY',
    state: 'REVOKED',
    proof: 'OPERATOR',
    registeredAt: 0,
    registeredBy: 'op',
    changedAt: 0,
    changedBy: 'op',
    privateCaArn: null,
    crl: null,
    sweep: null,
    version: 1,
  },
});
const logged = (text: string) => lines.filter((line) => line.includes(text));
const refusals = () =>
  lines.filter((line) => line.includes('"_aws"') && line.includes(METRIC.gateRefused)).map((line) => JSON.parse(line));

describe('admit-connection', () => {
  it('A11: answers AWS IoT in its own words', async () => {
    expect(await ask(event())).toEqual({ isAuthenticated: true });
    expect(refusals()).toEqual([]);
  });

  it('V-01: refuses, counts it and says whom and why', async () => {
    registry = { ...registry, findAround: revoked };

    expect(await ask(event())).toEqual({ isAuthenticated: false });

    const [line = '{}'] = logged('connection refused');
    expect(JSON.parse(line)).toMatchObject({
      certificateId: device.id,
      connectionId: 'connection-1',
      serverName: 'gate.iot.example.com',
      why: 'ANCHOR_NOT_ACTIVE',
      seen: 'REVOKED',
    });
    expect(refusals()).toMatchObject([{ [METRIC.gateRefused]: 1 }]);
  });

  it('takes the leaf for what it is, whatever principalId says', async () => {
    const asked: string[] = [];
    registry = {
      ...registry,
      findCertificate: async (id) => {
        asked.push(id);
        return null;
      },
    };

    expect(await ask(event({ principalId: 'f'.repeat(64) }))).toEqual({ isAuthenticated: true });

    expect(asked).toEqual([device.id]);
    expect(logged('principalId is not the fingerprint of the leaf')).toHaveLength(1);
  });

  it('does without what it needs for its log alone', async () => {
    const { clientCertificateChain } = event();
    expect(await ask({ clientCertificateChain })).toEqual({ isAuthenticated: true });
    expect(await ask(event({ connectionMetadata: null, principalId: null, serverName: null }))).toEqual({
      isAuthenticated: true,
    });
  });

  it.each<readonly [what: string, sent: unknown, got: string]>([
    ['no event', null, 'what is none'],
    ['no chain', event({ clientCertificateChain: undefined }), 'another clientCertificateChain'],
    ['an empty chain', event({ clientCertificateChain: [] }), 'another clientCertificateChain'],
    ['a chain of something else', event({ clientCertificateChain: [1] }), 'another clientCertificateChain.0'],
    ['a chain that is no PEM', event({ clientCertificateChain: ['secret'] }), 'what is none'],
    ['a private key', event({ clientCertificateChain: [device.keyPem] }), 'what is none'],
  ])('bad input: %s is refused, and the log says what was expected', async (_, sent, got) => {
    expect(await ask(sent)).toEqual({ isAuthenticated: false });

    const [line = '{}'] = logged('connection refused');
    expect(JSON.parse(line)).toMatchObject({
      level: 'ERROR',
      message: `connection refused: expected clientCertificateChain: PEM certificates, the leaf first; got ${got}`,
    });
    expect(refusals()).toMatchObject([{ [METRIC.gateRefused]: 1 }]);
    expect(lines.join()).not.toMatch(/secret|BEGIN/);
  });

  it('fails when the registry does: AWS IoT then lets nobody in', async () => {
    registry = {
      ...registry,
      findCertificate: async () => {
        throw new Error('no registry');
      },
    };
    await expect(ask(event())).rejects.toThrow('no registry');
  });

  it('brings no client of AWS IoT into its bundle', () => {
    const source = readFileSync(new URL('../../../functions/admit-connection/handler.ts', import.meta.url), 'utf8');
    expect(source.match(/@aws-sdk\/[a-z-]+/g)).toEqual(['@aws-sdk/client-dynamodb']);
  });
});
