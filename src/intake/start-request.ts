import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { commandText } from "../commands/command-text.ts";
import type { Command } from "../commands/command.ts";
import { lockKey } from "../domain/hand-lock.ts";
import type { Plan } from "../domain/plan.ts";
import type { Origin, RunTarget } from "../domain/run-event.ts";
import type { Revision, Service, Target } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { EventStore, Person } from "../engine/ports.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { RunService } from "../engine/run-service.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { digestOf, type JsonMap } from "../platform/canonical-json.ts";
import { shortId } from "../platform/ids.ts";
import { typedValues, valueOf } from "./command-values.ts";
import { actsIn, type NamedPlaces, namePlaces } from "./name-places.ts";
import type { PeopleCheck } from "./people-check.ts";
import { outOfReachOf, resolveLive, resolveTyped, type RevisionDeps, stepBackOf } from "./resolve-revision.ts";
import { resolveRollback, type RollbackAsk } from "./resolve-rollback.ts";
import { type Looked, lookAtTargets, type LookedAt, obstacleOf, type ReadAt } from "./resolve-target.ts";
import { inputsOf, type Resolved, titleOf } from "./resolved-ask.ts";
import { findSameRun } from "./same-run.ts";

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
  const places = placesOf(named.value);
  const environment = named.value.environment?.name;
  const authorization = await deps.check.mayAct(ask.person, actsIn(ask.plan.verb, { environment, targets: places }));
  if (authorization.kind === "denied") return notice(authorization.code, authorization.message);
  const locked = lockedAnswer(deps, ask.plan, places);
  if (locked !== undefined) return locked;
  const seen = await lookAtPlaces(deps, named.value, ask.signal);
  if (seen.kind === "refused") return seen.answer;
  const revision = await resolveAsked(deps, ask, { seen: seen.value, named: named.value });
  if (revision.kind === "refused") return revision.answer;
  const obstacle = obstacleOf(seen.value);
  if (obstacle !== undefined) return obstacle;
  return await start(deps, ask, { ...named.value, revision: revision.value });
}

/** The environments that a run may change, by their names. */
export function placesOf({ service, targets }: Pick<NamedPlaces, "service" | "targets">): readonly Place[] {
  if (service === undefined) return [];
  return targets.map(({ name: environment }) => ({ service: service.name, environment }));
}

interface Place {
  readonly service: string;
  readonly environment: string;
}

/** Their Applications; nothing is read where nothing is deployed. */
export async function lookAtPlaces(
  { servers }: Pick<StartDeps, "servers">,
  { service, targets }: Pick<NamedPlaces, "service" | "targets">,
  signal: AbortSignal,
): Promise<Looked<readonly ReadAt[]>> {
  if (service === undefined) return { kind: "found", value: [] };
  return await lookAtTargets(servers, { service, targets, signal });
}

/** Who has locked what, when a hand lock covers one of the environments. */
export function lockedAnswer(
  { locks: desk }: Pick<StartDeps, "locks">,
  { urgent }: Pick<Plan, "urgent">,
  places: readonly Place[],
): Answer | undefined {
  const found = places.flatMap((place) => desk.on(lockKey(place)) ?? []);
  // The hold that a rollback has left does not keep another one from going further back.
  const locks = found.filter(({ run }) => urgent !== true || run === undefined);
  return locks.length === 0 ? undefined : { kind: "locked", locks };
}

interface Found {
  readonly seen: readonly LookedAt[];
  readonly named: Pick<NamedPlaces, "service" | "environment">;
}

/** The commit that the inputs name or stand for; undefined for a command that is about none. */
export async function resolveAsked(
  deps: RevisionDeps,
  ask: Pick<StartAsk, "command" | "values" | "signal">,
  { seen, named: { service, environment } }: Found,
): Promise<Looked<Revision | undefined>> {
  const { command, values } = ask;
  const last = seen.at(-1);
  if (service === undefined || last === undefined) return { kind: "found", value: undefined };
  if (environment !== undefined) return await resolveIn(deps, ask, { seen, service, last });
  const typed = valueOf(command, values, "revision");
  if (typeof typed === "string") return await resolveNamed(deps, { text: typed, seen, service, signal: ask.signal });
  const input = command.inputs.find(({ definition }) => definition.type === "revision");
  const place = input?.definition.type === "revision" ? input.definition.in : undefined;
  if (place === undefined) return { kind: "found", value: undefined };
  const message = `Without <${place}> it is not known where to look for the revision. Name either, or both.`;
  return { kind: "refused", answer: notice("input.environment", message) };
}

interface FoundIn {
  readonly seen: readonly LookedAt[];
  readonly service: Service;
  /** The environment that was named. */
  readonly last: LookedAt;
}

async function resolveIn(
  deps: RevisionDeps,
  { command, values, signal }: Pick<StartAsk, "command" | "values" | "signal">,
  { seen, service, last }: FoundIn,
): Promise<Looked<Revision>> {
  const input = command.inputs.find(({ definition }) => definition.type === "revision");
  const typed = valueOf(command, values, "revision");
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
  return await resolveNamed(deps, { text: typed, seen, service, signal });
}

/** A revision that was typed, if it may go to all of these environments. */
async function resolveNamed(
  deps: RevisionDeps,
  named: Omit<FoundIn, "last"> & { readonly text: string; readonly signal: AbortSignal },
): Promise<Looked<Revision>> {
  const { text, seen, service, signal } = named;
  const revision = await resolveTyped(deps, { text, seen, signal });
  if (revision.kind === "refused") return revision;
  const back = await stepBackOf(deps, { revision: revision.value, seen, service: service.name, signal });
  if (back.kind === "refused") return back;
  const reach = await outOfReachOf(deps, { revision: revision.value, seen, signal });
  return reach.kind === "refused" ? reach : revision;
}

async function start(deps: StartDeps, ask: StartAsk, resolved: Resolved): Promise<Answer> {
  const { plan, origin, person } = ask;
  const same = findSameRun(deps, ask, resolved);
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
    targets: runTargets(resolved),
    origin,
    title,
    actor: person.pseudonym,
  });
  // In the same turn and so in the same commit: a crash can never start it a second time.
  await Promise.all([started, ask.settle(answer)]);
  return answer;
}

function aboutRun(code: string, run: string, message: string): Answer {
  return { kind: "notice", code, message, run };
}

function runTargets({ service, targets, revision }: Resolved): RunTarget[] {
  return service === undefined ? [] : targets.map((target) => runTarget(service, target, revision));
}

function runTarget(service: Service, target: Target, revision: Revision | undefined): RunTarget {
  const { app, approval, name: environment } = target;
  return {
    service: service.name,
    environment,
    app,
    ...(revision !== undefined && { revision: deployed(revision) }),
    ...(approval !== undefined && { approval }),
  };
}

function deployed({ repository, sha }: Revision): RunTarget["revision"] {
  return { kind: "manifests", repository, sha, digests: [] };
}
