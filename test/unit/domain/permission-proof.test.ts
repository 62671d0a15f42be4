// The proof that compiled policies allow what the permissions say, for the naming profiles without topics of their own.

import { describe, it } from 'vitest';
import { provePolicies } from '#support/policy-proof.ts';

describe('what compiled policies allow is what the permissions say', () => {
  it.each(['connectware', 'template'] as const)(
    'P-01 to P-11, P-13: publish, retain, receive and subscribe under the naming profile %s, nothing more and nothing less',
    provePolicies,
    300_000,
  );
});
