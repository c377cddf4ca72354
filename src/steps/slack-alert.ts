import { z } from "zod";

import { defineAction } from "../engine/step-kind.ts";
import { ALERT_NOTES } from "./own-notes.ts";

const Input = z.strictObject({});
const Output = z.strictObject({});

/** Tells the channel and on-call that the run failed. The message itself follows from the run's state, as every message does. */
export const slackAlert = defineAction({
  kind: "slack/alert",
  summary: "Posts the failure with its reason, the failing resources and links, and mentions on-call.",
  input: Input,
  output: Output,
  notes: ALERT_NOTES,
  repeat: "safe",
  run: () => Promise.resolve({ status: "succeeded", output: {} }),
});
