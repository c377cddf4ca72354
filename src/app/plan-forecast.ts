import type { Command, SubCommand } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import { type Outlined, outlinedLocks, type OutlinedStep, outlinedSteps, outlineOf } from "../domain/plan-outline.ts";
import type { Plan } from "../domain/plan.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { Scope } from "../expressions/evaluate.ts";
import { granteesOf, type RoleEntry } from "../inventory/authorize.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { PlannedInput } from "./plan-inputs.ts";

/** An approval that would be asked, and the steps that ask for it. */
export interface ForecastApproval {
  readonly environment: string;
  readonly app: string;
  readonly rule: ApprovalRule;
  readonly gates: readonly string[];
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
  readonly starters: readonly { readonly environment: string; readonly from: readonly RoleEntry[] }[];
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
    locks: outlinedLocks(all).flatMap(({ keys, whenLocked, hold }) => keys.map((key) => ({ key, whenLocked, hold }))),
    approvals,
    secrets: (plan.secrets ?? []).map((name) => ({ name, kept: keptOf(configuration, name) })),
    starters: command.pattern === undefined ? [] : startersOf(ask, apps),
    blocks: blocksOf(ask, { steps, apps }),
  };
}

function scopeOf(inputs: readonly PlannedInput[], secrets: readonly string[]): Scope {
  const known = inputs.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  const named = Object.fromEntries(secrets.map((name) => [name, { secret: name }]));
  return { ...Object.fromEntries(known), run: {}, steps: {}, secrets: named };
}

function approvalsOf({ inventory }: ForecastAsk, steps: readonly Outlined[]): readonly ForecastApproval[] {
  const gates = outlinedSteps(steps).filter(({ sort, when }) => sort === "gate" && when !== "skipped");
  const apps = [...new Set(gates.flatMap(({ app }) => app ?? []))];
  return apps.flatMap((app) => {
    const rule = inventory.ruleOf(app);
    const environment = inventory.ownerOf(app)?.target.name;
    if (rule === undefined || environment === undefined) return [];
    return [{ environment, app, rule, gates: gates.flatMap((gate) => (gate.app === app ? [gate.name] : [])) }];
  });
}

function startersOf({ plan, inventory, configuration }: ForecastAsk, apps: readonly string[]): Forecast["starters"] {
  const owners = apps.flatMap((app) => inventory.ownerOf(app) ?? []);
  return inventory.environments.flatMap(({ name: environment }) => {
    const owner = owners.find(({ target }) => target.name === environment);
    if (owner === undefined) return [];
    const from = granteesOf(configuration, { verb: plan.verb, service: owner.service.name, environment });
    return [{ environment, from }];
  });
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
        ? [`No grant allows anybody to ${plan.verb} in ${environment}, so it would be refused.`]
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
