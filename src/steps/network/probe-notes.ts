import type { StepNotes } from "../../engine/step-notes.ts";
import { NETWORK_FAILURES } from "./network-notes.ts";

/** How a probe can fail: what only one look met is tried again, so of the network only what no other look can mend. */
export const PROBE_FAILURES: StepNotes["failures"] = {
  "probe.failing": {
    retry: "never",
    meaning:
      "Some target was not good often enough in a row before `give-up-after`; the details name each with its last problem.",
  },
  "probe.bad-input": { retry: "never", meaning: "Not exactly one of `url` and `urls` was given." },
  ...Object.fromEntries(
    Object.entries(NETWORK_FAILURES).filter(([code]) =>
      ["network.refused-address", "network.tls-file", "http.bad-url", "http.bad-header"].includes(code),
    ),
  ),
};
