// The HTTP door of the IoT control plane. Requests are not authenticated: it listens on the loopback only.

import { startHttpDoor } from '#local/cloud/http-door.ts';
import type { HttpDoor } from '#local/cloud/loopback.ts';
import type { ControlPlane } from './control-plane.ts';

export const startIotEndpoint = (controlPlane: ControlPlane): Promise<HttpDoor> =>
  startHttpDoor(({ method, url, headers, body }) =>
    controlPlane.handle({ method, path: url.pathname, query: url.searchParams, headers, body }),
  );
