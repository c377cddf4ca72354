import { focusAmong } from "../focus-among.ts";

const FOCI = ["windows", "moments", "leads", "metrics"] as const;

/** What is looked at in a world instead of some of everything: windows, moments on a clock that is set, what leads elsewhere, or metrics. */
export type Focus = (typeof FOCI)[number];

export function focusOf(seed: string): Focus | undefined {
  return focusAmong(FOCI, seed);
}
