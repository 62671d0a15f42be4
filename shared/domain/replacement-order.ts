// In which order the documents of a permission set are replaced: what moves from one to another is not to be missing.

/** A document that is wanted, and the one in its place; undefined where there is none yet. */
export type Replacement = { readonly standing: string | undefined; readonly wanted: string };

/** As they are written there. Enough to choose by, because every order ends with the same documents. */
const resourcesIn = (document = ''): ReadonlySet<string> => new Set(document.match(/"arn:(?:[^"\\]|\\.)*"/g));

/**
 * First, in their order, the documents that stand not yet: they take nothing away. Then always the one whose replacement
 * takes least away that others have yet to give back; of equals the last one, because the layout moves on to later
 * documents what an insertion displaces.
 */
export const inReplacementOrder = <One extends Replacement>(replacements: readonly One[]): readonly One[] => {
  const all = replacements.map((one) => ({
    one,
    before: resourcesIn(one.standing),
    after: resourcesIn(one.wanted),
  }));
  type Step = (typeof all)[number];
  const done = all.filter(({ one }) => one.standing === undefined);
  let left = all.filter(({ one }) => one.standing !== undefined).toReversed();
  const lost = (step: Step): number => {
    const others = left.filter((other) => other !== step);
    const isLost = (resource: string): boolean =>
      others.some(({ after }) => after.has(resource)) &&
      !others.some(({ before }) => before.has(resource)) &&
      ![...done, step].some(({ after }) => after.has(resource));
    return [...step.before].filter(isLost).length;
  };
  while (left.length > 0) {
    const next = left.reduce((least, step) => (lost(step) < lost(least) ? step : least));
    done.push(next);
    left = left.filter((step) => step !== next);
  }
  return done.map(({ one }) => one);
};
