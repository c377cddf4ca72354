import type { Plan, PlanNode } from "../domain/plan.ts";
import type { ExpressionType, TypeScope } from "../expressions/expression-type.ts";
import type { Json } from "../platform/canonical-json.ts";
import { compileChain } from "./chain-compiler.ts";
import { checkReach } from "./check-reach.ts";
import { checkMembers } from "./check-with.ts";
import type { CommandDraft, CommandSetting } from "./command-draft.ts";
import type { OutputDefinition } from "./command-file.ts";
import type { CommandDiagnostic } from "./command-source.ts";
import { unknownKind } from "./compile-step.ts";
import { ENDED_RUN, FAILURE, inputScope } from "./input-types.ts";
import { PlanContext } from "./plan-context.ts";
import { allNamed, type NamedEntry } from "./read-steps.ts";
import { checkTiming } from "./step-timing.ts";
import type { FindUsed, UsedCommand } from "./used-command.ts";

const MOST_STEPS = 200;

export interface CompiledCommand {
  readonly plan: Plan;
  /** The same for a command that uses it. */
  readonly used: UsedCommand;
  readonly diagnostics: readonly CommandDiagnostic[];
}

/** Compiles a command into what a run executes, and reports everything that cannot be right about it. */
export function compilePlan(
  draft: CommandDraft,
  { setting, findUsed }: { readonly setting: CommandSetting; readonly findUsed: FindUsed },
): CompiledCommand {
  const { source, file, inputs } = draft;
  const named = [...allNamed(draft.steps), ...allNamed(draft.onFailure), ...allNamed(draft.finally)];
  const ids = new Set(named.map(({ entry }) => entry.id));
  const context = new PlanContext({ source, catalogue: setting.catalogue, findUsed, defaults: file.defaults, ids });
  refuseIds(context, named);
  const steps = countSteps(named, findUsed);
  const isReadable = steps <= MOST_STEPS;
  if (!isReadable) refuseLength(context, { steps, own: named.length });
  // Nothing more is looked at, because the steps of commands that use one another could be more than can be counted.
  const scope = inputScope(inputs, setting.secrets ?? []);
  const chains = compileChains(context, isReadable ? draft : { ...draft, ...NO_CHAINS }, scope);
  if (isReadable) checkDefaults(context);
  if (isReadable && file.on !== undefined) checkReach(context, { named, inputs });
  const outputs = Object.fromEntries(chains.outputs.map(({ name, value }) => [name, value]));
  const outputTypes = Object.fromEntries(chains.outputs.map(({ name, type }) => [name, type]));
  const secrets = [...context.secrets].toSorted();
  const plan = planOf(draft, { ...chains, outputs, secrets });
  const used = { inputs, nodes: chains.steps, outputs, outputTypes, secrets, steps };
  return { plan, used, diagnostics: context.diagnostics };
}

interface Chains {
  readonly steps: readonly PlanNode[];
  readonly onFailure: readonly PlanNode[];
  readonly finally: readonly PlanNode[];
}

const NO_CHAINS = { steps: [], onFailure: [], finally: [] };

function compileChains(
  context: PlanContext,
  draft: CommandDraft,
  scope: TypeScope,
): Chains & { readonly outputs: readonly Output[] } {
  const main = compileChain(context, draft.steps, scope);
  const failed = compileChain(context, draft.onFailure, { ...scope, failure: FAILURE });
  const ended = compileChain(context, draft.finally, { ...scope, run: ENDED_RUN });
  const outputs = draft.steps.length === 0 ? [] : outputsOf(context, draft.file.outputs ?? {}, main.scope);
  return { steps: main.nodes, onFailure: failed.nodes, finally: ended.nodes, outputs };
}

function planOf(
  { id, verb, file }: CommandDraft,
  chains: Chains & { readonly outputs: Readonly<Record<string, Json>>; readonly secrets: readonly string[] },
): Plan {
  const { steps, onFailure, finally: last, outputs, secrets } = chains;
  return {
    engine: 1,
    command: id,
    title: file.name,
    verb,
    steps: [...steps],
    onFailure: [...onFailure],
    ...(last.length > 0 && { finally: [...last] }),
    ...(Object.keys(outputs).length > 0 && { outputs: { ...outputs } }),
    ...(secrets.length > 0 && { secrets: [...secrets] }),
    ...(file.timeout !== undefined && { timeoutMs: file.timeout }),
    ...(file.urgent === true && { urgent: true }),
  };
}

/** `finally` at the top is where the steps of that branch stand, so no step has it for an id. */
function refuseIds(context: PlanContext, named: readonly NamedEntry[]): void {
  const seen = new Set<string>();
  for (const { entry, path } of named) {
    const report = (message: string): void => context.report(context.source.valueSpan([...path, "id"]), message);
    if (seen.has(entry.id)) report(`there are two steps "${entry.id}"; an id names one step of the command`);
    if (entry.id === "finally") report('"finally" names the steps at the end of a run; give this one another id');
    seen.add(entry.id);
  }
}

function countSteps(named: readonly NamedEntry[], findUsed: FindUsed): number {
  return named.reduce((sum, entry) => {
    if (entry.sort === "step") return sum + 1;
    const found = findUsed(entry.command);
    return sum + (found.kind === "found" ? found.used.steps : 1);
  }, 0);
}

function refuseLength(context: PlanContext, { steps, own }: { readonly steps: number; readonly own: number }): void {
  const among = steps > own ? ", those of the commands that it uses among them" : "";
  const message = `a command has at most ${MOST_STEPS} steps, this one has ${steps}${among}`;
  context.report(context.source.keySpan(["steps"]), message);
}

interface Output {
  readonly name: string;
  readonly value: Json;
  readonly type: ExpressionType;
}

function outputsOf(
  context: PlanContext,
  outputs: Readonly<Record<string, OutputDefinition>>,
  scope: TypeScope,
): readonly Output[] {
  return Object.entries(outputs).map(([name, { value }]) => {
    const path = ["outputs", name, "value"];
    if (typeof value === "string") return { name, value, type: context.checkTemplate({ path, text: value }, scope) };
    checkMembers(context, { value, path }, scope);
    return { name, value, type: { kind: "any" } };
  });
}

/** A default that no step takes is a mistake: somebody counts on it. */
function checkDefaults(context: PlanContext): void {
  const { defaults, source, catalogue, kindsUsed } = context;
  if (defaults === undefined) return;
  checkTiming(context, { entry: defaults, path: ["defaults"] });
  for (const uses of Object.keys(defaults.with)) {
    const isKind = catalogue.get(uses) !== undefined;
    const unused = `no step of this command uses "${uses}", so nothing takes this`;
    const message = isKind || uses.startsWith("command/") ? unused : unknownKind(uses, [...catalogue.keys()]);
    if (!kindsUsed.has(uses)) context.report(source.keySpan(["defaults", "with", uses]), message);
  }
}
