// Where a command acts: a stack on AWS when one is named, else the embedded system that runs, and never a guess.

import { Failure, usageFailure } from './failure.ts';
import { findRunningSystem, systemHome } from './running-system.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

export type Target = {
  /** for people: which system this is */
  readonly name: string;
  readonly apiUrl: string;
  readonly region: string;
  readonly credentials: () => Promise<Credentials>;
};

export type TargetOptions = {
  readonly stack?: string;
  readonly profile?: string;
  readonly region?: string;
};

/** The embedded system of the project folder. @throws Failure NO_TARGET when none runs */
const localTarget = (env: NodeJS.ProcessEnv): Target => {
  const system = findRunningSystem(systemHome(env));
  if (!system) {
    throw new Failure(
      'NO_TARGET',
      'no embedded system runs: start one with "npm start", or name a deployed stack with --stack',
    );
  }
  if (!system.access) {
    throw new Failure(
      'STARTING',
      `the embedded system (process ${system.pid}) is still starting: try again in a moment`,
    );
  }
  const { api, aws, credentials } = system.access;
  return {
    name: `the embedded system at ${api.url} (process ${system.pid})`,
    apiUrl: api.url,
    region: aws.region,
    credentials: async () => credentials,
  };
};

/** @throws Failure when the options do not fit together, no system is found, or AWS does not answer for the stack */
export const findTarget = async (options: TargetOptions, env: NodeJS.ProcessEnv): Promise<Target> => {
  const { stack, ...awsOptions } = options;
  if (stack !== undefined) {
    const { stackTarget } = await import('./stack-target.ts');
    return stackTarget({ stack, ...awsOptions });
  }
  const alone = Object.keys(awsOptions)[0];
  if (alone)
    throw usageFailure(`--${alone} is about AWS and needs --stack <name>; without it the embedded system is meant`);
  return localTarget(env);
};
