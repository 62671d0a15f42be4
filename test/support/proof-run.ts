// How long a proof runs, and over which random choices.

/** PROOF_SETS makes a proof smaller, for runs that repeat it hundreds of times; nothing makes one larger than it says. */
export const proofSize = (sets: number): number => Math.min(sets, Number(process.env['PROOF_SETS'] ?? sets));

/** Another one in each run, unless PROOF_SEED repeats one; what a proof finds is printed in full. */
export const proofSeed = (): number => Number(process.env['PROOF_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
