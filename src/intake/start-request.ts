import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { commandText } from "../commands/command-text.ts";
import type { Command } from "../commands/command.ts";
import { lockKey } from "../domain/hand-lock.ts";
import { JsonValue } from "../domain/outcome.ts";
import type { Plan } from "../domain/plan.ts";
import type { Origin, RunTarget } from "../domain/run-event.ts";
import { Revision, type Service, type Target } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { EventStore, Person } from "../engine/ports.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { RunService } from "../engine/run-service.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { digestOf, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { shortId } from "../platform/ids.ts";
import { typedValues, valueOf } from "./command-values.ts";
import { type NamedPlaces, namePlaces } from "./name-places.ts";
import type { PeopleCheck } from "./people-check.ts";
import { outOfReachOf, resolveLive, resolveTyped, type RevisionDeps, stepBackOf } from "./resolve-revision.ts";
import { resolveRollback, type RollbackAsk } from "./resolve-rollback.ts";
import { type Looked, lookAtTargets, type LookedAt, obstacleOf } from "./resolve-target.ts";

export interface StartDeps extends RevisionDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly inventory: Inventory;
  readonly check: Pick<PeopleCheck, "mayAct">;
  readonly runs: Pick<RunService, "newRunId" | "start" | "starting" | "tryState">;
  readonly events: Pick<EventStore, "listRuns">;
  readonly locks: Pick<LockDesk, "on">;
  /** People are led to this run: its messages are made sure of. */
  readonly lookAgain: (run: string) => void;
}

/** A command that was understood, with what was typed for its inputs. */
export interface StartAsk {
  readonly command: Command;
  readonly plan: Plan;
  readonly values: JsonMap;
  readonly person: Person;
  readonly origin: Origin;
  readonly signal: AbortSignal;
  /** Marks the request as dealt with, in the commit of the turn in which it is called. */
  readonly settle: (answer: Answer) => Promise<void>;
}

/**
 * Starts a run, or says why not. Everything that can be known beforehand is checked here, before anybody is asked to
 * approve anything: who asks, what exists, which commit it is, and what Argo CD would refuse.
 */
export async function startFromRequest(deps: StartDeps, ask: StartAsk): Promise<Answer> {
  const named = namePlaces(deps.inventory, ask);
  if (named.kind === "refused") return named.answer;
  const { service, target, targets } = named.value;
  const acts = targets.map(({ name }) => ({ verb: ask.plan.verb, service: service.name, environment: name }));
  const authorization = await deps.check.mayAct(ask.person, acts);
  if (authorization.kind === "denied") return notice(authorization.code, authorization.message);
  const places = targets.map(({ name: environment }) => ({ service: service.name, environment }));
  const locked = lockedAnswer(deps, ask.plan, places);
  if (locked !== undefined) return locked;
  const looked = await lookAtTargets(deps.servers, { service, targets, signal: ask.signal });
  if (looked.kind === "refused") return looked.answer;
  const revision = await resolveAsked(deps, ask, { seen: looked.value, service });
  if (revision.kind === "refused") return revision.answer;
  const obstacle = obstacleOf(looked.value);
  if (obstacle !== undefined) return obstacle;
  return await start(deps, ask, { service, target, targets, revision: revision.value });
}

/** Who has locked what, when a hand lock covers one of the environments. */
export function lockedAnswer(
  { locks: desk }: Pick<StartDeps, "locks">,
  { urgent }: Pick<Plan, "urgent">,
  places: readonly { readonly service: string; readonly environment: string }[],
): Answer | undefined {
  const found = places.flatMap((place) => desk.on(lockKey(place)) ?? []);
  // The hold that a rollback has left does not keep another one from going further back.
  const locks = found.filter(({ run }) => urgent !== true || run === undefined);
  return locks.length === 0 ? undefined : { kind: "locked", locks };
}

interface Found {
  readonly seen: readonly LookedAt[];
  readonly service: Service;
}

/** The commit that the inputs name or stand for. */
export async function resolveAsked(
  deps: RevisionDeps,
  { command, values, signal }: Pick<StartAsk, "command" | "values" | "signal">,
  { seen, service }: Found,
): Promise<Looked<Revision>> {
  const input = command.inputs.find(({ definition }) => definition.type === "revision");
  const typed = valueOf(command, values, "revision");
  const last = seen.at(-1);
  if (last === undefined) throw new TypeError(`${command.id} names no environment to change`);
  const source = input?.definition.type === "revision" ? input.definition.from : undefined;
  // A command whose revision is by default a proven one is there for going back.
  if (source === "proven" && input !== undefined) {
    const text = typeof typed === "string" ? typed : undefined;
    const retype: RollbackAsk["retype"] = ({ revision, flag }) =>
      commandText(command, {
        ...typedValues(command, values),
        [input.name]: revision,
        ...(flag !== undefined && { [flag]: true }),
      });
    const [stored, unproven] = [values["stored"] === true, values["unproven"] === true];
    return await resolveRollback(deps, { seen: last, text, stored, unproven, retype, signal });
  }
  if (typeof typed !== "string") return await resolveLive(deps, { seen: last, signal });
  const revision = await resolveTyped(deps, { text: typed, seen, signal });
  if (revision.kind === "refused") return revision;
  const back = await stepBackOf(deps, { revision: revision.value, seen, service: service.name, signal });
  if (back.kind === "refused") return back;
  const reach = await outOfReachOf(deps, { revision: revision.value, seen, signal });
  return reach.kind === "refused" ? reach : revision;
}

export interface Resolved extends NamedPlaces {
  readonly revision: Revision;
}

async function start(deps: StartDeps, ask: StartAsk, resolved: Resolved): Promise<Answer> {
  const { plan, origin, person } = ask;
  const { service, targets, revision } = resolved;
  const same = findSame(deps, ask, resolved);
  if (same !== undefined) {
    deps.lookAgain(same);
    return aboutRun("run.joined", same, `${shortId(same)} is doing exactly this already: ${titleOf(ask, resolved)}.`);
  }
  const title = titleOf(ask, resolved);
  const run = deps.runs.newRunId();
  const answer = aboutRun("run.started", run, `Started ${shortId(run)}: ${title}.`);
  const started = deps.runs.start({
    run,
    plan,
    planDigest: digestOf(plan),
    inputs: inputsOf(ask, resolved),
    targets: targets.map((each) => runTarget(service, each, revision)),
    origin,
    title,
    actor: person.pseudonym,
  });
  // In the same turn and so in the same commit: a crash can never start it a second time.
  await Promise.all([started, ask.settle(answer)]);
  return answer;
}

/** `Promote checkout abc1236 to prod`, `Roll back checkout in prod to 2b4337b`, `Sync checkout in prod at 2b4337b`: as each is typed. */
export function titleOf({ command }: Pick<StartAsk, "command">, { service, target, revision }: Resolved): string {
  const input = command.inputs.find(({ definition }) => definition.type === "revision");
  const source = input?.definition.type === "revision" ? input.definition.from : undefined;
  if (source === undefined) return `${command.name} ${service.name} ${revision.short} to ${target.name}`;
  return `${command.name} ${service.name} in ${target.name} ${source === "live" ? "at" : "to"} ${revision.short}`;
}

function aboutRun(code: string, run: string, message: string): Answer {
  return { kind: "notice", code, message, run };
}

/**
 * The run that is doing the same thing, so that the same request twice is one run, also at the same moment. One that has
 * failed and only tells people so is none.
 */
function findSame(
  deps: StartDeps,
  { command, values }: StartAsk,
  { service, target, revision }: Resolved,
): string | undefined {
  const open = deps.events.listRuns({ service: service.name, environment: target.name, openOnly: true, limit: 100 });
  return [...deps.runs.starting, ...open.map(({ id }) => id)].find((run) => {
    // One that cannot be read is none that could be joined.
    const state = deps.runs.tryState(run);
    if (state === undefined) return false;
    const last = state.targets.at(-1);
    // A place may have got another application since, which that run knows nothing of.
    const isSamePlace = last?.service === service.name && last.environment === target.name && last.app === target.app;
    const isSameCommit = Revision.safeParse(state.inputs["revision"]).data?.sha === revision.sha;
    // Argo CD's own rollback brings back other sources than a sync at the same commit.
    const isSameWay = (state.inputs["stored"] === true) === (values["stored"] === true);
    const isSame = state.plan.command === command.id && isSamePlace && isSameCommit && isSameWay;
    return isSame && state.status === "running";
  });
}

function runTarget(service: Service, target: Target, { repository, sha }: Revision): RunTarget {
  return {
    service: service.name,
    environment: target.name,
    app: target.app,
    revision: { kind: "manifests", repository, sha, digests: [] },
    ...(target.approval !== undefined && { approval: target.approval }),
  };
}

/** The values of the inputs as expressions see them: names replaced by what they name. */
export function inputsOf(
  { command, values }: Pick<StartAsk, "command" | "values">,
  { service, target, revision }: Resolved,
): Record<string, Json> {
  const inputs: Record<string, Json> = {};
  for (const { name, definition } of command.inputs) {
    const byType: Readonly<Record<string, unknown>> = { service, environment: target, revision };
    const named = byType[definition.type];
    // Through JSON once: what goes into the log has no members that are undefined.
    inputs[name] = named === undefined ? (values[name] ?? null) : JsonValue.parse(JSON.parse(JSON.stringify(named)));
  }
  return inputs;
}
