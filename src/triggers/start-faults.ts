import type { InputDefinition } from "../commands/command-file.ts";
import type { Command, CommandInput } from "../commands/command.ts";
import { readInput } from "../commands/input-value.ts";
import { type PatternItem, patternInputs } from "../commands/slash-pattern.ts";
import type { Configuration } from "../config/configuration.ts";
import { type Fault, unknownName } from "../config/fault.ts";
import type { StartSettings } from "../config/trigger-settings.ts";
import { checkExpression } from "../expressions/check.ts";
import { ANY, type ExpressionType, type TypeScope, typeText } from "../expressions/expression-type.ts";
import { bareExpression, parseTemplate } from "../expressions/template.ts";

interface Where {
  /** Of the entry. */
  readonly path: Fault["path"];
  /** Undefined while mistakes in the command files leave open which there are. */
  readonly commands: readonly Command[] | undefined;
  /** What expressions may use. */
  readonly scope: TypeScope;
  /** Whether a commit has to be named in full. */
  readonly mustBePinned: boolean;
  readonly places: KnownPlaces;
}

/** What can be named. */
export interface KnownPlaces {
  /** Undefined where they are found in Argo CD: then no name of one is wrong yet. */
  readonly services: readonly string[] | undefined;
  readonly environments: readonly string[];
}

export function knownPlaces({
  services,
  environments,
  discovery,
}: Pick<Configuration, "services" | "environments" | "discovery">): KnownPlaces {
  return {
    services: discovery === undefined ? services.map(({ name }) => name) : undefined,
    environments: environments.map(({ name }) => name),
  };
}

/** What is wrong with an entry that says what is started: the command, its inputs, and the expressions that give them. Pure. */
export function startFaults(start: StartSettings, where: Where): readonly Fault[] {
  const { path, commands, scope } = where;
  const faults: Fault[] = [];
  if (start.when !== undefined) {
    const message = conditionProblem(start.when, scope);
    if (message !== undefined) faults.push({ path: [...path, "when"], part: "value", message });
  }
  if (commands === undefined) return faults;
  const command = commands.find(({ id }) => id === start.command);
  if (command === undefined) {
    const names = commands.filter(({ body }) => body.kind !== "answers").map(({ id }) => id);
    return [
      ...faults,
      { path: [...path, "command"], part: "value", message: unknownName("command", start.command, names) },
    ];
  }
  if (command.body.kind === "answers") {
    const message = `"${command.id}" answers a question of a person, and starts nothing; name a command with steps`;
    return [...faults, { path: [...path, "command"], part: "value", message }];
  }
  return [...faults, ...inputFaults(command, start, where)];
}

function inputFaults(command: Command, { inputs }: StartSettings, where: Where): readonly Fault[] {
  const { path } = where;
  // What is never typed for the command can be given by nobody.
  const names = patternInputs(command.pattern);
  const faults = Object.entries(inputs).flatMap(([name, value]): readonly Fault[] => {
    const place = [...path, "inputs", name];
    const input = command.inputs.find((candidate) => candidate.name === name && names.includes(name));
    if (input === undefined)
      return [{ path: place, part: "key", message: unknownName(`input of ${command.id}`, name, names) }];
    const message = valueProblem(input, value, where);
    return message === undefined ? [] : [{ path: place, part: "value", message }];
  });
  const missing = requiredInputs(command).filter((name) => !Object.hasOwn(inputs, name));
  if (missing.length === 0) return faults;
  const message = `${command.id} needs ${missing.map((name) => `"${name}"`).join(" and ")} in \`inputs\``;
  return [...faults, { path: [...path, "command"], part: "value", message }];
}

function requiredInputs({ pattern }: Command): readonly string[] {
  return pattern.required.flatMap((item: PatternItem) => (item.kind === "input" ? [item.input] : []));
}

const FULL_COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;

/** Why a value can never be what the input takes; undefined when it can. */
function valueProblem(
  input: CommandInput,
  value: StartSettings["inputs"][string],
  { scope, mustBePinned, places }: Where,
): string | undefined {
  const { definition } = input;
  if (typeof value === "string" && value.includes("${{")) return templateProblem(definition, value, scope);
  if (definition.type === "revision" && mustBePinned && !(typeof value === "string" && FULL_COMMIT.test(value))) {
    return "what a trigger starts is pinned to the commit that it was told about; write an expression such as ${{ event.commit }}";
  }
  const reading = readInput(input, String(value));
  const wrong = misfit(definition, literalType(value)) ?? (reading.ok ? undefined : reading.message);
  return wrong ?? strayName(definition, String(value), places);
}

function strayName({ type }: InputDefinition, name: string, places: KnownPlaces): string | undefined {
  if (type !== "service" && type !== "environment") return undefined;
  const names = type === "service" ? places.services : places.environments;
  return names === undefined || names.includes(name) ? undefined : unknownName(type, name, names);
}

function literalType(value: StartSettings["inputs"][string]): ExpressionType {
  if (typeof value === "number") return { kind: Number.isInteger(value) ? "int" : "double" };
  return { kind: typeof value === "boolean" ? "bool" : "string" };
}

function templateProblem(definition: InputDefinition, text: string, scope: TypeScope): string | undefined {
  const template = parseTemplate(text);
  if (!template.ok) return template.problem.message;
  const types: ExpressionType[] = [];
  for (const part of template.parts) {
    if (part.kind === "text") continue;
    const check = checkExpression(part.text, scope);
    if (!check.ok) return `${part.text}: ${check.problem.message}`;
    types.push(check.type);
  }
  const [only = ANY] = types;
  return misfit(definition, template.parts.length === 1 ? only : { kind: "string" });
}

const TEXT: readonly ExpressionType[] = [{ kind: "string" }];

/** The sorts of values that can be typed for an input, what belongs there first. */
const FITTING: Readonly<Record<InputDefinition["type"], readonly ExpressionType[]>> = {
  service: TEXT,
  environment: TEXT,
  revision: TEXT,
  string: [...TEXT, { kind: "int" }, { kind: "double" }, { kind: "bool" }],
  number: [{ kind: "double" }, { kind: "int" }],
  boolean: [{ kind: "bool" }],
  choice: TEXT,
  duration: TEXT,
  run: TEXT,
  person: TEXT,
};

function misfit({ type }: InputDefinition, given: ExpressionType): string | undefined {
  const fitting = FITTING[type];
  const [wanted = ANY] = fitting;
  if (given.kind === "any" || fitting.some(({ kind }) => kind === given.kind)) return undefined;
  return `this is ${typeText(given)}, and ${typeText(wanted)} belongs here`;
}

function conditionProblem(text: string, scope: TypeScope): string | undefined {
  const bare = bareExpression(text);
  const check = checkExpression(bare, scope);
  if (!check.ok) return `${bare}: ${check.problem.message}`;
  const { kind } = check.type;
  return kind === "bool" || kind === "any"
    ? undefined
    : `a condition is true or false, and this is ${typeText(check.type)}`;
}
