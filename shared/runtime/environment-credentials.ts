// Credentials as Lambda hands them over: in the environment. Bundles put this in the place of the SDK's default chain
// (esbuild alias of @aws-sdk/credential-provider-node), whose other sources, files, SSO and metadata, Lambda has not.

import { fromEnv } from '@aws-sdk/credential-provider-env';

/** The name under which SDK clients import their default provider. */
export const defaultProvider = fromEnv;
