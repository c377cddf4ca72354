import type { RetryRule, StepNode } from "../domain/plan.ts";
import type { StepEntry } from "./chain-entries.ts";
import type { Defaults } from "./command-file.ts";
import type { ValuePath } from "./command-source.ts";
import type { Retry } from "./file-fields.ts";
import type { PlanContext } from "./plan-context.ts";
import type { StepDescription } from "./step-catalogue.ts";

/** Reports what a step, or what holds for all of them, says of retries and time-outs that cannot be. */
export function checkTiming(
  context: PlanContext,
  {
    entry,
    path,
    kind,
  }: {
    readonly entry: Pick<StepEntry, "retry" | "timeout" | "attempt-timeout"> & { readonly uses?: string };
    readonly path: ValuePath;
    readonly kind?: StepDescription | undefined;
  },
): void {
  const { retry, timeout, "attempt-timeout": attemptTimeout, uses = "" } = entry;
  const at = (key: string) => context.source.keySpan([...path, key]);
  const isGate = kind?.sort === "gate";
  if (isGate && retry !== undefined) {
    context.report(at("retry"), `${uses} waits for people; there is nothing to try again`);
  }
  if (isGate && attemptTimeout !== undefined) {
    context.report(at("attempt-timeout"), `${uses} has one attempt; use "timeout"`);
  }
  if (attemptTimeout !== undefined && timeout !== undefined && attemptTimeout > timeout) {
    context.report(at("attempt-timeout"), `one attempt may take longer than all of them ("timeout")`);
  }
  if (retry !== undefined && retry["max-delay"] < retry.delay) {
    context.report(at("retry"), `"max-delay" is shorter than "delay"`);
  }
}

/**
 * The timing of a step: what it says itself, and for the rest the defaults. Those are not for gates, which wait for people, and an
 * attempt never gets longer than the step has.
 */
export function timingOf(
  entry: StepEntry,
  { kind, defaults }: { readonly kind: StepDescription | undefined; readonly defaults: Defaults | undefined },
): Pick<StepNode, "retry" | "timeoutMs" | "attemptTimeoutMs"> {
  const common = kind?.sort === "gate" ? undefined : defaults;
  const retry = entry.retry ?? common?.retry;
  const timeoutMs = entry.timeout ?? common?.timeout;
  const attemptTimeoutMs = entry["attempt-timeout"] ?? fitting(common?.["attempt-timeout"], timeoutMs);
  return {
    ...(retry !== undefined && { retry: retryRule(retry) }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(attemptTimeoutMs !== undefined && { attemptTimeoutMs }),
  };
}

function fitting(attemptTimeoutMs: number | undefined, timeoutMs: number | undefined): number | undefined {
  if (attemptTimeoutMs === undefined || timeoutMs === undefined) return attemptTimeoutMs;
  return attemptTimeoutMs <= timeoutMs ? attemptTimeoutMs : undefined;
}

function retryRule(retry: Retry): RetryRule {
  return { attempts: retry.attempts, delayMs: retry.delay, factor: retry.factor, maxDelayMs: retry["max-delay"] };
}
