// The private CA of a stack that was deployed without one.

import { PermanentError } from '#domain/errors.ts';
import type { PrivateCa } from '#ports/private-ca.ts';

const refuse = async (): Promise<never> => {
  throw new PermanentError(
    'NO_PRIVATE_CA',
    'this system was deployed without AWS Private CA: deploy it with the context privateCa=create, or privateCa=<ARN of a CA>',
  );
};

export const noPrivateCa: PrivateCa = { certificate: refuse, issue: refuse, revoke: refuse };
