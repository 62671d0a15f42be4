// The management API as its clients see it: one table of routes. The stack, the command line and the OpenAPI document are
// all made from it.

import type * as v from 'valibot';
import type * as Shapes from './api-shapes.ts';
import { OPS_ROUTES } from './ops-api.ts';
import { TRUST_ROUTES } from './trust-api.ts';

/**
 * Tenant-scoped routes stand under `/tenants/{tenant}/`, what only the platform's operators may do under `/operator/`,
 * so that an IAM policy on method and path isolates tenants. Roles and users stand under `api/` there: to a client of
 * Connectware, which knows `/api/users`, a tenant is another base URL.
 */
export const ROUTES = { ...OPS_ROUTES, ...TRUST_ROUTES };

/** Which function answers a route. */
export const ROUTES_OF = { 'ops-api': OPS_ROUTES, 'trust-api': TRUST_ROUTES } as const;

export type OperationId = keyof typeof ROUTES;
export type Params<Id extends OperationId> = Shapes.Params<typeof ROUTES, Id>;
export type Query<Id extends OperationId> = Shapes.Query<typeof ROUTES, Id>;
/** As it is sent: what has a default may be left out. */
export type Body<Id extends OperationId> = v.InferInput<(typeof ROUTES)[Id]['body']>;
export type Response<Id extends OperationId> = Shapes.Response<typeof ROUTES, Id>;
