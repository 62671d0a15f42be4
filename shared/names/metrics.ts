// Metric names: what the functions count is what the alarms and the dashboard watch.

export const METRICS_NAMESPACE = 'Vestibule';

export const METRIC = {
  deviceOnboarded: 'DeviceOnboarded',
  deviceHeld: 'DeviceHeld',
  deviceRejected: 'DeviceRejected',
  deviceSuspended: 'DeviceSuspended',
  deviceResumed: 'DeviceResumed',
  deviceFollowedUser: 'DeviceFollowedUser',
  permissionSetWorkedOn: 'PermissionSetWorkedOn',
  repeatEvent: 'RepeatEvent',
  deviceExpired: 'DeviceExpired',
  deviceRetired: 'DeviceRetired',
  deviceRevoked: 'DeviceRevoked',
  anchorSwept: 'AnchorSwept',
  barredSessionCut: 'BarredSessionCut',
  gateRefused: 'GateRefused',
  driftSuspected: 'DriftSuspected',
  eventRejected: 'EventRejected',
  eventFailed: 'EventFailed',
  clientIdMismatch: 'ClientIdMismatch',
  duplicateSession: 'DuplicateSession',
  presenceRecorded: 'PresenceRecorded',
  presenceIgnored: 'PresenceIgnored',
} as const;
