import type { CommandNode } from "../domain/plan.ts";
import { ANY, type ExpressionType, type TypeScope } from "../expressions/expression-type.ts";
import type { Json } from "../platform/canonical-json.ts";
import { type GivenValue, hasExpression, valuesOf } from "./check-with.ts";
import type { ValuePath } from "./command-source.ts";
import type { CommandInput } from "./command.ts";
import { defaultValue } from "./input-value.ts";
import { unknownKey } from "./issue-text.ts";
import { readGiven, whyNoInput } from "./given-input.ts";
import type { PlanContext } from "./plan-context.ts";
import type { NamedEntry } from "./read-steps.ts";
import { literalTemplate } from "./template-expression.ts";
import type { UsedCommand } from "./used-command.ts";

type Use = NamedEntry & { readonly sort: "use" };

/** Compiles the use of a command as a step: its steps stand in the node, and see only what is passed to it. */
export function compileUse(
  context: PlanContext,
  { entry, path, command }: Use,
  { scope, condition }: { readonly scope: TypeScope; readonly condition: { readonly if?: string } },
): { readonly node: CommandNode; readonly outputs: ExpressionType } {
  const { uses, id } = entry;
  const values = valuesOf(entry, { path, defaults: context.defaults });
  context.kindsUsed.add(uses);
  const node = { type: "command", key: id, command, ...condition } as const;
  const found = context.findUsed(command);
  if (found.kind === "refused") context.report(context.source.valueSpan([...path, "uses"]), found.why);
  // What is not known has no outputs that could be compared either.
  if (found.kind !== "found") return { node: { ...node, inputs: {}, outputs: {}, steps: [] }, outputs: ANY };
  const { used } = found;
  for (const secret of used.secrets) context.secrets.add(secret);
  const inputs = new InputReader(context, { uses, used, scope }).read(values, [...path, "uses"]);
  const outputs = { kind: "object", name: `steps.${id}.outputs`, fields: used.outputTypes } as const;
  return { node: { ...node, inputs, outputs: used.outputs, steps: used.nodes }, outputs };
}

interface UseOf {
  readonly uses: string;
  readonly used: UsedCommand;
  readonly scope: TypeScope;
}

/** Compares what is passed with what the command takes, and fills in what it has for the rest. */
class InputReader {
  readonly #context: PlanContext;
  readonly #use: UseOf;

  constructor(context: PlanContext, use: UseOf) {
    this.#context = context;
    this.#use = use;
  }

  read(values: readonly GivenValue[], path: ValuePath): Record<string, Json> {
    const { used, uses } = this.#use;
    const names = used.inputs.map(({ name }) => name);
    const { source } = this.#context;
    for (const { key, path: at } of values.filter((value) => !names.includes(value.key))) {
      this.#context.report(source.keySpan(at), `${uses}: ${unknownKey(key, names)}`);
    }
    const missing = used.inputs.filter((input) => isNeeded(input) && !values.some(({ key }) => key === input.name));
    if (missing.length > 0) {
      const what = missing.map(({ name }) => `"${name}"`).join(" and ");
      this.#context.report(source.valueSpan(path), `${uses} needs ${what} in "with"`);
    }
    return Object.fromEntries(
      used.inputs.map((input) => {
        const given = values.find(({ key }) => key === input.name);
        return [input.name, given === undefined ? templateOf(defaultValue(input)) : this.#value(input, given)];
      }),
    );
  }

  #value(input: CommandInput, { value, path }: GivenValue): Json {
    const { source } = this.#context;
    if (typeof value === "string" && hasExpression(value)) {
      const type = this.#context.checkTemplate({ path, text: value }, this.#use.scope);
      const reason = whyNoInput(input, type);
      if (reason !== undefined) this.#context.report(source.valueSpan(path), `"${input.name}": ${reason}`);
      return value;
    }
    const reading = readGiven(input, value);
    if (reading.ok) return templateOf(reading.value);
    this.#context.report(source.valueSpan(path), `"${input.name}": ${reading.message}`);
    return null;
  }
}

/** Nothing is typed where a command is used, so nothing is looked up in the place of what was not typed either. */
function isNeeded({ definition }: CommandInput): boolean {
  const hasDefault = "default" in definition && definition.default !== undefined;
  return !definition.optional && !hasDefault;
}

function templateOf(value: Json): Json {
  return typeof value === "string" ? literalTemplate(value) : value;
}
