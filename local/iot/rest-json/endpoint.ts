// The HTTP door of an IoT API. Requests are not authenticated: it listens on the loopback only.

import { startHttpDoor } from '#local/cloud/http-door.ts';
import type { HttpDoor } from '#local/cloud/loopback.ts';
import type { RestRequest, RestResponse } from './wire.ts';

export const startIotEndpoint = (api: { handle(request: RestRequest): Promise<RestResponse> }): Promise<HttpDoor> =>
  startHttpDoor(({ method, url, headers, body }) =>
    api.handle({ method, path: url.pathname, query: url.searchParams, headers, body }),
  );
