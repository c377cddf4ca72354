import { evaluateCondition, evaluateTemplate } from "../expressions/evaluate.ts";
import type { Json } from "../platform/canonical-json.ts";
import { durationText } from "../platform/duration.ts";
import { errorText } from "../platform/errors.ts";
import type { StartSettings } from "../config/trigger-settings.ts";
import type { Trigger } from "./compile-triggers.ts";
import type { TriggerEvent } from "./trigger-kind.ts";

/** What one entry of a trigger makes of one event. */
export type StartDecision =
  | {
      readonly kind: "start";
      readonly event: TriggerEvent;
      /** The place of the entry among those of the trigger. */
      readonly entry: number;
      readonly command: string;
      /** What is typed for its inputs. */
      readonly values: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "nothing";
      readonly event: TriggerEvent;
      /** Undefined where the event itself is not to be believed any more. */
      readonly entry?: number;
      readonly reason: string;
    }
  | {
      /** Its expressions say nothing for this event: whoever wrote them has something to mend. */
      readonly kind: "failed";
      readonly event: TriggerEvent;
      readonly entry: number;
      readonly command: string;
      readonly reason: string;
    };

// Two clocks are never quite the same.
const FUTURE_MS = 5 * 60_000;

/** What the events of a delivery start, and why not what they do not. Pure; `at` is when they arrived. */
export function decideStarts(
  { starts, oldestMs }: Pick<Trigger, "starts" | "oldestMs">,
  { events, at }: { readonly events: readonly TriggerEvent[]; readonly at: number },
): readonly StartDecision[] {
  return events.flatMap((event): readonly StartDecision[] => {
    const reason = momentProblem(event, { oldestMs, at });
    if (reason !== undefined) return [{ kind: "nothing", event, reason }];
    return starts.map((start, entry) => decide(start, { event, entry }));
  });
}

/** Why nothing is started, in one line. */
export function nothingText(decision: Exclude<StartDecision, { readonly kind: "start" }>): string {
  return decision.kind === "failed" ? `${decision.command}: ${decision.reason}` : decision.reason;
}

function momentProblem(
  { happenedAt }: TriggerEvent,
  { oldestMs, at }: { readonly oldestMs: number; readonly at: number },
): string | undefined {
  if (happenedAt === undefined) return undefined;
  if (happenedAt > at + FUTURE_MS)
    return "it is from the future by its own account; is the clock of this machine right?";
  if (happenedAt < at - oldestMs) return `it happened more than ${durationText(oldestMs)} ago, by its own account`;
  return undefined;
}

function decide(
  { command, when, inputs }: StartSettings,
  told: { readonly event: TriggerEvent; readonly entry: number },
): StartDecision {
  const scope = { event: told.event.event };
  const failed = (reason: string): StartDecision => ({ kind: "failed", ...told, command, reason });
  try {
    if (when !== undefined && !evaluateCondition(when, scope))
      return { kind: "nothing", ...told, reason: `${command}: its condition does not hold` };
  } catch (error) {
    return failed(`its condition cannot be told (${errorText(error)})`);
  }
  const values: Record<string, string> = {};
  for (const [name, template] of Object.entries(inputs)) {
    try {
      const text = textOf(evaluateTemplate(template, scope));
      if (text === undefined) return failed(`the value for "${name}" is no text`);
      if (text !== "") values[name] = text;
    } catch (error) {
      return failed(`the value for "${name}" cannot be told (${errorText(error)})`);
    }
  }
  return { kind: "start", ...told, command, values };
}

/** As it would be typed; nothing for what is not there. */
function textOf(value: Json): string | undefined {
  if (value === null) return "";
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}
