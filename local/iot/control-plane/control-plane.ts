// The IoT control plane without its door: a request in, a response out.

import { createHash } from 'node:crypto';
import { IotError, NOT_EMULATED } from '../rest-json/errors.ts';
import { createQuotas } from '../rest-json/quotas.ts';
import type { Route } from '../rest-json/routing.ts';
import { type RestRequest, type RestResponse, readInput, writeError, writeOutput } from '../rest-json/wire.ts';
import type { CertificateStatus, DeviceCertificate, IotState } from '../state.ts';
import { CONTROL_PLANE, findControlPlaneRoute } from './api.ts';
import { arnsOf } from './arns.ts';
import { checkConstraints } from './constraints.ts';
import type { Context } from './context.ts';
import { isRead, OPERATIONS } from './operations.ts';
import { REQUESTS_PER_SECOND } from './quotas.ts';

/**
 * Called around every operation: to observe it, to delay it, or to make it fail, before or after its effect. An error
 * whose name is an exception of the API (see `IotError`) reaches the client as that exception, any other as HTTP 500.
 */
export type ControlPlaneHooks = {
  readonly before?: (operation: string, input: Readonly<Record<string, unknown>>) => void | Promise<void>;
  readonly after?: (
    operation: string,
    input: Readonly<Record<string, unknown>>,
    output: Readonly<object>,
  ) => void | Promise<void>;
};

export type ControlPlaneOptions = {
  readonly state: IotState;
  /** epoch milliseconds */
  readonly clock: () => number;
  readonly accountId: string;
  readonly region: string;
  readonly partition: string;
  /** host name of the MQTT endpoint, as DescribeEndpoint gives it */
  readonly endpointAddress: string;
  readonly hooks?: ControlPlaneHooks;
  /** enforce the request rates that AWS grants by default */
  readonly quotas?: boolean;
  /** awaited before a change is answered: a promise that is kept means the change is durable */
  readonly onChange?: () => void | Promise<void>;
  /** told when an operation moves a certificate from one status to another */
  readonly onCertificateChanged?: (certificate: DeviceCertificate, previous: CertificateStatus) => void;
};

export type ControlPlane = {
  readonly handle: (request: RestRequest) => Promise<RestResponse>;
  /** calls of each operation, refused ones included */
  readonly calls: ReadonlyMap<string, number>;
};

/** 64 hex digits that stay the same for an account and Region. */
const registrationCodeOf = (accountId: string, region: string): string =>
  createHash('sha256').update(`registration-code/${accountId}/${region}`).digest('hex');

export const createIotControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const { state, clock, accountId, region, partition, hooks = {} } = options;
  const context: Context = {
    state,
    now: clock,
    accountId,
    arns: arnsOf(partition, region, accountId),
    endpointAddress: options.endpointAddress,
    registrationCode: registrationCodeOf(accountId, region),
    certificateChanged: (certificate, previous) => options.onCertificateChanged?.(certificate, previous),
  };
  const calls = new Map<string, number>();
  const takeQuota = options.quotas === true ? createQuotas(clock, REQUESTS_PER_SECOND) : () => {};

  const perform = async (route: Route, request: RestRequest): Promise<object> => {
    const { name } = route.model;
    const operation = OPERATIONS[name];
    if (operation === undefined) throw new IotError(NOT_EMULATED, `operation ${name} is not emulated`);
    takeQuota(name);
    const input = readInput(route, request);
    checkConstraints(name, input);
    await hooks.before?.(name, input);
    // The input was read by the operation's own schema, of which the operation's parameter type is made.
    const output = operation(context, input as never);
    if (!isRead(name)) await options.onChange?.();
    await hooks.after?.(name, input, output);
    return output;
  };

  const handle = async (request: RestRequest): Promise<RestResponse> => {
    try {
      const route = findControlPlaneRoute(request.method, request.path);
      if (route === null)
        throw new IotError(NOT_EMULATED, `no operation of AWS IoT has ${request.method} ${request.path.slice(0, 128)}`);
      calls.set(route.model.name, (calls.get(route.model.name) ?? 0) + 1);
      return writeOutput(route, await perform(route, request));
    } catch (error) {
      return writeError(error, CONTROL_PLANE);
    }
  };
  return { handle, calls };
};
