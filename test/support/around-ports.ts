// Ports with something done around every one of their calls, the release of a lock included.

import type { HeldLock } from '#ports/permission-registry.ts';
import type { End } from './disturbed-onboarding.ts';

export type Around = <Output>(name: string, call: () => Promise<Output>) => Promise<Output>;
type Method = (...args: unknown[]) => Promise<unknown>;

const isPort = (value: unknown): value is Record<string, Method> => typeof value === 'object' && value !== null;
const isHeldLock = (value: unknown): value is HeldLock => isPort(value) && 'assertHeld' in value;

const wrapped = <P extends Record<string, Method>>(port: P, around: Around): P =>
  // A proxy of a port is a port: each method is called through `around` and otherwise untouched.
  new Proxy(port, {
    get: (target, name) => {
      const method = target[String(name)];
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        const output = await around(String(name), () => method.apply(target, args));
        return isHeldLock(output) ? { ...output, release: () => around('release', () => output.release()) } : output;
      };
    },
  });

/** @param names which of the dependencies are ports */
export const aroundPorts = <Deps extends object>(deps: Deps, names: readonly (keyof Deps)[], around: Around): Deps => {
  const ports = names.map((name) => {
    const port: unknown = deps[name];
    return [name, isPort(port) ? wrapped(port, around) : port];
  });
  return { ...deps, ...Object.fromEntries(ports) };
};

/** @param endAt counted from 1 */
export const endingAt = (endAt: number, end: End): { readonly around: Around; readonly ended: () => boolean } => {
  let calls = 0;
  let dead = false;
  return {
    ended: () => calls >= endAt,
    around: async (name, call) => {
      calls += 1;
      if (dead) throw new Error(`the process is dead and calls ${name}`);
      if (calls !== endAt) return call();
      dead = end.startsWith('dies');
      const output = end.endsWith('after') ? await call() : null;
      throw new Error(`ended at call ${calls}, ${name}: ${end}`, { cause: output });
    },
  };
};
