import type { StepNode } from "../domain/plan.ts";
import { ANY, type ExpressionType, type TypeScope, typeOfSchema } from "../expressions/expression-type.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { checkWith, type GivenValue, valuesOf, withOf } from "./check-with.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ChainEntry } from "./read-steps.ts";
import type { StepDescription } from "./step-catalogue.ts";
import { checkTiming, timingOf } from "./step-timing.ts";

export interface CompiledStep {
  readonly node: StepNode;
  readonly outputs: ExpressionType;
}

/** Compiles the use of a step kind, and reports what cannot be right about it. */
export function compileStep(
  context: PlanContext,
  { entry, path }: ChainEntry & { readonly sort: "step" },
  { scope, condition }: { readonly scope: TypeScope; readonly condition: { readonly if?: string } },
): CompiledStep {
  const { catalogue, defaults } = context;
  const kind = catalogue.get(entry.uses);
  const values = valuesOf(entry, { path, defaults });
  context.kindsUsed.add(entry.uses);
  if (kind === undefined) {
    const message = unknownKind(entry.uses, [...catalogue.keys()]);
    context.report(context.source.valueSpan([...path, "uses"]), message);
  } else {
    const uses = { name: entry.uses, path: [...path, "uses"] };
    checkWith(context, { uses, values, schema: kind.inputSchema }, scope);
    reportFaults(context, values, kind);
  }
  checkTiming(context, { entry, path, kind });
  const node: StepNode = {
    type: "step",
    key: entry.id,
    uses: entry.uses,
    sort: kind?.sort ?? "action",
    protects: kind?.protects ?? false,
    with: withOf(values),
    ...(kind?.stopWith === undefined ? {} : { stopWith: kind.stopWith }),
    ...(kind?.awaits === undefined ? {} : { awaits: kind.awaits }),
    ...condition,
    ...timingOf(entry, { kind, defaults }),
  };
  return { node, outputs: kind === undefined ? ANY : typeOfSchema(kind.outputSchema, `steps.${entry.id}.outputs`) };
}

/** What the kind itself finds wrong in what it is given, said where that stands: at the step, or among the defaults. */
function reportFaults(context: PlanContext, values: readonly GivenValue[], kind: StepDescription): void {
  for (const { path, message } of kind.givenFaults?.(withOf(values)) ?? []) {
    const [key, ...rest] = path;
    const given = values.find((value) => value.key === key);
    if (given !== undefined) context.report(context.source.valueSpan([...given.path, ...rest]), message);
  }
}

/** What is said of a step kind that there is not. */
export function unknownKind(uses: string, kinds: readonly string[]): string {
  const near = didYouMean(uses, kinds);
  const right = near === undefined ? `There is: ${kinds.toSorted().join(", ")}` : `Did you mean "${near}"?`;
  return `no step kind "${uses}". ${right}`;
}
