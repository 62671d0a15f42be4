// A permission: a topic pattern, and what may be done with it.

/** The operation names of Connectware; anything else is refused. */
export const OPERATIONS = ['read', 'write', 'readWrite'] as const;
export type Operation = (typeof OPERATIONS)[number];
/** Only `mqtt` reaches an IoT policy; `http` is a path for an HTTP front door. */
export const PERMISSION_CONTEXTS = ['mqtt', 'http'] as const;
export type PermissionContext = (typeof PERMISSION_CONTEXTS)[number];

export type Permission = {
  /** an MQTT topic filter, `edge.cybus/+/state`; `{tenant}` and `{clientId}` stand for the device's own */
  readonly resource: string;
  readonly operation: Operation;
  readonly context: PermissionContext;
  /** whether what may be published may be retained too */
  readonly allowRetain: boolean;
};

/**
 * What becomes of a `+` whose bound in the policy would refuse something else that the device may do: `exact` refuses
 * the permission, `widen` lets the `+` stand for several levels.
 */
export const PLUS_MODES = ['exact', 'widen'] as const;
export type PlusMode = (typeof PLUS_MODES)[number];
