import type { StepNotes } from "../../engine/step-notes.ts";

export const PROGRAM_NOTES: StepNotes = {
  failures: {
    "program.not-allowed": {
      retry: "never",
      meaning: "The configuration has no program of this name under `programs`.",
    },
    "program.option-refused": {
      retry: "never",
      meaning: "An argument begins with a dash, and `options` of the program does not allow that.",
    },
    "program.variable-refused": {
      retry: "never",
      meaning: "The step sets a variable that is not among the `variables` of the program.",
    },
    "program.missing": {
      retry: "never",
      meaning: "The program is not where the configuration says, on the machine that executes the step.",
    },
    "program.altered": { retry: "never", meaning: "The program is not the one with the digest in the configuration." },
    "program.failed": {
      retry: "backoff",
      meaning: "It ended with a code that is not among `success-codes`. The message has its last line.",
    },
    "program.killed": { retry: "never", meaning: "A signal ended it, such as when the machine has no memory left." },
    "program.unusable": { retry: "never", meaning: "The machine cannot start it." },
    "step.interrupted": {
      retry: "never",
      meaning:
        "It was cut short by a crash, and the configuration does not say that it is safe to repeat. A person decides.",
    },
    "git.no-folder": { retry: "never", meaning: "There is no such folder at the revision." },
    "git.submodule": { retry: "never", meaning: "The folder has a submodule, and those are not taken along." },
    "git.folder-too-large": { retry: "never", meaning: "The folder is larger than a file may be." },
  },
  artifacts: { log: "What it printed: all of it up to 16 MiB, otherwise its beginning and its end." },
  example: `id: lint
uses: program/run
with:
  program: lint
  args: [src]
  directory:
    repository: https://git.example.com/checkout.git
    revision: \${{ revision.sha }}
    path: deploy
  env: { API_TOKEN: "\${{ secrets.API_TOKEN }}" }
  success-codes: [0, 3]
timeout: 10m
`,
};
