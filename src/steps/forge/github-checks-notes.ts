import type { StepNotes } from "../../engine/step-notes.ts";
import { FORGE_FAILURES } from "./forge-failure.ts";

export const GITHUB_CHECKS_NOTES: StepNotes = {
  failures: {
    "github.check-failed": {
      retry: "never",
      meaning:
        "A check is red: failed, cancelled, timed out, or waiting for somebody to act. Skipped and neutral ones are as good as green. The details name each with its link.",
    },
    "github.check-missing": {
      retry: "never",
      meaning: "A required check has not appeared within `appear-within`; the details name it.",
    },
    ...FORGE_FAILURES,
  },
  example: `id: checks
uses: github/checks
with:
  repository: acme/checkout
  revision: \${{ revision.sha }}
  required: [unit tests, lint]
  token: \${{ secrets.GITHUB_TOKEN }}
timeout: 45m
`,
};
