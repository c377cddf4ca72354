import { z } from "zod";

import { defineAction } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";

const Input = z.strictObject({
  text: z.string().min(1).max(8000).meta({
    description:
      "What it says. `*bold*`, `_italic_` and code are formatted; links, mentions and channels in it are shown as plain text, as values of a run may come from anywhere",
  }),
  channel: z
    .string()
    .regex(
      /^(?:[CG][A-Z0-9]{2,20}|#[\p{Ll}\p{Lo}\p{N}_-]{1,80})$/u,
      'a channel is "#deploys" in quotes, or an id such as C0123ABCD',
    )
    .optional()
    .meta({ description: "Where it is posted, by name or id; in the thread of the run unless said" }),
  link: z
    .strictObject({ url: z.string().max(3000), label: z.string().min(1).max(75) })
    .optional()
    .meta({ description: "A link below the text; only http and https" }),
  mention: z
    .array(
      z.string().regex(/^[UWS][A-Z0-9]{2,20}$/u, "the id of a user or a user group is expected, such as U0123ABCD"),
    )
    .max(10)
    .optional()
    .meta({ description: "Who is notified: ids of users and user groups" }),
});
const Output = z.strictObject({});

const NOTES: StepNotes = {
  failures: {},
  example: `id: tell
uses: slack/message
with:
  channel: "#releases"
  text: "*checkout* is live in prod"
  link: { url: https://checkout.example.com, label: Open it }
`,
};

/** Posts a message. It follows from the run's state, as every message does, so it is posted once and edited when the step is done over. */
export const slackMessage = defineAction({
  kind: "slack/message",
  summary: "Posts a message into the thread of the run, or into another channel.",
  input: Input,
  output: Output,
  notes: NOTES,
  repeat: "safe",
  run: () => Promise.resolve({ status: "succeeded", output: {} }),
});
