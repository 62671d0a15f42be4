// "Did you mean …": the nearest of the words that would have been right.

/** Levenshtein's edit distance. */
const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, left] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, right] of [...b].entries()) {
      current.push(
        Math.min(
          (previous[column + 1] ?? 0) + 1,
          (current[column] ?? 0) + 1,
          (previous[column] ?? 0) + (left === right ? 0 : 1),
        ),
      );
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
};

/** ` (did you mean "acme"?)`, or nothing when no word is near: at most a third of its letters differ. */
export const suggestion = (word: string, words: readonly string[]): string => {
  const [nearest] = words
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, far }) => far <= Math.max(1, Math.ceil(candidate.length / 3)))
    .sort((a, b) => a.far - b.far);
  return nearest ? ` (did you mean "${nearest.candidate}"?)` : '';
};
