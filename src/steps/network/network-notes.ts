import type { StepNotes } from "../../engine/step-notes.ts";

/** How every step can fail that sends requests to others. */
export const NETWORK_FAILURES: StepNotes["failures"] = {
  "network.refused-address": {
    retry: "never",
    meaning:
      "The address is private, link-local or no address of a host, and `network` in quarterdeck.yaml does not allow it.",
  },
  "network.unknown-host": { retry: "backoff", meaning: "The name could not be resolved." },
  "network.unreachable": { retry: "backoff", meaning: "No connection could be made." },
  "network.broken": { retry: "backoff", meaning: "The connection ended before the answer was complete." },
  "network.timeout": { retry: "backoff", meaning: "The answer was not complete within `timeout`." },
  "network.tls": { retry: "never", meaning: "The certificate of the other side was not accepted, or TLS failed." },
  "network.tls-file": { retry: "never", meaning: "The file under `tls: ca-file` cannot be read." },
  "http.bad-url": { retry: "never", meaning: "The address cannot be read." },
  "http.bad-header": {
    retry: "never",
    meaning: "The value of a header has a line end or another character that no header can carry.",
  },
  "http.bad-answer": { retry: "never", meaning: "What came back cannot be read as HTTP." },
  "http.redirect-refused": {
    retry: "never",
    meaning: "A redirect leads from https to http, out of HTTP, or would hand what is sent to another origin.",
  },
  "http.too-many-redirects": { retry: "never", meaning: "There are more redirects than `redirects` allows." },
};
