import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import { defineAction, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { AppError } from "../../platform/errors.ts";

const Input = z.strictObject({
  file: Artifact.meta({ description: "A file that a step before this one left, as that step's output has it" }),
});
type Input = z.infer<typeof Input>;
const Output = z.strictObject({});

const NOTES: StepNotes = {
  failures: {
    "slack.file-sealed": {
      retry: "never",
      meaning: "The file may hold secrets, as a saved plan does: such files are never posted.",
    },
    "slack.file-empty": { retry: "never", meaning: "The file is empty, which Slack does not take." },
  },
  example: `id: attach
uses: slack/file
with:
  file: \${{ steps.scan.outputs.report }}
`,
};

/** Shows a file in the thread of the run. As with every message, that it is there follows from the run's state. */
export const slackFile = defineAction({
  kind: "slack/file",
  summary: "Puts a file that a step has left into the thread of the run.",
  input: Input,
  output: Output,
  notes: NOTES,
  repeat: "safe",
  run: (input) => Promise.resolve(checked(input)),
});

function checked({ file }: Input): StepResult<z.infer<typeof Output>> {
  if (file.sealed) {
    throw new AppError(`${file.name} may hold secrets, so it is not posted.`, { code: "slack.file-sealed" });
  }
  if (file.bytes === 0) {
    throw new AppError(`${file.name} is empty, which Slack does not take.`, { code: "slack.file-empty" });
  }
  return { status: "succeeded", output: {} };
}
