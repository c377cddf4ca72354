/**
 * The candidate that was probably meant by `typed`: the nearest by edits (insert, delete, replace, swap of neighbours),
 * at most a third of its length away. Undefined when none is that near. Upper and lower case count as the same.
 */
export function didYouMean(typed: string, candidates: Iterable<string>): string | undefined {
  // Longer words are no typing mistakes, and the comparison costs the product of the lengths.
  if (typed.length > 100) return undefined;
  const word = typed.toLowerCase();
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const farthest = Math.max(1, Math.floor(Math.max(candidate.length, word.length) / 3));
    if (Math.abs(candidate.length - word.length) > farthest) continue;
    const distance = editDistance(word, candidate.toLowerCase());
    if (distance <= farthest && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Optimal string alignment: Levenshtein, with a swap of two neighbours as one edit. */
function editDistance(left: string, right: string): number {
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current: number[] = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(previous, column) + 1,
          at(current, column - 1) + 1,
          at(previous, column - 1) + replaced,
          swapped ? at(beforePrevious, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
