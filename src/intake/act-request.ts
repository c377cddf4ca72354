import { commandText } from "../commands/command-text.ts";
import type { RunInput, Turn } from "../domain/decide.ts";
import { namedEnvironment } from "../domain/named-environment.ts";
import type { RunEvent } from "../domain/run-event.ts";
import { isOpen, type RunState } from "../domain/run-state.ts";
import { type Answer, notice } from "../engine/answer.ts";
import { shortId } from "../platform/ids.ts";
import type { ActAsk, ActDeps } from "./act-ask.ts";
import { textOf, typedValues } from "./command-values.ts";
import { lockOrUnlock } from "./lock-request.ts";
import { actsIn } from "./name-places.ts";
import { namedRun } from "./named-run.ts";
import { readPairs } from "./signal-payload.ts";
import { sendSignal } from "./signal-request.ts";
import { lockedAnswer } from "./start-request.ts";

/** Does what was asked for, or says why not. */
export async function actOnRequest(deps: ActDeps, ask: ActAsk): Promise<Answer> {
  switch (ask.acts) {
    case "cancel":
      return await cancel(deps, ask);
    case "retry":
      return await retry(deps, ask);
    case "signal":
      return await signal(deps, ask);
    case "lock":
    case "unlock":
      return await lockOrUnlock(deps, ask);
  }
}

async function cancel(deps: ActDeps, ask: ActAsk): Promise<Answer> {
  const found = find(deps, ask);
  if (found.kind === "refused") return found.answer;
  const { state } = found;
  // Whoever asked for a run may always end it.
  const isOwn = state.requester === ask.person.pseudonym;
  const refusal = isOwn ? undefined : await refusalFor(deps, ask, state);
  if (refusal !== undefined) return refusal;
  const reason = textOf(ask.command, ask.values, "string");
  const answer = aboutRun("run.cancelling", state, `${shortId(state.id)} is being cancelled: ${state.title}.`);
  return await actOn(deps, ask, { state, answer, input: { type: "cancel", actor: ask.person.pseudonym, reason } });
}

async function retry(deps: ActDeps, ask: ActAsk): Promise<Answer> {
  const found = find(deps, ask);
  if (found.kind === "refused") return found.answer;
  const { state } = found;
  const refusal = (await refusalFor(deps, ask, state)) ?? lockedAnswer(deps, state.plan, placesAhead(state));
  if (refusal !== undefined) return refusal;
  const from = textOf(ask.command, ask.values, "string") || undefined;
  const again = from === undefined ? "" : ` from ${from.slice(from.lastIndexOf("/") + 1)}`;
  const answer = aboutRun("run.retried", state, `${shortId(state.id)} goes on${again}: ${state.title}.`);
  return await actOn(deps, ask, {
    state,
    answer,
    input: { type: "retry", actor: ask.person.pseudonym, behalf: ask.behalf, from },
  });
}

interface Act {
  /** The run as it was when it was found out who asks. */
  readonly state: RunState;
  readonly input: RunInput;
  /** What is answered unless the run refuses. */
  readonly answer: Answer;
}

async function actOn({ runs }: ActDeps, { settle }: ActAsk, { state, input, answer }: Act): Promise<Answer> {
  const answerTo = ({ events }: Turn): Answer => refusalIn(events, state) ?? answer;
  // What it came to in the same commit: a crash can never do it twice, and whoever asks again is told the same.
  return answerTo(await runs.applyBeside(state.id, { input, beside: (turn) => settle(answerTo(turn)) }));
}

async function signal(deps: ActDeps, ask: ActAsk): Promise<Answer> {
  const found = find(deps, ask);
  if (found.kind === "refused") return found.answer;
  const texts = ask.command.inputs.filter(({ definition }) => definition.type === "string");
  const [name = "", values = ""] = texts.map((input) => {
    const value = ask.values[input.name];
    return typeof value === "string" ? value : "";
  });
  const { person, verb, settle } = ask;
  return await sendSignal(deps, { run: found.state.id, name, payload: readPairs(values), person, verb, settle });
}

function find(
  deps: ActDeps,
  { command, values }: ActAsk,
): { readonly kind: "found"; readonly state: RunState } | { readonly kind: "refused"; readonly answer: Answer } {
  const input = command.inputs.find(({ definition }) => definition.type === "run");
  const retyped = (run: string): string =>
    commandText(command, { ...typedValues(command, values), [input?.name ?? ""]: run });
  const named = namedRun(deps.events, { text: textOf(command, values, "run"), retyped });
  return named.kind === "refused" ? named : { kind: "found", state: deps.runs.state(named.value.id) };
}

/** It takes the grant of what the run itself does, in every environment that it may change. */
async function refusalFor(deps: ActDeps, { person }: ActAsk, state: RunState): Promise<Answer | undefined> {
  const acts = actsIn(state.plan.verb, { environment: namedEnvironment(state)?.name, targets: state.targets });
  const authorization = await deps.check.mayAct(person, acts);
  return authorization.kind === "denied" ? notice(authorization.code, authorization.message) : undefined;
}

/** The environments that the run has still to change: it is not proven yet that it is through with them. */
function placesAhead({ targets, steps }: RunState): RunState["targets"] {
  const proofs = [...steps.values()].filter(({ sort, status }) => sort === "wait" && status === "succeeded");
  return targets.filter(({ app }) => !proofs.some(({ input }) => input["app"] === app));
}

/** What the run itself said to it; the run may have moved on while it was found out who asks. */
function refusalIn(events: readonly RunEvent[], state: RunState): Answer | undefined {
  const refusal = events.find((event) => event.type === "run.refused");
  if (refusal !== undefined) return aboutRun(refusal.code, state, `${shortId(state.id)}: ${refusal.message}`);
  if (events.length > 0) return undefined;
  const how = isOpen(state) ? "is under way" : "has ended";
  return aboutRun("run.unchanged", state, `${shortId(state.id)} ${how}, so nothing was changed.`);
}

function aboutRun(code: string, { id }: RunState, message: string): Answer {
  return { kind: "notice", code, message, run: id };
}
