import type { StepNotes } from "../../engine/step-notes.ts";
import { FOLDER_FAILURES, IMAGE_FAILURES, TOOL_FAILURES } from "../image/image-notes.ts";
import { TRIVY } from "./trivy-call.ts";

const COMMON: StepNotes["failures"] = {
  ...TOOL_FAILURES,
  "trivy.findings": {
    retry: "never",
    meaning: "There are more findings than `fail-on` allows. The message names the worst five.",
  },
  "trivy.ignore-expired": {
    retry: "never",
    meaning: "An entry of the ignore list counts no more. Nothing is scanned before somebody has looked at it again.",
  },
  "trivy.nothing-scanned": {
    retry: "never",
    meaning: "Trivy found nothing that it can say anything about. That is not a clean result.",
  },
  "trivy.no-database": {
    retry: "backoff",
    meaning: "There is no database, or no newer one could be fetched. With `offline` a retry does not help.",
  },
  "trivy.unreachable": { retry: "backoff", meaning: "A registry or a mirror could not be reached." },
  "trivy.failed": { retry: "never", meaning: "Trivy could not do its work. The log has all that it said." },
  "trivy.unreadable-output": {
    retry: "never",
    meaning: "The report cannot be understood, is about something else, or contradicts the exit code.",
  },
};

const FILES = {
  "trivy-report.json": "The report as Trivy made it.",
  log: "What it said while it worked.",
};

export const IMAGE_NOTES: StepNotes = {
  failures: {
    ...COMMON,
    ...IMAGE_FAILURES,
    "trivy.unknown-system": {
      retry: "never",
      meaning:
        "Trivy does not know the operating system in the image, or none of its packages. That is not a clean result.",
    },
    "trivy.end-of-life": {
      retry: "never",
      meaning: "The operating system gets no fixes any more. Few findings say little then.",
    },
    "trivy.not-found": { retry: "never", meaning: "The registry has no such image." },
    "trivy.denied": { retry: "never", meaning: "The registry does not give the image to whoever `registry` names." },
  },
  artifacts: FILES,
  programs: [TRIVY],
  example: `id: scan
uses: trivy/image
with:
  image: \${{ steps.image.outputs.reference }}
  fail-on: { critical: 0, high: 5 }
  fixable-only: true
  ignore:
    - id: CVE-2019-14697
      in: musl
      reason: Nothing here computes with x87.
      until: 2027-01-31
  registry: { user: scanner, password: "\${{ secrets.REGISTRY_PASSWORD }}" }
timeout: 15m
`,
};

export const CONFIG_NOTES: StepNotes = {
  failures: { ...COMMON, ...FOLDER_FAILURES },
  artifacts: FILES,
  programs: [TRIVY],
  example: `id: mistakes
uses: trivy/config
with:
  directory:
    repository: https://git.example.com/checkout.git
    revision: \${{ revision.sha }}
    path: deploy
  fail-on: { critical: 0, high: 0 }
timeout: 5m
`,
};
