import type { Command, SubCommand } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import { type Outlined, outlinedLocks, type OutlinedStep, outlinedSteps, outlineOf } from "../domain/plan-outline.ts";
import type { Plan } from "../domain/plan.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { Scope } from "../expressions/evaluate.ts";
import { granteesOf, type RoleEntry } from "../inventory/authorize.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { tryRuleAtStep } from "../steps/own-rule.ts";
import type { PlannedInput } from "./plan-inputs.ts";

/** An approval that would be asked, and the steps that ask for it. */
export interface ForecastApproval {
  /** Absent where the run is for no environment. */
  readonly environment?: string;
  /** Absent where it is about none. */
  readonly app?: string;
  readonly rule: ApprovalRule;
  readonly gates: readonly string[];
}

/** Who may start it there. */
export interface ForecastStarters {
  /** Absent for a command that is for no environment. */
  readonly environment?: string;
  readonly from: readonly RoleEntry[];
}

/** What a command would do, as far as that can be told from files. */
export interface Forecast {
  readonly command: string;
  readonly title: string;
  readonly inputs: readonly PlannedInput[];
  readonly steps: readonly Outlined[];
  readonly onFailure: readonly Outlined[];
  readonly finally: readonly Outlined[];
  readonly outputs: readonly string[];
  readonly locks: readonly { readonly key: string; readonly whenLocked: "queue" | "refuse"; readonly hold: boolean }[];
  readonly approvals: readonly ForecastApproval[];
  readonly secrets: readonly { readonly name: string; readonly kept: string }[];
  /** Who may start it, by environment; nothing for a command that only others use. */
  readonly starters: readonly ForecastStarters[];
  /** What would or could keep it from ending well, one sentence each. */
  readonly blocks: readonly string[];
}

export interface ForecastAsk {
  readonly command: SubCommand & Partial<Command>;
  readonly plan: Plan;
  readonly inputs: readonly PlannedInput[];
  readonly inventory: Inventory;
  readonly configuration: Configuration;
}

/** Walks through a plan with the inputs that are known. Pure. */
export function forecast(ask: ForecastAsk): Forecast {
  const { command, plan, inputs, configuration } = ask;
  const scope = scopeOf(inputs, plan.secrets ?? []);
  const steps = outlineOf(plan.steps, scope);
  const onFailure = outlineOf(plan.onFailure, scope);
  const last = outlineOf(plan.finally ?? [], scope);
  const all = [...steps, ...onFailure, ...last];
  const apps = [...new Set(outlinedSteps(all).flatMap(({ app }) => app ?? []))];
  const approvals = approvalsOf(ask, steps);
  return {
    command: command.id,
    title: command.name,
    inputs,
    steps,
    onFailure,
    finally: last,
    outputs: Object.keys(plan.outputs ?? {}),
    locks: locksOf(all),
    approvals,
    secrets: (plan.secrets ?? []).map((name) => ({ name, kept: keptOf(configuration, name) })),
    starters: command.pattern === undefined ? [] : startersOf(ask, apps),
    blocks: blocksOf(ask, { steps, apps }),
  };
}

/** Each lock once, however many parts of the chain are inside it, and with the strictest that they say of it. */
function locksOf(all: readonly Outlined[]): Forecast["locks"] {
  const locks = new Map<string, Forecast["locks"][number]>();
  for (const { keys, whenLocked, hold } of outlinedLocks(all)) {
    for (const key of keys) {
      const before = locks.get(key);
      const queues = whenLocked === "queue" && before?.whenLocked !== "refuse";
      locks.set(key, { key, whenLocked: queues ? "queue" : "refuse", hold: hold || before?.hold === true });
    }
  }
  return [...locks.values()];
}

function scopeOf(inputs: readonly PlannedInput[], secrets: readonly string[]): Scope {
  const known = inputs.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  const named = Object.fromEntries(secrets.map((name) => [name, { secret: name }]));
  return { ...Object.fromEntries(known), run: {}, steps: {}, secrets: named };
}

function approvalsOf(ask: ForecastAsk, steps: readonly Outlined[]): readonly ForecastApproval[] {
  const { inventory } = ask;
  const gates = outlinedSteps(steps).filter(({ sort, when }) => sort === "gate" && when !== "skipped");
  const apps = [...new Set(gates.flatMap(({ app }) => app ?? []))];
  const places = apps.flatMap((app) => {
    const rule = inventory.ruleOf(app);
    const environment = inventory.ownerOf(app)?.target.name;
    if (rule === undefined || environment === undefined) return [];
    return [{ environment, app, rule, gates: gates.flatMap((gate) => (gate.app === app ? [gate.name] : [])) }];
  });
  return [...places, ...gates.flatMap((gate) => (gate.app === undefined ? approvalBeside(ask, gate) : []))];
}

/** That of a gate that is about no application: as the environment of the run says, or else the step. */
function approvalBeside(ask: ForecastAsk, { name, given }: OutlinedStep): readonly ForecastApproval[] {
  const environment = namedIn(ask, "environment");
  const theirs = environment === undefined ? undefined : ask.inventory.ruleOf("", environment);
  const rule = theirs ?? tryRuleAtStep(given);
  return rule === undefined ? [] : [{ ...(environment !== undefined && { environment }), rule, gates: [name] }];
}

/** The name of what was given for the first input of a type, where it is known. */
function namedIn({ inputs }: ForecastAsk, type: "service" | "environment"): string | undefined {
  return inputs.find((input) => input.type === type && input.value !== undefined && input.value !== null)?.given;
}

function startersOf(ask: ForecastAsk, apps: readonly string[]): readonly ForecastStarters[] {
  const { plan, inputs, inventory, configuration } = ask;
  const environment = namedIn(ask, "environment");
  if (!inputs.some(({ type, given }) => type === "service" && given !== undefined)) {
    const from = granteesOf(configuration, { verb: plan.verb, environment });
    return [{ ...(environment !== undefined && { environment }), from }];
  }
  const owners = apps.flatMap((app) => inventory.ownerOf(app) ?? []);
  const named = namedPlaces(ask, environment);
  return inventory.environments.flatMap(({ name }) => {
    const service = owners.find(({ target }) => target.name === name)?.service.name ?? named.get(name);
    if (service === undefined) return [];
    return [{ environment: name, from: granteesOf(configuration, { verb: plan.verb, service, environment: name }) }];
  });
}

/** The service that is named, by those of its environments that are named: one, or all. */
function namedPlaces(ask: ForecastAsk, environment: string | undefined): ReadonlyMap<string, string> {
  const found = ask.inventory.findService(namedIn(ask, "service") ?? "");
  if (found.kind === "unknown") return new Map();
  const { name: service, environments } = found.service;
  const places = environments.filter(({ name }) => environment === undefined || name === environment);
  return new Map(places.map(({ name }) => [name, service]));
}

function blocksOf(
  ask: ForecastAsk,
  { steps, apps }: { readonly steps: readonly Outlined[]; readonly apps: readonly string[] },
): readonly string[] {
  const { inputs, plan, configuration } = ask;
  const hasRevision = inputs.some(({ type }) => type === "revision");
  return [
    ...(configuration.mode === "observe" ? ["The configuration says mode: observe, so nothing can be started."] : []),
    ...startersOf(ask, apps).flatMap(({ environment, from }) =>
      from.length === 0 && ask.command.pattern !== undefined
        ? [
            `No grant allows anybody to ${[plan.verb, ...(environment === undefined ? [] : [`in ${environment}`])].join(" ")}, so it would be refused.`,
          ]
        : [],
    ),
    ...ungated(ask, outlinedSteps(steps)),
    ...(outlinedLocks(steps).length > 0
      ? ["A lock may be held by another run or set by hand; /qd queue shows it on a running server."]
      : []),
    ...(hasRevision
      ? ["Git: the revision has to exist, on a branch that may be deployed, and not before what is live."]
      : []),
    ...(apps.length > 0 ? ["Argo CD: what is live, sync windows and auto-sync are looked at when it runs."] : []),
  ];
}

/** What changes an environment that asks for approval does not start there unless a gate before it was approved. */
function ungated({ inventory }: ForecastAsk, steps: readonly OutlinedStep[]): readonly string[] {
  return steps.flatMap(({ name, protects, when, app }, index) => {
    const rule = app === undefined ? undefined : inventory.ruleOf(app);
    if (!protects || when === "skipped" || app === undefined || rule === undefined) return [];
    const isAsked = steps
      .slice(0, index)
      .some((step) => step.sort === "gate" && step.app === app && step.when !== "skipped");
    const environment = inventory.ownerOf(app)?.target.name ?? app;
    return isAsked
      ? []
      : [`${environment} asks for approval and no step before "${name}" asks anybody, so "${name}" would not start.`];
  });
}

function keptOf({ secrets }: Configuration, name: string): string {
  const source = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (source?.env !== undefined) return `environment variable ${source.env}`;
  return source?.file === undefined ? "not declared" : `file ${source.file}`;
}
