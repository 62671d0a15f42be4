// What the role of a user lets its device do, and what becomes of a live session when role and grant change.

import { explanationText } from '../explanation-text.ts';
import { expect } from './report.ts';
import {
  deviceInState,
  ended,
  eventually,
  firstConnect,
  letIn,
  openStage,
  POLL_MS,
  type Scene,
  type Stage,
} from './stage.ts';

export const TENANT = 'plant-8';
/** Common name of the device, name of its user, client id and thing name, all in one: the naming is `connectware`. */
const NAME = 'machine-8';
const ROLE = 'line-1';

const READ = 'edge.cybus/#';
const WRITE = 'edge.cybus/+/state';
const STATE = 'edge.cybus/line1/state';
/** What the role does not permit at first. */
const TEMPERATURE = 'edge.cybus/line1/temperature';
const TWO_LEVELS = 'edge.cybus/a/b/state';

const permission = (resource: string, operation: 'read' | 'write') =>
  ({ resource, operation, context: 'mqtt', allowRetain: false }) as const;
const AT_FIRST = [permission(READ, 'read'), permission(WRITE, 'write')];
const EDITED = [...AT_FIRST, permission('edge.cybus/+/temperature', 'write')];
const CERTIFICATE = { method: 'certificate', isRequired: false } as const;

const introduce = async ({ api, factory }: Stage): Promise<string> => {
  await api('createTenant', {
    body: { tenant: TENANT, naming: 'connectware', userMatch: 'required' },
  });
  const anchor = await api('registerAnchor', { params: { tenant: TENANT }, body: { certificate: factory.ca } });
  return `CA ${anchor.fingerprint.slice(0, 16)}…`;
};

const withoutUser = async (stage: Stage): Promise<string> => {
  await firstConnect(stage, NAME);
  const { reason, seen } = await deviceInState(stage, 'REJECTED');
  expect(reason === 'USER_NOT_FOUND', `reason USER_NOT_FOUND, got ${reason}`);
  return `REJECTED: ${reason} "${seen}"`;
};

const createUser = async (stage: Stage): Promise<string> => {
  const { api } = stage;
  const params = { tenant: TENANT };
  const role = await api('createRole', { params, body: { name: ROLE, permissions: AT_FIRST, plusMode: 'exact' } });
  await api('createUser', {
    params,
    body: { username: NAME, identityProvider: 'local', grantTypes: [CERTIFICATE], roles: [role.id], permissions: [] },
  });
  await api('retryTenantDevice', { params: { tenant: TENANT, device: NAME } });
  await letIn(stage, NAME);
  const { permissionSet } = await deviceInState(stage, 'ACTIVE');
  return `vestibule device retry ${NAME}; ACTIVE: permissions ${permissionSet}`;
};

const allowed = async (stage: Stage): Promise<string> => {
  const session = stage.live();
  expect(await session.subscribe(READ), `a subscription to ${READ}`);
  expect(await session.publish(STATE), `a publish to ${STATE} to be taken`);
  return `subscribes to ${READ}, publishes to ${STATE}`;
};

const publishRefused = async (stage: Stage, topic: string): Promise<string> => {
  expect(!(await stage.live().publish(topic)), `a publish to ${topic} to be refused`);
  // MQTT 5 §3.4.2.1: PUBACK says so, and the session goes on
  stage.live();
  return `a publish to ${topic} is refused`;
};

/** Asks as `vestibule permission explain` does, and prints what it prints. */
const explain = async ({ api, report }: Stage, resource: string): Promise<void> => {
  let printed = '';
  await report.step('  and explained', async () => {
    const query = { action: 'publish', resource, retain: 'false' } as const;
    const explanation = await api('explainTenantDevice', { params: { tenant: TENANT, device: NAME }, query });
    expect(!explanation.allowed, `the explanation to agree that ${resource} is refused`);
    printed = explanationText(explanation, report.style);
    return `vestibule permission explain --device ${NAME} --publish ${resource}`;
  });
  for (const line of printed.split('\n')) report.line(`      ${line}`);
};

const editRole = async (stage: Stage): Promise<string> => {
  const { api } = stage;
  const params = { tenant: TENANT };
  const session = stage.live();
  const { roles } = await api('listRoles', { params, query: { 'name[eq]': ROLE } });
  await api('editRole', {
    params: { ...params, role: roles[0]?.id ?? '' },
    query: { disconnect: 'false' },
    body: { permissions: EDITED },
  });
  await eventually(POLL_MS, `a publish to ${TEMPERATURE} to be taken`, async () =>
    (await session.publish(TEMPERATURE)) ? true : null,
  );
  expect(!(await session.publish(TWO_LEVELS)), `a publish to ${TWO_LEVELS} to be refused still`);
  expect(stage.live() === session, 'the same session to be open');
  return `${TEMPERATURE} is taken now`;
};

const setGrants = ({ api }: Stage, grantTypes: readonly (typeof CERTIFICATE)[]) =>
  api('setUser', { params: { tenant: TENANT, username: NAME }, body: { grantTypes: [...grantTypes] } });

const removeGrant = async (stage: Stage): Promise<string> => {
  const session = stage.live();
  await setGrants(stage, []);
  expect(await ended(session), 'the session to end');
  const { certificates } = await deviceInState(stage, 'SUSPENDED');
  const causes = certificates[0]?.causes ?? [];
  expect(causes.includes('GRANT_REMOVED'), `cause GRANT_REMOVED, got ${causes.join(', ')}`);
  const { session: again } = await stage.connect(NAME);
  expect(again === null, 'a suspended device to be refused, it got a session');
  return 'SUSPENDED: GRANT_REMOVED; the session ended';
};

const restoreGrant = async (stage: Stage): Promise<string> => {
  await setGrants(stage, [CERTIFICATE]);
  const session = await letIn(stage, NAME);
  expect(await session.publish(TEMPERATURE), `a publish to ${TEMPERATURE} to be taken`);
  await deviceInState(stage, 'ACTIVE');
  return 'ACTIVE, and may do what it could';
};

/** @throws what the first failed step threw; the report has it already */
export const playRoles = async (scene: Scene): Promise<void> => {
  const stage = openStage(scene, await scene.factory.makeDevice(`C=DE, O="Smart Factory, Inc.", CN=${NAME}`), 5);
  const { report } = scene;
  report.heading(TENANT, `connectware, users required → ${NAME} · MQTT 5`);
  try {
    await report.step('  tenant created, CA registered', () => introduce(stage));
    await report.step('1 a device without a user is rejected', () => withoutUser(stage));
    await report.step('2 role and user made, device retried', () => createUser(stage));
    await report.step('3 what the role permits', () => allowed(stage));
    await report.step('4 what it only reads it may not write', () => publishRefused(stage, TEMPERATURE));
    await explain(stage, TEMPERATURE);
    await report.step('5 one level is not two', () => publishRefused(stage, TWO_LEVELS));
    await explain(stage, TWO_LEVELS);
    await report.step('6 role edited, the session lives on', () => editRole(stage));
    await report.step('7 grant removed, the session ends', () => removeGrant(stage));
    await report.step('8 grant restored, back in', () => restoreGrant(stage));
  } finally {
    await stage.clear();
  }
};
