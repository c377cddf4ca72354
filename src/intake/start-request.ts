import type { ArgocdServer } from "../argocd/argocd-server.ts";
import { commandText } from "../commands/command-text.ts";
import type { Command } from "../commands/command.ts";
import { JsonValue } from "../domain/outcome.ts";
import type { Plan } from "../domain/plan.ts";
import type { Origin, RunTarget } from "../domain/run-event.ts";
import { Revision, type Service, type Target } from "../domain/target.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { EventStore, Person } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { canonicalJson, digestOf, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { shortId } from "../platform/ids.ts";
import type { PeopleCheck } from "./people-check.ts";
import { resolveLive, resolveProven, resolveTyped, type RevisionDeps, stepBackOf } from "./resolve-revision.ts";
import { type Looked, lookAtTargets, type LookedAt, obstacleOf } from "./resolve-target.ts";

export interface StartDeps extends RevisionDeps {
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly inventory: Inventory;
  readonly check: Pick<PeopleCheck, "mayAct">;
  readonly runs: Pick<RunService, "newRunId" | "start" | "starting" | "state">;
  readonly events: Pick<EventStore, "listRuns">;
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

/** What the inputs of a command name, once looked up in the inventory. */
export interface NamedPlaces {
  readonly service: Service;
  /** The environment that was named, and the last one that the run changes. */
  readonly target: Target;
  /** Every environment that the run may change, in order. */
  readonly targets: readonly Target[];
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
  const looked = await lookAtTargets(deps.servers, { service, targets, signal: ask.signal });
  if (looked.kind === "refused") return looked.answer;
  const revision = await resolve(deps, ask, { seen: looked.value, service });
  if (revision.kind === "refused") return revision.answer;
  const obstacle = obstacleOf(looked.value, revision.value.sha);
  if (obstacle !== undefined) return obstacle;
  return await start(deps, ask, { service, target, targets, revision: revision.value });
}

/** Finds the service and the environments that the inputs name. Every command that starts a run has a service and an environment. */
export function namePlaces(
  inventory: Inventory,
  { command, plan, values }: Pick<StartAsk, "command" | "plan" | "values">,
): Looked<NamedPlaces> {
  const serviceName = textOf(command, values, "service");
  const found = inventory.findService(serviceName);
  if (found.kind === "unknown") {
    const message = `There is no service "${serviceName}". Known: ${found.known.join(", ")}.`;
    const isService = (text: string): boolean => inventory.findService(text).kind === "found";
    const hints = exchanged(command, values, { type: "service", isName: isService });
    const near = retyped(command, values, { type: "service", name: found.didYouMean });
    return refused("input.service", message, hints.length > 0 ? hints : near);
  }
  const { service } = found;
  const environmentName = textOf(command, values, "environment");
  const place = inventory.findTarget(service, environmentName);
  if (place.kind === "found") {
    const { target } = place;
    const index = service.environments.indexOf(target);
    return {
      kind: "found",
      value: { service, target, targets: service.environments.slice(goesThroughAll(plan) ? 0 : index, index + 1) },
    };
  }
  const where =
    place.kind === "unknown"
      ? `There is no environment "${environmentName}".`
      : `${service.name} is not deployed in ${environmentName}.`;
  const name = place.kind === "unknown" ? place.didYouMean : undefined;
  const isEnvironment = (text: string): boolean => service.environments.some((each) => each.name === text);
  const swapped = exchanged(command, values, { type: "environment", isName: isEnvironment });
  const hints = swapped.length > 0 ? swapped : retyped(command, values, { type: "environment", name });
  return refused("input.environment", `${where} ${service.name} has: ${place.known.join(", ")}.`, hints);
}

/** The whole command with two of its parts exchanged, when the name that was expected stands in the place of another. */
function exchanged(
  command: Command,
  values: JsonMap,
  meant: { readonly type: "service" | "environment"; readonly isName: (text: string) => boolean },
): readonly string[] {
  const input = command.inputs.find(({ definition }) => definition.type === meant.type);
  const typed = typedValues(values);
  const wrong = input === undefined ? undefined : typed[input.name];
  const other = Object.entries(typed).find(
    ([name, value]) => name !== input?.name && typeof value === "string" && meant.isName(value),
  );
  if (input === undefined || wrong === undefined || other === undefined) return [];
  const [name, value] = other;
  return [commandText(command, { ...typed, [input.name]: value, [name]: wrong })];
}

/** The whole command with the name that was probably meant, ready to be sent; nothing when none is close. */
function retyped(
  command: Command,
  values: JsonMap,
  meant: { readonly type: "service" | "environment"; readonly name: string | undefined },
): readonly string[] {
  const input = command.inputs.find(({ definition }) => definition.type === meant.type);
  if (input === undefined || meant.name === undefined) return [];
  return [commandText(command, { ...typedValues(values), [input.name]: meant.name })];
}

function typedValues(values: JsonMap): Readonly<Record<string, string | true>> {
  const typed: Record<string, string | true> = {};
  for (const [name, value] of Object.entries(values))
    if (typeof value === "string" || value === true) typed[name] = value;
  return typed;
}

/** A plan that reads the service's list of environments goes through them in order; any other works in the one that was named. */
function goesThroughAll(plan: Plan): boolean {
  return canonicalJson(plan).includes("service.environments");
}

interface Found {
  readonly seen: readonly LookedAt[];
  readonly service: Service;
}

async function resolve(deps: StartDeps, ask: StartAsk, { seen, service }: Found): Promise<Looked<Revision>> {
  const { command, values, signal } = ask;
  const input = command.inputs.find(({ definition }) => definition.type === "revision");
  const typed = input === undefined ? null : (values[input.name] ?? null);
  const last = seen.at(-1);
  if (last === undefined) throw new TypeError(`${command.id} names no environment to change`);
  const source = input?.definition.type === "revision" ? input.definition.from : undefined;
  if (typeof typed !== "string") {
    return source === "live"
      ? await resolveLive(deps, { seen: last, signal })
      : await resolveProven(deps, { seen: last, signal });
  }
  const revision = await resolveTyped(deps, { text: typed, seen, signal });
  // A command whose revision is by default a proven one is there for going back.
  if (revision.kind === "refused" || source === "proven") return revision;
  const back = await stepBackOf(deps, { revision: revision.value, seen, service: service.name, signal });
  return back.kind === "refused" ? back : revision;
}

interface Resolved extends NamedPlaces {
  readonly revision: Revision;
}

async function start(deps: StartDeps, ask: StartAsk, resolved: Resolved): Promise<Answer> {
  const { plan, origin, person } = ask;
  const { service, targets, revision } = resolved;
  const same = findSame(deps, ask, resolved);
  if (same !== undefined) {
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
function titleOf({ command }: StartAsk, { service, target, revision }: Resolved): string {
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
function findSame(deps: StartDeps, { command }: StartAsk, { service, target, revision }: Resolved): string | undefined {
  const open = deps.events.listRuns({ service: service.name, environment: target.name, openOnly: true, limit: 100 });
  return [...deps.runs.starting, ...open.map(({ id }) => id)].find((run) => {
    const state = deps.runs.state(run);
    const last = state.targets.at(-1);
    const isSamePlace = last?.service === service.name && last.environment === target.name;
    const isSameCommit = Revision.safeParse(state.inputs["revision"]).data?.sha === revision.sha;
    return state.plan.command === command.id && state.status === "running" && isSamePlace && isSameCommit;
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
function inputsOf({ command, values }: StartAsk, { service, target, revision }: Resolved): Record<string, Json> {
  const inputs: Record<string, Json> = {};
  for (const { name, definition } of command.inputs) {
    const byType: Readonly<Record<string, unknown>> = { service, environment: target, revision };
    const named = byType[definition.type];
    // Through JSON once: what goes into the log has no members that are undefined.
    inputs[name] = named === undefined ? (values[name] ?? null) : JsonValue.parse(JSON.parse(JSON.stringify(named)));
  }
  return inputs;
}

function textOf(command: Command, values: JsonMap, type: "service" | "environment"): string {
  const input = command.inputs.find(({ definition }) => definition.type === type);
  const value = input === undefined ? undefined : values[input.name];
  return typeof value === "string" ? value : "";
}

function refused(code: string, message: string, suggestions: readonly string[]): Looked<never> {
  return { kind: "refused", answer: notice(code, message, suggestions) };
}
