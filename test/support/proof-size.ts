// How many permission sets a proof goes over.

/** PROOF_SETS makes a proof smaller, for runs that repeat it hundreds of times; nothing makes one larger than it says. */
export const proofSize = (sets: number): number => Math.min(sets, Number(process.env['PROOF_SETS'] ?? sets));
