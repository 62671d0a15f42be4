// Chooses the route of an HTTP API for a request, as API Gateway does.
// (API Gateway Developer Guide, "Create routes for HTTP APIs": full matches first, then greedy ones, then $default)

export type Route = {
  /** `GET /tenants/{tenant}`, `ANY /x/{proxy+}` or `$default` */
  readonly routeKey: string;
  readonly authorization: 'AWS_IAM' | 'NONE';
  readonly integrationId: string;
};

export type Match = { readonly route: Route; readonly pathParameters: Readonly<Record<string, string>> };

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const variable = (segment: string): { name: string; greedy: boolean } | null => {
  const [, name, plus] = /^\{([^{}+]+)(\+?)\}$/.exec(segment) ?? [];
  return name === undefined ? null : { name, greedy: plus === '+' };
};

const matchPath = (template: string, path: string): Record<string, string> | null => {
  const wanted = template.split('/');
  const given = path.split('/');
  const parameters: Record<string, string> = {};
  for (const [n, segment] of wanted.entries()) {
    const value = given[n];
    const placeholder = variable(segment);
    if (value === undefined) return null;
    if (placeholder === null) {
      if (segment !== value) return null;
    } else if (placeholder.greedy) {
      parameters[placeholder.name] = given.slice(n).map(decode).join('/');
      return parameters;
    } else {
      if (value === '') return null;
      parameters[placeholder.name] = decode(value);
    }
  }
  return wanted.length === given.length ? parameters : null;
};

/** Lower is more specific: literal segments before variables, variables before greedy ones, a method before ANY. */
const rankOf = (method: string, template: string): string =>
  [
    ...template.split('/').map((segment) => {
      const placeholder = variable(segment);
      return placeholder === null ? '0' : placeholder.greedy ? '2' : '1';
    }),
    method === 'ANY' ? '1' : '0',
  ].join('');

/** @param path as on the request line, without the query */
export const matchRoute = (routes: readonly Route[], method: string, path: string): Match | null => {
  const candidates = routes.flatMap((route) => {
    const [routeMethod = '', template] = route.routeKey.split(' ');
    if (template === undefined || !(routeMethod === method || routeMethod === 'ANY')) return [];
    const pathParameters = matchPath(template, path);
    return pathParameters === null ? [] : [{ rank: rankOf(routeMethod, template), match: { route, pathParameters } }];
  });
  candidates.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const [best] = candidates;
  if (best !== undefined) return best.match;
  const fallback = routes.find((route) => route.routeKey === '$default');
  return fallback === undefined ? null : { route: fallback, pathParameters: {} };
};
