// Custom resources: the function behind the service token is called, and its answer awaited.

import * as v from 'valibot';
import type { Provider } from '#local/template/cloud.ts';

export const customResource: Provider = async (resource, cloud) => {
  const { ServiceToken } = v.parse(v.looseObject({ ServiceToken: v.string() }), resource.properties);
  return cloud.customResource(resource, ServiceToken);
};
