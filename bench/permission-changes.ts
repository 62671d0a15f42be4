// What IoT Core is asked when a role of many devices is edited, and when many devices get another role: counted on the
// wire, from the request to the management API until its queues are empty.

import { copyDevice } from './copied-devices.ts';
import { hard, type Measure, reported } from './measure.ts';
import { type PermissionBundles, type PermissionSystem, startPermissionSystem } from './permission-system.ts';

const [FEW, MANY, MOVED] = [10, 10_000, 1_000];
/** A policy has five versions at most: the last of these edits has to delete one. */
const EDITS = 6;
/** five groups, the policy, and a look for a second one; four more for the place of the new version */
const CALLS_PER_EDIT = 12;

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** The most calls of one of the edits. @throws Error when an edit does not reach IoT Core */
const callsPerEdit = async (system: PermissionSystem, role: string): Promise<number> => {
  const counts: number[] = [];
  for (let edit = 1; edit <= EDITS; edit += 1) {
    const resource = `plant/${role}/edit-${edit}`;
    system.iotCalls();
    await system.editRole(role, resource);
    counts.push(system.iotCalls());
    if (!system.isPermitted(resource)) throw new Error(`the edit of role ${role} did not reach IoT Core`);
  }
  return Math.max(...counts);
};

export const measurePermissionChanges = async (bundles: PermissionBundles): Promise<readonly Measure[]> => {
  await using system = await startPermissionSystem(bundles);
  await system.createRole('small');
  await system.createRole('large');
  const ofSmall = await system.letIn('copied-into-small', 'small');
  const ofLarge = await system.letIn('copied-into-large', 'large');
  const moved = names('moved', MOVED);
  await copyDevice(system.aws, ofSmall, names('small', FEW - 1), 'whole');
  await copyDevice(system.aws, ofLarge, moved, 'whole');
  await copyDevice(system.aws, ofLarge, names('large', MANY - MOVED - 1), 'listed');

  const members = [system.devicesWith('small'), system.devicesWith('large')];
  if (members.join() !== `${FEW},${MANY}`)
    throw new Error(`expected ${FEW} and ${MANY} devices, got ${members.join(' and ')}`);
  const callsOfFew = await callsPerEdit(system, 'small');
  const begunEdits = performance.now();
  const callsOfMany = await callsPerEdit(system, 'large');
  const editMs = (performance.now() - begunEdits) / EDITS;

  system.iotCalls();
  const begunMoves = performance.now();
  await system.giveRole(moved, 'small');
  const movesMs = performance.now() - begunMoves;
  const callsOfMoves = system.iotCalls();
  const arrived = system.devicesWith('small') - FEW;
  if (arrived !== MOVED) throw new Error(`expected ${MOVED} devices to move, got ${arrived}`);

  return [
    hard('iot-calls-per-role-edit-10-devices', callsOfFew, 'calls', CALLS_PER_EDIT),
    hard('iot-calls-per-role-edit-10000-devices', callsOfMany, 'calls', Math.min(callsOfFew, CALLS_PER_EDIT)),
    reported('role-edit-10000-devices-ms', Math.round(editMs), 'ms', null),
    hard('iot-calls-per-device-of-1000-moved', callsOfMoves / MOVED, 'calls', 2),
    reported('moving-1000-devices-ms', Math.round(movesMs), 'ms', null),
  ];
};
