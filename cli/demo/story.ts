// The golden run of one tenant: what its device and an operator see, from the first connect to a takeover.

import type { MqttVersion, Session } from './mqtt-device.ts';
import { expect } from './report.ts';
import {
  type Announcement,
  deviceInState,
  ended,
  eventually,
  findDevice,
  firstConnect,
  letIn,
  openStage,
  POLL_MS,
  refused,
  type Scene,
  type Stage,
} from './stage.ts';

export type Tenant = {
  readonly name: string;
  readonly naming: string;
  readonly admission: 'auto' | 'approve';
  readonly protocol: MqttVersion;
  /** subject of the device's certificate */
  readonly subject: string;
  /** what the naming must make of it */
  readonly clientId: string;
  readonly wrongClientId: string;
  /** null when the naming grants no topic by itself */
  readonly topics: { readonly publish: string; readonly read: string } | null;
  readonly foreignTopic: string;
};

type Run = Stage & { readonly tenant: Tenant };

const session = async (run: Run): Promise<Session> => {
  const { clientId } = run.tenant;
  const attempt = await run.connect(clientId);
  expect(attempt.session !== null, `a session for ${clientId}, it was refused`);
  return attempt.session;
};

const isAbout = ({ detail }: Announcement, clientId: string): boolean =>
  typeof detail === 'object' && detail !== null && 'clientId' in detail && detail.clientId === clientId;

const introduce = async ({ api, tenant, factory }: Run): Promise<string> => {
  const { name, naming, admission } = tenant;
  await api('createTenant', {
    body: { tenant: name, naming, admission },
  });
  const { fingerprint, challenge } = await api('uploadAnchor', {
    params: { tenant: name },
    body: { certificate: factory.ca },
  });
  const { proof } = await api('verifyAnchor', {
    params: { tenant: name, anchor: fingerprint },
    body: { verificationCertificate: await factory.answer(challenge?.code ?? '') },
  });
  expect(proof === 'VERIFICATION_CERTIFICATE', `possession of the CA's key to be shown, got ${proof}`);
  return `CA ${fingerprint.slice(0, 16)}…`;
};

const approve = async (run: Run): Promise<string> => {
  const { clientId } = run.tenant;
  const held = await deviceInState(run, 'HELD');
  expect(held.reason === 'APPROVAL_REQUIRED', `reason APPROVAL_REQUIRED, got ${held.reason}`);
  refused(await run.connect(clientId), clientId);
  await run.api('approveTenantDevice', { params: { tenant: run.tenant.name, device: clientId } });
  await deviceInState(run, 'ACTIVE');
  return 'HELD for APPROVAL_REQUIRED, then ACTIVE';
};

const retry = async (run: Run): Promise<string> => {
  const { clientId, topics } = run.tenant;
  const opened = await letIn(run, clientId);
  if (topics) expect(await opened.subscribe(topics.read), `a subscription to ${topics.read}`);
  const { thingName, permissionSet } = await deviceInState(run, 'ACTIVE');
  expect(thingName === clientId, `thing ${clientId}, got ${thingName}`);
  await opened.close();
  return `ACTIVE: thing ${thingName}, permissions ${permissionSet}`;
};

const wrongClientId = async (run: Run): Promise<string> => {
  const { wrongClientId: wrong } = run.tenant;
  refused(await run.connect(wrong), wrong);
  const mismatch = await eventually(POLL_MS, 'the wrong client id in the registry', async () => {
    const found = await findDevice(run, run.device.fingerprint);
    return found?.mismatch ?? null;
  });
  expect(mismatch.tried === wrong, `"${wrong}" in the registry as what was tried, got "${mismatch.tried}"`);
  return `${mismatch.code}: tried "${mismatch.tried}"`;
};

const topics = async (run: Run): Promise<string> => {
  const { topics: granted, foreignTopic } = run.tenant;
  const opened = await session(run);
  if (granted) expect(await opened.publish(granted.publish), `a publish to ${granted.publish} to be taken`);
  expect(!(await opened.publish(foreignTopic)), `a publish to ${foreignTopic} to be refused`);
  await opened.close();
  return granted ? `its own yes, ${foreignTopic} no` : `none yet: ${foreignTopic} is refused`;
};

const foreignCa = async (run: Run): Promise<string> => {
  const { subject, clientId } = run.tenant;
  const forged = await run.impostor.makeDevice(subject);
  refused(await run.connect(clientId, forged), clientId);
  expect((await findDevice(run, forged.fingerprint)) === null, 'no trace of it in the registry');
  return 'nothing is recorded, nor is it on AWS';
};

const takeover = async (run: Run): Promise<string> => {
  const first = await session(run);
  const second = await session(run);
  expect(await ended(first), 'the first session to be closed');
  expect(second.isOpen(), 'the second session to stay');
  const { clientId } = run.tenant;
  await eventually(
    POLL_MS,
    `session.duplicate of ${clientId} on the event bus`,
    async () =>
      run.announced().find((event) => event['detail-type'] === 'session.duplicate' && isAbout(event, clientId)) ?? null,
  );
  const presence = await eventually(POLL_MS, 'one session in the registry', async () => {
    const found = await findDevice(run, run.device.fingerprint);
    return found?.presence?.connected ? found.presence : null;
  });
  await second.close();
  return `session.duplicate; one is left, from ${presence.ip ?? 'an unknown address'}`;
};

const anchorOf = async ({ api, tenant: { name: tenant } }: Run): Promise<{ tenant: string; anchor: string }> => {
  const { anchors } = await api('listAnchors', { params: { tenant }, query: {} });
  return { tenant, anchor: anchors[0]?.fingerprint ?? '' };
};

const revokeCa = async (run: Run): Promise<string> => {
  const { subject, clientId } = run.tenant;
  const open = await session(run);
  await run.api('revokeAnchor', { params: await anchorOf(run) });
  expect(await ended(open), 'the session to end');
  const { certificates } = await deviceInState(run, 'SUSPENDED');
  const causes = certificates[0]?.causes ?? [];
  expect(causes.join() === 'CA_REVOKED', `the cause CA_REVOKED, got ${causes.join(', ')}`);
  refused(await run.connect(clientId), clientId);
  const late = await run.factory.makeDevice(subject);
  refused(await run.connect(clientId, late), clientId);
  expect((await findDevice(run, late.fingerprint)) === null, 'a new certificate of that CA to leave no trace');
  return 'SUSPENDED: CA_REVOKED; the session ended, a new certificate is refused too';
};

const restoreCa = async (run: Run): Promise<string> => {
  await run.api('restoreAnchor', { params: await anchorOf(run) });
  await (await letIn(run, run.tenant.clientId)).close();
  const { certificates } = await deviceInState(run, 'ACTIVE');
  expect(certificates[0]?.causes.length === 0, 'no cause to be left');
  return 'ACTIVE again';
};

/** Steps 1 to 8 for one tenant. @throws what the first failed step threw; the report has it already */
export const playTenant = async (scene: Scene, tenant: Tenant): Promise<void> => {
  const run: Run = { ...openStage(scene, await scene.factory.makeDevice(tenant.subject), tenant.protocol), tenant };
  const { report } = scene;

  report.heading(tenant.name, `${tenant.naming} → ${tenant.clientId} · MQTT ${tenant.protocol === 4 ? '3.1.1' : '5'}`);
  try {
    await report.step('  tenant created, CA uploaded and proved', () => introduce(run));
    await report.step('1 first connect is closed', () => firstConnect(run, tenant.clientId));
    if (tenant.admission === 'approve') await report.step('  an operator lets the device in', () => approve(run));
    await report.step('2 retry is let in', () => retry(run));
    await report.step('3 wrong client id is refused', () => wrongClientId(run));
    await report.step('4 own topics only', () => topics(run));
    await report.step('5 CA that nobody registered is refused', () => foreignCa(run));
    await report.step('6 second session takes over', () => takeover(run));
    await report.step('7 CA revoked: out at once', () => revokeCa(run));
    await report.step('8 CA restored: back in', () => restoreCa(run));
  } finally {
    await run.clear();
  }
};
