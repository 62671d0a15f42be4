// Collects the parts of the template's HTTP API, which come as resources of their own, and wires them to functions.

import type { HttpApi } from '#local/http/api-door.ts';
import type { Route } from '#local/http/route-table.ts';
import type { FunctionTable } from '#local/lambda/function-table.ts';

export type HttpApiBuilder = {
  /** @throws Error for a second one: there is one door */
  setApi(id: string): void;
  addIntegration(id: string, functionArn: string): void;
  addRoute(route: Route): void;
  /** A stage makes the routes reachable. */
  setStage(name: string): void;
  /** null when the template has no API, or none that a stage makes reachable */
  build(functions: Pick<FunctionTable, 'get' | 'isPermitted'>): HttpApi | null;
};

export const createHttpApiBuilder = (): HttpApiBuilder => {
  let api: string | null = null;
  let hasStage = false;
  const integrations = new Map<string, string>();
  const routes: Route[] = [];
  return {
    setApi: (id) => {
      if (api !== null) throw new Error('the embedded system has one API door, and the template has a second HTTP API');
      api = id;
    },
    addIntegration: (id, functionArn) => {
      integrations.set(id, functionArn);
    },
    addRoute: (route) => {
      routes.push(route);
    },
    setStage: (name) => {
      if (name !== '$default')
        throw new Error(`expected the stage $default, got ${name}: its name would begin each path`);
      hasStage = true;
    },
    build: (functions) => {
      if (api === null || !hasStage) return null;
      return {
        id: api,
        routes,
        integration: (id, routeArn) => {
          const functionArn = integrations.get(id);
          if (functionArn === undefined) throw new Error(`there is no integration ${id}`);
          if (!functions.isPermitted(functionArn, 'apigateway.amazonaws.com', routeArn)) return null;
          return functions.get(functionArn).invoke;
        },
      };
    },
  };
};
