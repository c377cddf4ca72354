import type { PlanNode, StepNode } from "../domain/plan.ts";
import { valuesOf } from "./check-with.ts";
import type { ValuePath } from "./command-source.ts";
import type { CommandInput } from "./command.ts";
import type { PlanContext } from "./plan-context.ts";
import type { NamedEntry } from "./read-steps.ts";
import { memberNames } from "./schema-member.ts";
import type { StepDescription } from "./step-catalogue.ts";

/** A step that would be reached in a run of the command, also inside of a command that it uses. */
interface Reached {
  /** As a message names it. */
  readonly name: string;
  readonly kind: StepDescription | undefined;
  /** The names of what it is given. */
  readonly given: readonly string[];
  /** Where it, or the command with it, is used. */
  readonly path: ValuePath;
}

/** Reports steps that could not begin in any run of a command that is typed, because of what it is for. */
export function checkReach(
  context: PlanContext,
  { named, inputs }: { readonly named: readonly NamedEntry[]; readonly inputs: readonly CommandInput[] },
): void {
  const types = new Set(inputs.map(({ definition }) => definition.type));
  if (types.has("service")) return;
  for (const step of named.flatMap((entry) => reachedBy(context, entry))) {
    const why = whyNever(step, types.has("environment"));
    if (why !== undefined) context.report(context.source.valueSpan([...step.path, "uses"]), why);
  }
}

function whyNever({ name, kind, given }: Reached, hasEnvironment: boolean): string | undefined {
  // What is given a plan is let through by the approval of that.
  if (kind?.protects === true && given.includes("app") && !given.includes("plan")) {
    return `${name} changes an environment of a service, and this command is for no service: give it an input of type service`;
  }
  if (hasEnvironment || !asksByPlace(kind) || given.includes("app") || given.includes("from")) return undefined;
  return `${name} would ask nobody: this command is for no environment that says who may approve, so name them in "from"`;
}

/** A kind of somebody else may know by itself whom to ask. */
function asksByPlace(kind: StepDescription | undefined): boolean {
  const names = kind?.sort === "gate" ? (memberNames(kind.inputSchema) ?? []) : [];
  return names.includes("app") && names.includes("from");
}

function reachedBy(context: PlanContext, entry: NamedEntry): readonly Reached[] {
  const { path } = entry;
  const kindOf = (uses: string): StepDescription | undefined => context.catalogue.get(uses);
  if (entry.sort === "step") {
    const { uses, with: own } = entry.entry;
    const values = valuesOf({ uses, with: own }, { path, defaults: context.defaults });
    return [{ name: uses, kind: kindOf(uses), given: values.map(({ key }) => key), path }];
  }
  const found = context.findUsed(entry.command);
  if (found.kind !== "found") return [];
  return found.used.nodes.flatMap(stepsIn).map((step) => ({
    name: `${step.uses} in command/${entry.command}`,
    kind: kindOf(step.uses),
    given: Object.keys(step.with),
    path,
  }));
}

function stepsIn(node: PlanNode): readonly StepNode[] {
  switch (node.type) {
    case "step":
      return [node];
    case "parallel":
      return node.branches.flatMap(stepsIn);
    case "lock":
    case "group":
    case "command":
    case "for-each":
      return node.steps.flatMap(stepsIn);
  }
}
