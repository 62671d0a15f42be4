// The API of the IoT control plane.

import * as client from '@aws-sdk/client-iot';
import { apiModelOf } from '../rest-json/model.ts';
import { createRouter } from '../rest-json/routing.ts';

export const CONTROL_PLANE = apiModelOf(client);
/** Finds the operation of a request line. */
export const findControlPlaneRoute = createRouter(CONTROL_PLANE);
