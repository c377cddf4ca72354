import type { Turn } from "../domain/decide.ts";
import { namedEnvironment } from "../domain/named-environment.ts";
import type { RunState } from "../domain/run-state.ts";
import type { SignalAsk } from "../domain/signal-ask.ts";
import { signalPlace } from "../domain/signal.ts";
import type { Approver } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { Person } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import { canonicalJson } from "../platform/canonical-json.ts";
import { shortId } from "../platform/ids.ts";
import { actsIn } from "./name-places.ts";
import type { PeopleCheck } from "./people-check.ts";
import type { PairsReading } from "./signal-payload.ts";

export interface SignalDeps {
  readonly runs: Pick<RunService, "state" | "applyBeside">;
  readonly check: Pick<PeopleCheck, "mayAct" | "mayDecide">;
}

/** A word for a run, whatever door it came in by. */
export interface SignalMessage {
  /** The whole id. */
  readonly run: string;
  readonly name: string;
  /** As it came: the texts that somebody typed, or JSON. What cannot be read is said to those alone who may send it. */
  readonly payload: PairsReading;
  /** Who sends it; never an app of Slack. */
  readonly person: Person;
  /** The verb of the grant that it takes where the step names nobody and no verb. */
  readonly verb: string;
  /** Marks what came in as dealt with, in the commit of the turn in which it is called. */
  readonly settle: (answer: Answer) => Promise<void>;
}

/**
 * The one door for signals: finds out whether the person may send it, now, and hands it to the run, which takes it or says why
 * not. Both are told to the sender.
 */
export async function sendSignal(deps: SignalDeps, message: SignalMessage): Promise<Answer> {
  const { run, name, payload, person, settle } = message;
  for (let state = deps.runs.state(run); ;) {
    const asks = asksOf(state, name);
    const refusal = await refusalFor(deps, { state, asks }, message);
    if (refusal !== undefined) return refusal;
    if (payload.kind === "wrong") return notice("signal.payload", noPair(payload.part));
    const judged = state;
    state = deps.runs.state(run);
    // Whether they may was found out about what the run asked for; where that has changed meanwhile it is found out anew.
    if (canonicalJson(asksOf(state, name)) !== canonicalJson(asks)) continue;
    const answer = about("signal.sent", judged, `${shortId(run)} has received "${name}".`);
    const answerTo = ({ refusal: refused }: Turn): Answer =>
      refused === undefined ? answer : about(refused.code, judged, `${shortId(run)}: ${refused.message}`);
    const input = { type: "signal", name, actor: person.pseudonym, payload: payload.payload } as const;
    return answerTo(await deps.runs.applyBeside(run, { input, beside: (turn) => settle(answerTo(turn)) }));
  }
}

function noPair(part: string): string {
  return `"${part}" is no value with a name, which is written such as build=42 or note="all green".`;
}

/** Of a run that has no use for it nobody asks who sends it: the run itself refuses. */
function asksOf(state: RunState, name: string): readonly SignalAsk[] {
  const place = signalPlace(state, name);
  return place.kind === "open" ? place.asks : [];
}

async function refusalFor(
  deps: SignalDeps,
  { state, asks }: { readonly state: RunState; readonly asks: readonly SignalAsk[] },
  { name, person, verb }: SignalMessage,
): Promise<Answer | undefined> {
  const places = { environment: namedEnvironment(state)?.name, targets: state.targets };
  // Somebody to whom the run would say what it waits for may do something there.
  const verbs = asks.length === 0 ? [verb] : asks.flatMap((ask) => (ask.from === undefined ? [ask.verb ?? verb] : []));
  const acts = [...new Set(verbs)].flatMap((own) => actsIn(own, places));
  if (acts.length > 0) {
    const authorization = await deps.check.mayAct(person, acts);
    if (authorization.kind === "denied") return notice(authorization.code, authorization.message);
  }
  for (const ask of asks) {
    const refusal = await refusalBySenders(deps, ask, { name, person });
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

async function refusalBySenders(
  deps: SignalDeps,
  { from }: SignalAsk,
  { name, person }: Pick<SignalMessage, "name" | "person">,
): Promise<Answer | undefined> {
  if (from === undefined) return undefined;
  const list = from.map((sender): Approver =>
    "user" in sender ? { kind: "user", user: sender.user } : { kind: "group", ...sender },
  );
  const rule = { from: list, quorum: 1, expiresMs: 0, requesterMayApprove: true };
  const judgement = await deps.check.mayDecide({ rule, clicker: person, askers: [], decided: [], notBy: [] });
  if (judgement.kind === "allowed") return undefined;
  const code = judgement.code.replace(/^approval\./u, "signal.");
  return notice(code, MESSAGES[code]?.(name, handlesText(from)) ?? judgement.message);
}

/** What is said of it here; everything else is about the person alone, and is said as at a gate. */
const MESSAGES: Readonly<Record<string, (name: string, handles: string) => string>> = {
  "signal.not-in-group": (name, handles) => `You are not among those who may send "${name}"${handles}.`,
  "signal.group-gone": (name) =>
    `The group that may send "${name}" does not exist any more. Name another one in the command file.`,
  "signal.unverifiable": (name) =>
    `Slack does not say right now who may send "${name}", so it was not taken. Try again in a minute.`,
};

function handlesText(from: NonNullable<SignalAsk["from"]>): string {
  const handles = from.flatMap((sender) =>
    "group" in sender && sender.handle !== undefined ? [`@${sender.handle}`] : [],
  );
  return handles.length === 0 ? "" : ` (${handles.join(", ")})`;
}

function about(code: string, { id }: RunState, message: string): Answer {
  return { kind: "notice", code, message, run: id };
}
