// What the management API shows of whom an act would touch.

import type { CertificateState } from '#domain/certificate.ts';
import type { AffectedDevice, ImpactView } from './trust-api.ts';

/** Structurally what the use cases give; times are epoch milliseconds. */
export type Affected = Omit<AffectedDevice, 'fingerprint' | 'lastSeen'> & {
  readonly id: string;
  readonly lastSeen: number | null;
};
type Impact = {
  readonly anchor: string;
  readonly certificates: number;
  readonly states: Readonly<Partial<Record<CertificateState, number>>>;
  readonly barredOtherwise: number;
  readonly connected: number;
  readonly lastSeen: number | null;
  readonly devices: readonly Affected[];
  readonly more: boolean;
};

const timeOrNull = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

export const affectedView = ({ id, lastSeen, ...affected }: Affected): AffectedDevice => ({
  ...affected,
  fingerprint: id,
  lastSeen: timeOrNull(lastSeen),
});

export const impactView = ({ anchor, states, lastSeen, devices, ...impact }: Impact): ImpactView => ({
  ...impact,
  fingerprint: anchor,
  states: { ...states },
  lastSeen: timeOrNull(lastSeen),
  devices: devices.map(affectedView),
});
