// Whom an act would touch, as text: how many, who is connected now and from where, who was seen last.

import type { AffectedDevice, ImpactView } from '#contracts/trust-api.ts';
import { fields, shownTime, table } from './output.ts';

const LINES = 25;

export const affectedTable = (devices: readonly AffectedDevice[]): string =>
  table(
    ['CLIENT ID', 'STATE', 'CONNECTED', 'FROM', 'LAST SEEN', 'FINGERPRINT'],
    devices
      .slice(0, LINES)
      .map(({ clientId, state, connected, ip, lastSeen, fingerprint }) => [
        clientId,
        state,
        connected ? 'now' : 'no',
        ip,
        shownTime(lastSeen),
        fingerprint,
      ]),
  );

const andMore = (shownLines: number, all: number): string[] =>
  all > shownLines ? [`and ${all - shownLines} more`] : [];

export const impactText = ({ certificates, states, connected, lastSeen, devices, more }: ImpactView): string => {
  const byState = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  const head = fields([
    [
      'certificates',
      `${more ? 'more than ' : ''}${certificates}${byState.length === 0 ? '' : `: ${byState.join(', ')}`}`,
    ],
    ['connected now', String(connected)],
    ['last seen', shownTime(lastSeen) ?? 'never'],
  ]);
  const listed = Math.min(devices.length, LINES);
  return devices.length === 0 ? head : [head, affectedTable(devices), ...andMore(listed, certificates)].join('\n');
};
