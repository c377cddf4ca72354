import { z } from "zod";

import { JsonValue } from "../../domain/outcome.ts";
import { SignalAsk } from "../../domain/signal-ask.ts";
import { defineSignal, type StepKind } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";

const Input = z.strictObject({
  ...SignalAsk.shape,
  prompt: z.string().max(300).optional().meta({
    description: "What people are to do before they send it, in one line; shown in the thread",
  }),
});

const Output = z.strictObject({
  by: z.string().meta({ description: "Who sent it, by the pseudonym that the log has of them" }),
  at: z.number().meta({ description: "When it came, in milliseconds since the epoch" }),
  payload: z.record(z.string(), JsonValue).meta({ description: "The values that came with it, by name" }),
});

const NOTES: StepNotes = {
  failures: {
    "step.timeout": { retry: "never", meaning: "Nobody has sent the signal within `timeout`." },
    "signal.bad-input": { retry: "never", meaning: "What it waits for is not written as a signal is." },
  },
  example: `id: tests
uses: signal
with:
  name: tests-done
  prompt: Run the acceptance tests against staging
  from:
    - { group: S0TESTERS, handle: testers }
  payload:
    passed: { type: boolean }
    report: { type: text, optional: true }
timeout: 4h
`,
};

/** Waits for a word from outside: `/qd signal run_7FQ2 tests-done passed=true`. */
export const signal: StepKind = defineSignal({
  kind: "signal",
  summary: "Waits until somebody says that something outside has been done, with values that were agreed on.",
  input: Input,
  output: Output,
  notes: NOTES,
});
