import { focusAmong } from "../focus-among.ts";

const FOCI = ["reviews", "pushes", "limits", "suites", "pipelines", "bare"] as const;

/**
 * What happens in a world more than in others: people take back what they said, or something happens just when a merge is asked for,
 * or checks of different suites have the same name, or commits have several pipelines, or mostly nothing is run for them.
 */
export type Focus = (typeof FOCI)[number] | "all";

export function focusOf(seed: string): Focus {
  return focusAmong(FOCI, seed) ?? "all";
}
