import type { StepNotes } from "../../engine/step-notes.ts";
import { NETWORK_FAILURES } from "../network/network-notes.ts";

export const HTTP_REQUEST_NOTES: StepNotes = {
  failures: {
    ...NETWORK_FAILURES,
    "http.status": {
      retry: "backoff",
      meaning:
        "The status is none of `status`. Retried only for 408, 425, 429, 500, 502, 503 and 504, after the time that the server names; a POST or PATCH without a key only for 429.",
    },
    "http.assertion": { retry: "never", meaning: "The body is not as `text` and `assert` want it." },
    "http.too-large": { retry: "never", meaning: "The body is longer than `max-bytes`, and is to be saved as a file." },
    "http.bad-input": { retry: "never", meaning: "Inputs that exclude each other were given." },
    "http.no-secret": { retry: "never", meaning: "The answer has no text where `secret` looks for one." },
    "http.unknown-effect": {
      retry: "never",
      meaning:
        "A POST or PATCH without a key may have been sent, and nobody knows what became of it: a person looks, then retries the step.",
    },
  },
  artifacts: { "the name in `save-as`": "The body of the answer" },
  example: `id: announce
uses: http/request
with:
  method: POST
  url: https://releases.example.com/api/deployments
  bearer: \${{ secrets.RELEASES_TOKEN }}
  json: { service: checkout, state: begun }
  idempotency-key: true
  status: [200, 201]
  assert:
    - response.json.accepted == true
`,
};
