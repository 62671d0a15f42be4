// The IoT data plane over HTTP without its door: of it the one operation that ends a client's session.

import type { DeleteConnectionRequest } from '@aws-sdk/client-iot-data-plane';
import { createClientRate } from '../client-rate.ts';
import { IotError, invalidRequest, NOT_EMULATED, notFound } from '../rest-json/errors.ts';
import { createQuotas } from '../rest-json/quotas.ts';
import { type RestRequest, type RestResponse, readInput, writeError, writeOutput } from '../rest-json/wire.ts';
import { DATA_PLANE, findDataPlaneRoute } from './api.ts';

/** Per account (AWS General Reference, IoT Core quotas), beside one a second for each client. */
const REQUESTS_PER_SECOND = { DeleteConnection: 100 };
/** Neither empty nor beginning with `$`, and at most 128 characters long (iot-data API model, clientId). */
const CLIENT_ID = /^[^$].{0,127}$/su;

export type DataPlaneOptions = {
  /** Ends the session of a client that is connected. @returns whether it was */
  readonly disconnect: (clientId: string, options: { preventWill: boolean }) => boolean;
  /** epoch milliseconds */
  readonly clock: () => number;
  /** enforce the request rates that AWS grants by default */
  readonly quotas?: boolean;
};

export type DataPlane = { readonly handle: (request: RestRequest) => Promise<RestResponse> };

export const createIotDataPlane = ({ disconnect, clock, quotas = false }: DataPlaneOptions): DataPlane => {
  const takeQuota = quotas ? createQuotas(clock, REQUESTS_PER_SECOND) : () => {};
  const clientRate = quotas ? createClientRate(clock) : null;

  /** A session ends with its connection here, so that `cleanSession` has nothing to remove or to leave. */
  const deleteConnection = ({ clientId = '', preventWillMessage = false }: Partial<DeleteConnectionRequest>): void => {
    if (!CLIENT_ID.test(clientId))
      throw invalidRequest('expected a client id of 1 to 128 characters that does not begin with $');
    if (clientRate?.admits(clientId) === false)
      throw new IotError('ThrottlingException', 'Rate exceeded: one DeleteConnection a second for a client');
    if (!disconnect(clientId, { preventWill: preventWillMessage }))
      throw notFound(`client ${clientId} is not connected`);
  };

  const perform = ({ method, path, query, headers, body }: RestRequest): RestResponse => {
    const route = findDataPlaneRoute(method, path);
    if (route === null)
      throw new IotError(NOT_EMULATED, `no operation of the AWS IoT data plane has ${method} ${path.slice(0, 128)}`);
    if (route.model.name !== 'DeleteConnection')
      throw new IotError(NOT_EMULATED, `operation ${route.model.name} of the data plane is not emulated`);
    takeQuota(route.model.name);
    deleteConnection(readInput(route, { method, path, query, headers, body }));
    return writeOutput(route, {});
  };

  return {
    handle: async (request) => {
      try {
        return perform(request);
      } catch (error) {
        return writeError(error, DATA_PLANE);
      }
    },
  };
};
