import type { Command } from "../../commands/command.ts";
import { readInput } from "../../commands/input-value.ts";
import { patternInputs } from "../../commands/slash-pattern.ts";
import { type Fault, unknownName } from "../../config/fault.ts";
import type { StartSettings } from "../../config/trigger-settings.ts";
import { checkExpression } from "../../expressions/check.ts";
import { type ExpressionType, typeText, type TypeScope } from "../../expressions/expression-type.ts";
import { parseTemplate } from "../../expressions/template.ts";

type Path = Fault["path"];

interface Asked {
  readonly start: Pick<StartSettings, "command" | "inputs">;
  /** Where it stands in the configuration. */
  readonly path: Path;
  readonly commands: readonly Command[];
  /** What expressions may use. */
  readonly scope: TypeScope;
}

/** What is wrong with what is started: the command, its inputs and the expressions in them. */
export function startFaults({ start, path, commands, scope }: Asked): readonly Fault[] {
  const command = commands.find(({ id }) => id === start.command);
  if (command === undefined) {
    const known = commands.map(({ id }) => id);
    const message = unknownName("command", start.command, known);
    return [{ path: [...path, "command"], part: "value", message }];
  }
  const given = Object.entries(start.inputs);
  const typed = patternInputs(command.pattern);
  const faults = given.flatMap(([name, value]): readonly Fault[] => {
    const at = [...path, "inputs", name];
    const input = typed.includes(name) ? command.inputs.find((each) => each.name === name) : undefined;
    if (input === undefined) {
      return [{ path: at, part: "key", message: unknownName(`input of ${command.id}`, name, typed) }];
    }
    const text = String(value);
    if (text.includes("${{")) return templateFaults(text, { at, scope });
    const reading = readInput(input, text);
    return reading.ok ? [] : [{ path: at, part: "value", message: reading.message }];
  });
  const missing = command.pattern.required.flatMap((item) =>
    item.kind === "input" && start.inputs[item.input] === undefined ? [`"${item.input}"`] : [],
  );
  if (missing.length === 0) return faults;
  const message = `${command.id} needs ${missing.join(" and ")} in "inputs"`;
  return [...faults, { path: [...path, "command"], part: "value", message }];
}

function templateFaults(
  text: string,
  { at, scope }: { readonly at: Path; readonly scope: TypeScope },
): readonly Fault[] {
  const fault = (message: string): Fault => ({ path: at, part: "value", message });
  const template = parseTemplate(text);
  if (!template.ok) return [fault(template.problem.message)];
  return template.parts.flatMap((part) => {
    if (part.kind === "text") return [];
    const check = checkExpression(part.text, scope);
    if (!check.ok) return [fault(`${check.problem.message} in "${part.text}"`)];
    const isTyped = !NEVER_TYPED.has(check.type.kind);
    return isTyped ? [] : [fault(`what is typed is a text, but "${part.text}" is ${typeText(check.type)}`)];
  });
}

const NEVER_TYPED: ReadonlySet<ExpressionType["kind"]> = new Set(["list", "map", "object", "secret"]);
