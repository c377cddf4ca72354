import type { JsonMap } from "../platform/canonical-json.ts";
import type { Draft } from "./draft.ts";
import type { StepNode } from "./plan.ts";
import type { StepState } from "./run-state.ts";
import { readPayload, SignalAsk } from "./signal-ask.ts";
import { type KeptSignal, signalOutput, signalPlace, waitingStep } from "./signal.ts";

/** A word from outside that a step of the run waits for, or will. Whoever hands it in has found out that the sender may send it. */
export interface SignalInput {
  readonly type: "signal";
  readonly name: string;
  /** Pseudonym. */
  readonly actor: string;
  /** As it came. */
  readonly payload: JsonMap;
}

/** Records it, or why it is refused; a step that waits for it goes on. */
export function receiveSignal(draft: Draft, { name, actor, payload: given }: SignalInput): void {
  const place = signalPlace(draft.state, name);
  if (place.kind === "refused") return refuse(draft, { actor, code: place.code, message: place.message });
  const readings = place.asks.map((ask) => readPayload(ask, given));
  const problems = new Set(readings.flatMap((reading) => (reading.kind === "wrong" ? reading.problems : [])));
  const [read] = readings;
  if (problems.size > 0 || read?.kind !== "read") {
    const message = `The signal "${name}" was not taken: ${[...problems].join("; ")}.`;
    return refuse(draft, { actor, code: "signal.payload", message });
  }
  const step = waitingStep(draft.state, name);
  draft.emit({ type: "signal.received", actor, name, payload: { ...read.payload } });
  if (step !== undefined) take(draft, step, { by: actor, at: draft.at, payload: read.payload });
}

function refuse(
  draft: Draft,
  refusal: { readonly actor: string; readonly code: string; readonly message: string },
): void {
  draft.emit({ type: "run.refused", verb: "signal", ...refusal });
}

/** What the step that is about to start waits for; undefined for one that waits for no signal, or says of it what cannot be read. */
export function signalOf({ awaits }: StepNode, input: JsonMap): SignalAsk | undefined {
  return awaits === "signal" ? SignalAsk.safeParse(input).data : undefined;
}

/** A step that has just started goes on at once where it waits for a signal that came before it. */
export function takeKept(draft: Draft, path: string): void {
  const step = draft.state.steps.get(path);
  const kept = step?.signal === undefined ? undefined : draft.state.signals?.get(step.signal.name);
  if (step !== undefined && kept !== undefined) take(draft, step, kept);
}

function take(draft: Draft, { path, attempt }: StepState, signal: KeptSignal): void {
  draft.emit({ type: "step.succeeded", path, attempt, output: signalOutput(signal) });
}
