// A permission: a topic pattern, and what may be done with it.

import { err, ok, type Result } from './result.ts';
import { shown } from './shown.ts';

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

/** Levels of a resource that stand for what the device is. */
export const PLACEHOLDERS = ['{tenant}', '{clientId}'] as const;

/** A permission as somebody wrote it. */
export type PermissionInput = {
  readonly resource: string;
  readonly operation: string;
  readonly context: string;
  readonly allowRetain: boolean;
};

export type PermissionProblem = {
  readonly code:
    | 'OPERATION_UNKNOWN'
    | 'CONTEXT_UNKNOWN'
    | 'RETAIN_WITHOUT_WRITE'
    | 'RESOURCE_EMPTY'
    | 'RESOURCE_CHARSET'
    | 'RESOURCE_TOO_LONG'
    | 'RESOURCE_PATH'
    | 'RESOURCE_RESERVED'
    | 'RESOURCE_EMPTY_LEVEL'
    | 'RESOURCE_WILDCARD'
    | 'RESOURCE_PLACEHOLDER'
    | 'TOPIC_TOO_DEEP';
  /** what was expected and what came, on one line */
  readonly message: string;
};

// AWS General Reference, AWS IoT Core message broker quotas: topic size, slashes in a topic
export const BYTES_LIMIT = 256;
export const SLASHES_LIMIT = 7;
// `*` and `?` are wildcards of an IoT policy and `${` begins one of its variables; MQTT 5 §1.5.4 warns of control
// characters and forbids half a surrogate pair
const FORBIDDEN = /[*?\p{Cc}\p{Cs}]|\$\{/u;

/** Bytes of UTF-8 (RFC 3629 §3), for text without half a surrogate pair. */
export const bytesOf = (text: string): number =>
  text.replaceAll(/[\u0080-\u{10ffff}]/gu, (character) => encodeURIComponent(character).replaceAll(/%../g, '.')).length;

const resourceProblem = (resource: string, context: PermissionContext): PermissionProblem | null => {
  const problem = (code: PermissionProblem['code'], expected: string): PermissionProblem => ({
    code,
    message: `expected ${expected}, got "${shown(resource)}"`,
  });
  if (resource === '') return problem('RESOURCE_EMPTY', 'a topic such as plant/+/state or plant/#');
  if (FORBIDDEN.test(resource))
    return problem(
      'RESOURCE_CHARSET',
      `a topic without *, ?, \${ and control characters, which an IoT policy reads otherwise (use + or #)`,
    );
  const bytes = bytesOf(resource);
  if (bytes > BYTES_LIMIT) return problem('RESOURCE_TOO_LONG', `at most ${BYTES_LIMIT} bytes of UTF-8, not ${bytes}`);
  if (context === 'http' && !resource.startsWith('/')) return problem('RESOURCE_PATH', 'a path that begins with /');
  if (resource.startsWith('$'))
    return problem('RESOURCE_RESERVED', 'a topic that does not begin with $, which is kept for the broker');

  // the root is a path of no levels
  if (context === 'http' && resource === '/') return null;
  const levels = resource.slice(context === 'http' ? 1 : 0).split('/');
  if (levels.includes(''))
    return problem(
      'RESOURCE_EMPTY_LEVEL',
      'no empty level: no / at the end, none beside another and none ahead of a topic',
    );
  const badWildcard = (level: string, at: number): boolean =>
    /[+#]/.test(level) && level !== '+' && !(level === '#' && at === levels.length - 1);
  if (levels.some(badWildcard))
    return problem('RESOURCE_WILDCARD', '+ as a whole level and # as the last one (MQTT 5 §4.7.1)');
  if (levels.some((level) => /[{}]/.test(level) && !PLACEHOLDERS.some((placeholder) => placeholder === level)))
    return problem('RESOURCE_PLACEHOLDER', `braces only as ${PLACEHOLDERS.join(' or ')}, each as a whole level`);
  if (context === 'mqtt' && levels.length - 1 > SLASHES_LIMIT)
    return problem('TOPIC_TOO_DEEP', `at most ${SLASHES_LIMIT} slashes, not ${levels.length - 1}`);
  return null;
};

/** @returns the permission; else which rule it breaks, under a code that stays */
export const parsePermission = (input: PermissionInput): Result<Permission, PermissionProblem> => {
  const operation = OPERATIONS.find((known) => known === input.operation);
  if (operation === undefined) {
    const message = `expected the operation ${OPERATIONS.join(', ')}, got "${shown(input.operation)}"`;
    return err({ code: 'OPERATION_UNKNOWN', message });
  }
  const context = PERMISSION_CONTEXTS.find((known) => known === input.context);
  if (context === undefined) {
    const message = `expected the context ${PERMISSION_CONTEXTS.join(' or ')}, got "${shown(input.context)}"`;
    return err({ code: 'CONTEXT_UNKNOWN', message });
  }
  if (input.allowRetain && operation === 'read') {
    const message = `expected allowRetain only with write or readWrite, got it with read on "${shown(input.resource)}"`;
    return err({ code: 'RETAIN_WITHOUT_WRITE', message });
  }
  const problem = resourceProblem(input.resource, context);
  return problem ? err(problem) : ok({ resource: input.resource, operation, context, allowRetain: input.allowRetain });
};
