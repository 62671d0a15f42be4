// Credentials as Lambda hands them over: in the environment. Bundles put this in the place of the SDK's default chain
// (esbuild alias of @aws-sdk/credential-provider-node), whose other sources, files, SSO and metadata, Lambda has not. It
// imports nothing of the SDK: bundles hold clients of two generations, each with packages of its own.

import { credentialsInEnv } from './env.ts';

/** The name under which SDK clients import their default provider; they take it to read the environment each time. */
export const defaultProvider = () => async () => credentialsInEnv();
