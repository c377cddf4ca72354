// Worlds from here on are about one thing each, so many of one sort after the other.
const FIRST_FOCUSED = 9_000_000;
const OF_EACH = 1000;

/** What the world of a seed is about; undefined for one in which everything happens as often as anything else. */
export function focusAmong<Focus>(foci: readonly Focus[], seed: string): Focus | undefined {
  return foci[Math.floor((Number(seed) - FIRST_FOCUSED) / OF_EACH)];
}
