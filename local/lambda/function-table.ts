// The functions of the system by name, and who may invoke them.

import { isArnLike } from '#local/http/iam-policy.ts';
import type { FunctionConfig } from '#local/lambda/execution-environment.ts';
import { createFunctionRunner, type FunctionHost, type FunctionRunner } from '#local/lambda/function-runner.ts';

/** One statement of a function's resource policy. */
export type InvokePermission = {
  /** such as `apigateway.amazonaws.com` */
  readonly principal: string;
  readonly sourceArn: string | null;
  readonly sourceAccount: string | null;
};

export type FunctionTable = {
  add(config: FunctionConfig): FunctionRunner;
  /** @param nameOrArn as `Ref` or `Fn::GetAtt Arn` of a function gives it; throws when there is none */
  get(nameOrArn: string): FunctionRunner;
  /** By name; null when there is none. */
  find(name: string): FunctionRunner | null;
  all(): readonly FunctionRunner[];
  permit(nameOrArn: string, permission: InvokePermission): void;
  /** May a service of this account invoke the function on behalf of this source? */
  isPermitted(nameOrArn: string, principal: string, sourceArn: string): boolean;
  stop(): Promise<void>;
};

export const createFunctionTable = (accountId: string, host: FunctionHost): FunctionTable => {
  const runners = new Map<string, FunctionRunner>();
  const permissions = new Map<string, InvokePermission[]>();
  const find = (name: string): FunctionRunner | null => runners.get(name) ?? null;
  const get = (nameOrArn: string): FunctionRunner => {
    const runner = find(nameOrArn.split(':').at(-1) ?? '');
    if (runner === null) throw new Error(`there is no function ${nameOrArn}`);
    return runner;
  };
  return {
    get,
    find,
    add: (config) => {
      const runner = createFunctionRunner(config, host);
      runners.set(config.name, runner);
      return runner;
    },
    all: () => [...runners.values()],
    permit: (nameOrArn, permission) => {
      const { name } = get(nameOrArn).config;
      permissions.set(name, [...(permissions.get(name) ?? []), permission]);
    },
    isPermitted: (nameOrArn, principal, sourceArn) =>
      (permissions.get(get(nameOrArn).config.name) ?? []).some(
        (permission) =>
          permission.principal === principal &&
          (permission.sourceAccount === null || permission.sourceAccount === accountId) &&
          (permission.sourceArn === null || isArnLike(permission.sourceArn, sourceArn)),
      ),
    stop: async () => {
      await Promise.all([...runners.values()].map((runner) => runner.stop()));
    },
  };
};
