// Asks AWS Private CA on behalf of other functions: it signs for devices, and learns what is revoked. A function of its
// own, for its client brings another core of the SDK; and no other one may ask a CA for anything.

import { setTimeout } from 'node:timers/promises';
import { ACMPCAClient } from '@aws-sdk/client-acm-pca';
import { acmPca } from '#adapters/acm-pca.ts';
import { observability } from '#runtime/observability.ts';
import { answerPrivateCa } from '#runtime/private-ca-answers.ts';

const { logger } = observability();

export const handler = answerPrivateCa(acmPca(new ACMPCAClient({}), setTimeout), logger);
