// The API of the IoT data plane.

import * as client from '@aws-sdk/client-iot-data-plane';
import { apiModelOf } from '../rest-json/model.ts';
import { createRouter } from '../rest-json/routing.ts';

export const DATA_PLANE = apiModelOf(client);
/** Finds the operation of a request line. */
export const findDataPlaneRoute = createRouter(DATA_PLANE);
