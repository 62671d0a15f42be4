// What stories about trust in the whole system have in common: devices that come in and are refused, calls that are
// overheard, and work on a CA that is waited for.

import * as v from 'valibot';
import { expect, vi } from 'vitest';
import { AnnouncedEvent } from '#contracts/announced-event.ts';
import type { AnchorView } from '#contracts/trust-api.ts';
import type { AnchorId } from '#domain/ids.ts';
import type { AwsCall } from '#local/http/aws-door.ts';
import type { CertificateStatus } from '#local/iot/state.ts';
import { SWEEP_SETTLE_SECONDS } from '#names/timing.ts';
import { issueDevice, type TestCa, type TestDevice } from '#support/certificates.ts';
import { DAY, type ForwardClock, MINUTE } from '#support/forward-clock.ts';
import type { TestSystem } from '#support/local-system.ts';
import { type MqttDevice, refusedConnect } from '#support/mqtt-device.ts';
import { signedOver } from '#support/possession.ts';
import { queuesAreEmpty } from '#support/queues.ts';

export const PATIENCE = { timeout: 10_000 };

export type Onboarded = { readonly device: TestDevice; readonly clientId: string; readonly session: MqttDevice };

export const trustStory = (system: TestSystem, clock: ForwardClock) => {
  const functionName = (name: string): string => {
    const found = system.functions().find((one) => one.name === name);
    if (found === undefined) throw new Error(`the stacks have no function ${name}`);
    return found.functionName;
  };
  const anchorOf = (tenant: string, anchor: AnchorId): Promise<AnchorView> =>
    system.api.call('showAnchor', { params: { tenant, anchor } });

  const upload = (tenant: string, ca: TestCa, more: { allowIntermediate?: boolean } = {}): Promise<AnchorView> =>
    system.api.call('uploadAnchor', { params: { tenant }, body: { certificate: ca.pem, ...more } });

  /** A certificate over the code, signed by the CA and valid around the system's time. */
  const proofOver = (ca: TestCa, code: string): string =>
    signedOver(ca, code, {
      validFrom: new Date(clock.now() - MINUTE),
      validTo: new Date(clock.now() + DAY),
    });

  const verify = (tenant: string, ca: TestCa, verificationCertificate: string): Promise<AnchorView> =>
    system.api.call('verifyAnchor', { params: { tenant, anchor: ca.id }, body: { verificationCertificate } });

  /** What is delivered twice, under one id, is one event. */
  const typesOf = (isMeant: (event: AnnouncedEvent) => boolean): readonly string[] => {
    const events = system.events().map(({ detail }) => v.parse(AnnouncedEvent, detail));
    return [...new Map(events.filter(isMeant).map(({ id, type }) => [id, type])).values()];
  };

  return {
    functionName,
    anchorOf,
    upload,
    proofOver,
    verify,

    /**
     * Sets the clock forward, once nothing is under way: an SDK client that is answered from days ahead takes whatever the
     * answer is for a reason to try again.
     */
    later: async (milliseconds: number): Promise<void> => {
      await queuesAreEmpty(system.aws);
      clock.forward(milliseconds);
    },

    /** Uploads a CA and shows possession of its key. */
    prove: async (tenant: string, ca: TestCa, more: { allowIntermediate?: boolean } = {}): Promise<AnchorView> => {
      const { challenge } = await upload(tenant, ca, more);
      return verify(tenant, ca, proofOver(ca, challenge?.code ?? ''));
    },

    /** A device that is in, with its session. @param ca of the tenant, which issues it */
    onboarded: async (tenant: string, ca: TestCa, cn: string): Promise<Onboarded> => {
      const device = issueDevice(ca, { cn });
      const clientId = `${tenant}_${cn}`;
      await system.firstConnect(device, clientId);
      return { device, clientId, session: await system.connect(device, clientId) };
    },

    /** It is closed without CONNACK, as AWS IoT Core does. */
    refused: async (device: TestDevice, clientId: string): Promise<void> =>
      expect(await refusedConnect(system.connection(device, clientId)), clientId).toEqual({ connack: null }),

    /** Neither IoT Core nor the registry knows of it. */
    leftNoTrace: async ({ id }: TestDevice): Promise<void> => {
      expect(system.iot.certificates.get(id)).toBeUndefined();
      expect(await system.view(id)).toBeNull();
    },

    statusOf: ({ id }: TestDevice) => system.iot.certificates.get(id)?.status,

    /** Waits until IoT Core has followed what the registry says of a certificate. */
    statusBecomes: ({ id }: TestDevice, status: CertificateStatus): Promise<void> =>
      vi.waitFor(() => expect(system.iot.certificates.get(id)?.status).toBe(status), PATIENCE),

    /** Waits for what the registry says of a certificate. */
    becomes: ({ id }: TestDevice, expected: object): Promise<void> =>
      vi.waitFor(async () => expect(await system.view(id)).toMatchObject(expected), PATIENCE),

    /** Waits for the state of one certificate of a device. */
    certificateBecomes: ({ id }: TestDevice, state: string): Promise<void> =>
      vi.waitFor(async () => {
        const certificates = (await system.view(id))?.certificates ?? [];
        expect(certificates.find(({ fingerprint }) => fingerprint === id)?.state).toBe(state);
      }, PATIENCE),

    /** Operations of IoT Core and its data plane that a function asks for, until it is ended, in their order. */
    overhear: (name: string): { readonly calls: readonly string[]; readonly end: () => void } => {
      const caller = functionName(name);
      const calls: string[] = [];
      const end = system.hooks.intercept({
        before: (call) => {
          if (call.caller === caller && call.service.startsWith('iot')) calls.push(call.operation);
        },
      });
      return { calls, end };
    },

    /** Runs once before the first call of a function that asks for the operation. @returns whether it has run, at the end */
    before: (name: string, operation: string, act: (call: AwsCall) => Promise<void>): (() => boolean) => {
      const caller = functionName(name);
      let hasRun = false;
      const end = system.hooks.intercept({
        before: async (call) => {
          if (hasRun || call.caller !== caller || call.operation !== operation) return;
          hasRun = true;
          await act(call);
        },
      });
      return () => {
        end();
        return hasRun;
      };
    },

    /**
     * Acts on a CA, and waits until all of its certificates have followed. Nothing else is under way: a certificate that is
     * being onboarded is waited for. The act stands when the clock is set forward, and nobody works on it yet: by then no
     * attempt acts on what it had read before, and no pass waits for that.
     */
    followed: async (tenant: string, { id }: TestCa, act: () => Promise<unknown>): Promise<AnchorView> => {
      await queuesAreEmpty(system.aws);
      const caller = functionName('trust-api');
      const end = system.hooks.intercept({
        before: (call) => {
          if (call.caller === caller && call.operation === 'SendMessage') clock.forward(SWEEP_SETTLE_SECONDS * 1_000);
        },
      });
      await act();
      end();
      return vi.waitFor(async () => {
        const anchor = await anchorOf(tenant, id);
        expect(anchor.sweep?.completedAt).toEqual(expect.any(String));
        return anchor;
      }, 30_000);
    },

    /** Types of what was announced of a CA. */
    announcedOf: ({ id }: TestCa): readonly string[] => typesOf((event) => 'actor' in event && event.anchorId === id),

    /** Waits for what is announced of a device's transitions: once each, in this order. */
    announces: ({ id }: TestDevice, types: readonly string[]): Promise<void> =>
      vi.waitFor(
        () => expect(typesOf((event) => 'state' in event && event.certificateId === id)).toEqual(types),
        PATIENCE,
      ),

    /** what was announced is as its contract says, of which events/schemas is made, and has nothing beside it. */
    expectValidEvents: (): void => {
      const announced = system.events();
      expect(announced.length).toBeGreaterThan(0);
      for (const { 'detail-type': type, detail } of announced) {
        expect(v.parse(AnnouncedEvent, detail)).toEqual(detail);
        expect(detail).toMatchObject({ type });
      }
    },
  };
};

export type TrustStory = ReturnType<typeof trustStory>;
