// Worlds from here on are about one thing each, so many of one sort after the other.
const FIRST_FOCUSED = 9_000_000;
const OF_EACH = 1000;
const FOCI = ["reviews", "pushes", "limits", "suites", "pipelines", "bare"] as const;

/**
 * What happens in a world more than in others: people take back what they said, or something happens just when a merge is asked for,
 * or checks of different suites have the same name, or commits have several pipelines, or mostly nothing is run for them.
 */
export type Focus = (typeof FOCI)[number] | "all";

export function focusOf(seed: string): Focus {
  return FOCI[Math.floor((Number(seed) - FIRST_FOCUSED) / OF_EACH)] ?? "all";
}
