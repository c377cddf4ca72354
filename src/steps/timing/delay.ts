import { z } from "zod";

import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { type Clock, tryIsoTime } from "../../platform/clock.ts";
import { durationText } from "../../platform/duration.ts";
import { AppError } from "../../platform/errors.ts";
import { durationInput } from "./duration-input.ts";

const DAY_MS = 86_400_000;
// The clock may be set while nothing happens; this is how late that is noticed.
const LOOK_MS = 300_000;

const Input = z.strictObject({
  for: durationInput({ leastMs: 0, mostMs: 365 * DAY_MS })
    .optional()
    .meta({ description: "How long, counted from the start of the step: a restart of the server changes nothing" }),
  until: z
    .string()
    .refine((text) => /^\d{4}-\d\d-\d\dT/u.test(text) && tryIsoTime(text) !== undefined, {
      error: "a moment such as 2026-11-23T09:00:00Z is expected",
    })
    .optional()
    .meta({ description: "Until when, as in `2026-11-23T09:00:00Z`; a moment that is over is not waited for" }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  waited: z.int().meta({ description: "How long the step took, in milliseconds" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it: nothing, as they see how long it took" }),
});
type Output = z.infer<typeof Output>;

const NOTES: StepNotes = {
  failures: { "delay.bad-input": { retry: "never", meaning: "Not exactly one of `for` and `until` was given." } },
  example: `id: cool_down
uses: delay
with: { for: 10m }
`,
};

/** Lets time pass. */
export function delay({ clock }: { readonly clock: Clock }): StepKind {
  return defineWait({
    kind: "delay",
    summary: "Waits for a time, or until a moment.",
    input: Input,
    output: Output,
    notes: NOTES,
    run: (input, context) => wait(clock, input, context),
  });
}

async function wait(clock: Clock, input: Input, context: StepContext): Promise<StepResult<Output>> {
  const leftMs = timeLeft(clock, input, context);
  for (let left = leftMs(); left > 0; left = leftMs()) {
    context.progress({ text: `${durationText(left)} to go` });
    await clock.sleep(Math.min(left, LOOK_MS), context.signal);
  }
  const waited = Math.max(0, Math.round(clock.now() - context.startedAt));
  return { status: "succeeded", output: { waited, notes: [] } };
}

/** A time counts on a clock that nobody can set, once we are here; a moment is one of the clock on the wall. */
function timeLeft(clock: Clock, input: Input, { startedAt }: StepContext): () => number {
  const { for: forMs, until } = input;
  const atMs = until === undefined ? undefined : tryIsoTime(until);
  if (forMs !== undefined && atMs === undefined) {
    const restMs = Math.min(forMs, startedAt + forMs - clock.now());
    const endMs = clock.monotonic() + restMs;
    return () => endMs - clock.monotonic();
  }
  if (forMs === undefined && atMs !== undefined) return () => atMs - clock.now();
  throw new AppError('One of "for" and "until" says how long. Give either.', { code: "delay.bad-input" });
}
