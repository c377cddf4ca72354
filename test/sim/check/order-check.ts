import { rulesSince } from "./approval-check.ts";
import { type Fact, type PlanNodeOutline, rowText, textOf } from "./fact.ts";
import { goesOn, isBeside, type Round, type RoundState, roundsOf } from "./rounds.ts";
import { CHANGES, findNode, lastOf, type LoopBook, type RunBook, type StepBook } from "./run-book.ts";
import { standingOf } from "./side-by-side.ts";
import type { PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "environments in order";

interface Deps {
  /** Of each service in their order. */
  readonly places: readonly PlaceRule[];
  readonly report: Report;
}

type Say = (what: string, ...proof: readonly (Fact | undefined)[]) => void;

/**
 * Environments have their turn in their order: one after the other outside of loops that go through several at once, and in those
 * no more at a time than the command says. To be called before the row is folded.
 */
export function checkOrder({ places, report }: Deps, run: RunBook, fact: Fact): void {
  const say: Say = (what, ...proof) => {
    const rows = [...proof, fact].filter((row) => row !== undefined);
    report({ check: CHECK, what, run: run.id, proof: rows.map(rowText) });
  };
  switch (fact.type) {
    case "step.started":
      if (fact.stops !== undefined) return undefined;
      checkTurn(run, fact, say);
      checkBody(run, fact, say);
      checkPlaces(places, { run, fact }, say);
      return checkLetIn(places, { run, fact }, say);
    case "lock.requested":
      return checkTurn(run, fact, say);
    case "for-each.entered":
      return checkItems(places, { run, fact }, say);
    case "run.failed":
      return checkGivenUp(run, fact, say);
    case "run.finished":
      return fact.status === "succeeded" ? checkEverywhere(run, say) : undefined;
    default:
      return undefined;
  }
}

/** What begins in a round of a loop has its turn. */
function checkTurn(run: RunBook, fact: Fact, say: Say): void {
  for (const [path, loop] of run.loops) {
    if (fact.path?.startsWith(`${path}[`) !== true) continue;
    const rounds = roundsOf(run, path, loop);
    const at = rounds.findIndex(({ prefix }) => fact.path?.startsWith(prefix));
    const own = rounds[at];
    if (own === undefined) say(`${fact.path} began, and ${path} has no such round.`);
    else if (isBeside(run, path, loop)) checkWindow({ run, path, loop, rounds, at }, fact, say);
    else checkBefore(run, rounds.slice(0, at), fact, say);
  }
}

interface Turn {
  readonly run: RunBook;
  readonly path: string;
  readonly loop: LoopBook;
  readonly rounds: readonly Round[];
  readonly at: number;
}

/** No more rounds go at once than the loop says, and they begin in their order. */
function checkWindow({ run, path, loop, rounds, at }: Turn, fact: Fact, say: Say): void {
  const open = rounds.filter(({ state }, index) => state === "open" || index === at);
  if (open.length > loop.atATime) {
    const keys = open.map(({ key }) => key).join(", ");
    say(`${fact.path} began, and then ${open.length} rounds of ${path} went at once (${keys}), not ${loop.atATime}.`);
  }
  if (rounds[at]?.state !== "new") return;
  const before = rounds.slice(0, at).find(({ state }) => state === "new");
  if (before !== undefined) say(`${fact.path} began before anything had begun in ${before.key}.`);
  const bad = goesOn(run, path) ? undefined : rounds.find(({ state }) => state === "failed");
  if (bad !== undefined) say(`${fact.path} began although ${bad.key} had failed.`);
}

/** Nothing begins in a round before everything is done in those before it. */
function checkBefore(run: RunBook, rounds: readonly Round[], fact: Fact, say: Say): void {
  const environments = new Set(Array.from(run.targets.values(), ({ environment }) => environment));
  for (const { key, prefix } of rounds) {
    const steps = Array.from(run.steps.values()).filter(({ path }) => path.startsWith(prefix));
    const open = steps.find(({ status }) => status !== "succeeded" && status !== "skipped");
    if (open !== undefined) say(`${fact.path} began while ${open.path} was ${open.status}.`, open.started);
    else if (environments.has(key) && !steps.some(isProof))
      say(`${fact.path} began although ${key}, which comes before, was not proven.`);
  }
}

/** In a round one thing comes after the other, and nothing is left out. */
function checkBody(run: RunBook, fact: Fact, say: Say): void {
  const { path = "" } = fact;
  for (const loop of run.loops.keys()) {
    const [, prefix] = path.startsWith(`${loop}[`) ? (/^(.*\]\/)[^\]]*$/u.exec(path) ?? []) : [];
    if (prefix?.startsWith(`${loop}[`) !== true || prefix.slice(loop.length + 1).includes("[")) continue;
    const body = sequenceOf(findNode(run.plan, lastOf(loop))?.steps ?? []);
    const at = body.indexOf(path.slice(prefix.length));
    const open = body.slice(0, Math.max(0, at)).find((key) => !isOver(run.steps.get(prefix + key)));
    if (open !== undefined) say(`${path} began before ${open} was done there.`, run.steps.get(prefix + open)?.started);
  }
}

/** The keys of the steps that always come one after the other. */
function sequenceOf(nodes: readonly PlanNodeOutline[]): readonly string[] {
  return nodes.flatMap((node) => {
    if (node.type === "step") return [node.key];
    return node.type === "lock" && node.if === undefined ? sequenceOf(node.steps ?? []) : [];
  });
}

function isOver(step: StepBook | undefined): boolean {
  return step?.status === "succeeded" || step?.status === "skipped";
}

function isProof({ uses, status }: StepBook): boolean {
  return uses === "argocd/wait" && status === "succeeded";
}

interface Begun {
  readonly run: RunBook;
  readonly fact: Fact;
}

/** Nothing changes in an environment before what is to be done in those before it is proven, unless they go side by side. */
function checkPlaces(places: readonly PlaceRule[], { run, fact }: Begun, say: Say): void {
  const { path = "" } = fact;
  const own = CHANGES.has(fact.uses ?? "") ? placeAt(places, fact.input) : -1;
  if (own === -1) return;
  const service = places[own]?.service;
  for (const step of stepsInOrder(run, path)) {
    const other = placeAt(places, step.input);
    if (other === own || places[other]?.service !== service) continue;
    const problem = other > own ? "had its turn" : problemBefore(run, step);
    if (problem !== undefined)
      say(`${path} began, and ${step.path}, which is for another place, ${problem}.`, step.started);
  }
}

/** Steps that do not go side by side with this one. */
function stepsInOrder(run: RunBook, path: string): readonly StepBook[] {
  return Array.from(run.steps.values()).filter(({ stops, path: other }) => {
    const standing = standingOf(run, other, path);
    return stops === undefined && standing !== "beside" && standing !== "apart";
  });
}

/** Why nothing may be built on a step. */
function problemBefore(run: RunBook, step: StepBook): string | undefined {
  if (!isOver(step)) return `was ${step.status}`;
  return CHANGES.has(step.uses) && !isProven(run, step) ? "was not proven" : undefined;
}

function placeAt(places: readonly PlaceRule[], input: Fact["input"]): number {
  const app = textOf(input, "app");
  return app === "" ? -1 : places.findIndex((place) => place.app === app);
}

function isProven(run: RunBook, { input, reachedAt }: StepBook): boolean {
  return Array.from(run.steps.values()).some(
    (step) => isProof(step) && step.reachedAt > reachedAt && textOf(step.input, "app") === textOf(input, "app"),
  );
}

/** Where a gate stands before everything, and its environment asks, it has let the run through before anything changes anywhere. */
function checkLetIn(places: readonly PlaceRule[], { run, fact }: Begun, say: Say): void {
  const gate = run.plan.steps.find(({ type, uses }) => type === "step" && uses === "approval");
  if (gate === undefined || !CHANGES.has(fact.uses ?? "")) return;
  const step = run.steps.get(`${run.plan.command}/${gate.key}`);
  const isNeeded = step?.status !== "skipped" || isAlwaysAsked(places, run);
  const problem = isNeeded ? gateProblem(step, textOf(fact.input, "revision")) : undefined;
  if (problem !== undefined) say(`${fact.path} began although ${gate.key} was ${problem}.`, step?.started);
}

function gateProblem(gate: StepBook | undefined, revision: string): string | undefined {
  if (gate?.status !== "succeeded") return gate?.status ?? "not reached";
  const { toRevision = revision } = gate.gate?.subject ?? {};
  return toRevision === revision ? undefined : `about ${toRevision.slice(0, 7)} and not ${revision.slice(0, 7)}`;
}

/** Whether the first environment of a run has asked for approval all the time. */
function isAlwaysAsked(places: readonly PlaceRule[], { targets, started }: RunBook): boolean {
  const first = places.find(({ app }) => targets.has(app));
  return first !== undefined && rulesSince(first, started.seenAt).every((rule) => rule !== undefined);
}

/** A loop through the environments of a run goes through them in their order, and one that names none takes all that there are. */
function checkItems(places: readonly PlaceRule[], { run, fact }: Begun, say: Say): void {
  const environments = Array.from(run.targets.values(), ({ environment }) => environment);
  const keys = (fact.items ?? []).map(({ key }) => key);
  if (keys.length === 0 || !keys.every((key) => environments.includes(key))) return;
  const [service] = Array.from(run.targets.values(), (target) => target.service);
  const own = places.filter((place) => place.service === service).map(({ environment }) => environment);
  const inOrder = own.filter((environment) => keys.includes(environment));
  if (inOrder.join(" ") !== keys.join(" ")) say(`${fact.path} goes through ${keys.join(", ")} in another order.`);
  if (run.inputs["environment"] === undefined && environments.length !== own.length)
    say(`The run is for ${environments.join(", ")} only, and ${service} is in ${own.join(", ")}.`);
}

/** Whoever has succeeded has been everywhere. */
function checkEverywhere(run: RunBook, say: Say): void {
  const steps = [...run.steps.values()];
  if (!steps.some(({ uses }) => CHANGES.has(uses))) return;
  for (const { app, environment } of run.targets.values()) {
    if (!steps.some((step) => isProof(step) && textOf(step.input, "app") === app))
      say(`The run has succeeded, and nothing was proven in ${environment}.`);
  }
  for (const [path, loop] of run.loops) {
    const left = roundsOf(run, path, loop).find(({ state }) => state === "new" || state === "failed");
    if (left !== undefined && loop.keys.length > 0) say(`The run has succeeded, and ${left.prefix} is ${left.state}.`);
  }
}

/** A loop fails by the round that failed first, and one that goes on with the others only when all of them have had their turn. */
function checkGivenUp(run: RunBook, fact: Fact, say: Say): void {
  const { path = "" } = fact;
  for (const [loop, book] of run.loops) {
    if (!path.startsWith(`${loop}[`) || !isBeside(run, loop, book)) continue;
    const first = [...run.failures.keys()].find((other) => other.startsWith(`${loop}[`));
    if (first !== path)
      say(`The run failed because of ${path}, and ${first ?? "nothing"} had failed first in ${loop}.`);
    const open = run.underWay().find((step) => step.path.startsWith(`${loop}[`));
    if (open !== undefined)
      say(`The run failed because of ${path}, and ${open.path} was ${open.status}.`, open.started);
    const left = goesOn(run, loop) ? roundsOf(run, loop, book).find(({ state }) => NOT_OVER.has(state)) : undefined;
    if (left !== undefined) say(`The run failed because of ${path}, and ${left.prefix} was ${left.state}.`);
  }
}

const NOT_OVER: ReadonlySet<RoundState> = new Set(["open", "new", "left"]);

/** What must not be left undone in loops when a commit is over. */
export function checkWindows(run: RunBook, report: Report): void {
  if (run.status !== "running" || run.isOver) return;
  for (const [path, loop] of run.loops) {
    if (!isBeside(run, path, loop)) continue;
    checkFilled(run, { path, loop }, report);
    checkAsking(run, path, report);
  }
}

/** As soon as one round is through, the next begins. */
function checkFilled(
  run: RunBook,
  { path, loop }: { readonly path: string; readonly loop: LoopBook },
  report: Report,
): void {
  if (!goesOn(run, path) && failedIn(run).length > 0) return;
  const rounds = roundsOf(run, path, loop);
  const open = rounds.filter(({ state }) => state === "open").length;
  const next = rounds.find(({ state }) => state === "new" || state === "left");
  if (open >= loop.atATime || next === undefined) return;
  const what = `${open} rounds of ${path} go on, and nothing begins in ${next.key}, although ${loop.atATime} may go at once.`;
  report({ check: CHECK, what, run: run.id });
}

/** Nobody is asked any more about what does not begin because something beside it has failed. */
function checkAsking(run: RunBook, path: string, report: Report): void {
  const failed = goesOn(run, path) ? undefined : failedIn(run).find((other) => other.startsWith(`${path}[`));
  if (failed === undefined) return;
  for (const step of run.underWay()) {
    if (step.sort !== "gate" || standingOf(run, failed, step.path) !== "beside") continue;
    const what = `${step.path} goes on asking although ${failed} has failed beside it.`;
    report({ check: CHECK, what, run: run.id, proof: [rowText(step.started)] });
  }
}

function failedIn({ steps, failures }: RunBook): readonly string[] {
  const failed = Array.from(steps.values()).filter(({ status, stops }) => status === "failed" && stops === undefined);
  return [...failures.keys(), ...failed.map(({ path }) => path)];
}
