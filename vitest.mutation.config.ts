// The tests that Stryker repeats for each change it makes: those of policies, with proofs made short and the same each time.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/domain/{*policy*,permission-*,*pattern*}.test.ts'],
    pool: 'threads',
    isolate: false,
    setupFiles: ['test/support/no-network.ts'],
    env: { PROOF_SETS: '200', PROOF_SEED: '1' },
  },
});
