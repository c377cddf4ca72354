import { InputDefinition } from "./command-file.ts";
import type { CommandDiagnostic, CommandSource, Span } from "./command-source.ts";
import type { CommandInput } from "./command.ts";
import { readInput } from "./input-value.ts";
import { issueDiagnostics } from "./issue-text.ts";
import { compilePattern, LONGEST_PATTERNED_TEXT } from "./safe-pattern.ts";
import { allItems, type PatternFlag, patternInputs, type SlashPattern } from "./slash-pattern.ts";

interface Reader {
  readonly source: CommandSource;
  readonly diagnostics: CommandDiagnostic[];
}

/** Names that mean something else in expressions. */
const TAKEN = new Set([
  "steps",
  "run",
  "failure",
  "secrets",
  "in",
  "true",
  "false",
  "null",
  "as",
  "break",
  "const",
  "continue",
]);
const TAKEN_TOO = new Set([
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "return",
  "var",
  "while",
]);
// Nobody reads more at once, and each has to be looked for in the file.
const MOST_DIAGNOSTICS = 100;
const NAME = /^[a-z][A-Za-z0-9_]{0,39}$/u;

interface RawInputs {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly pattern: SlashPattern | undefined;
  /** Whether people can type the command, also where what they type could not be read. */
  readonly isTyped: boolean;
  /** Without steps there are no expressions, and so an input may be called `run`, as it is in them. */
  readonly hasSteps: boolean;
}

/** Reads the inputs of a command and compares them with one another and with what is typed. */
export function readInputs(
  { source, diagnostics }: Reader,
  { raw, pattern, isTyped, hasSteps }: RawInputs,
): readonly CommandInput[] {
  const checker = new InputChecker({ source, diagnostics }, hasSteps);
  const inputs = Object.entries(raw).flatMap(([name, value]) => checker.read(name, value) ?? []);
  for (const input of inputs) {
    checker.checkReferences(input, inputs);
    checker.checkSecret(input, isTyped);
  }
  if (isTyped && hasSteps) checker.checkPlaces(inputs);
  if (pattern !== undefined && inputs.length === Object.keys(raw).length) checker.checkPattern(inputs, pattern);
  return inputs;
}

class InputChecker {
  readonly #source: CommandSource;
  readonly #diagnostics: CommandDiagnostic[];

  readonly #hasSteps: boolean;

  constructor({ source, diagnostics }: Reader, hasSteps: boolean) {
    this.#hasSteps = hasSteps;
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  read(name: string, value: unknown): CommandInput | undefined {
    if (this.#diagnostics.length >= MOST_DIAGNOSTICS) return undefined;
    const isTaken = (TAKEN.has(name) || TAKEN_TOO.has(name)) && (this.#hasSteps || name !== "run");
    if (!NAME.test(name) || isTaken) {
      const why = NAME.test(name)
        ? "means something else in expressions"
        : "is no name: letters, digits and _, such as abcDef";
      this.#report(this.#source.keySpan(["inputs", name]), `"${name}" ${why}`);
      return undefined;
    }
    const result = InputDefinition.safeParse(value);
    if (result.success) return this.#withPattern(name, result.data);
    const keys = keysOfType(value);
    const issues = issueDiagnostics(this.#source, { error: result.error, value, base: ["inputs", name], keys });
    this.#diagnostics.push(...issues);
    return undefined;
  }

  #withPattern(name: string, definition: InputDefinition): CommandInput {
    if (definition.type !== "string" || definition.pattern === undefined)
      return this.#withDefault({ name, definition });
    const compiled = compilePattern(definition.pattern);
    if (compiled.ok) {
      const max = Math.min(definition.max, LONGEST_PATTERNED_TEXT);
      return this.#withDefault({ name, definition: { ...definition, max }, pattern: compiled.pattern });
    }
    this.#report(this.#source.valueSpan(["inputs", name, "pattern"]), compiled.message);
    return { name, definition };
  }

  #withDefault(input: CommandInput): CommandInput {
    const { definition } = input;
    const text = "default" in definition && definition.type !== "duration" ? definition.default : undefined;
    const reading = text === undefined ? undefined : readInput(input, String(text));
    if (reading?.ok === false) {
      this.#report(
        this.#source.valueSpan(["inputs", input.name, "default"]),
        `the default does not fit: ${reading.message}`,
      );
    }
    return input;
  }

  /** By what is named a run is authorised, joined, queued and found again. */
  checkPlaces(inputs: readonly CommandInput[]): void {
    for (const type of ["service", "environment", "revision"] as const) {
      const [first, ...others] = inputs.filter(({ definition }) => definition.type === type);
      for (const { name } of others) {
        const message = `"${first?.name}" is of type ${type} already; a run is for one, so take a string, or a command for each`;
        this.#report(this.#source.keySpan(["inputs", name]), message);
      }
    }
    const service = inputs.find(({ definition }) => definition.type === "service");
    for (const { name, definition } of inputs) {
      if (service === undefined || definition.type !== "environment" || definition.of !== undefined) continue;
      const message = `beside a service, an environment is one of that service: { type: environment, of: ${service.name} }`;
      this.#report(this.#source.keySpan(["inputs", name]), message);
    }
  }

  checkReferences({ name, definition }: CommandInput, inputs: readonly CommandInput[]): void {
    const refer = (key: "of" | "in", other: string | undefined, type: InputDefinition["type"]): void => {
      if (other === undefined || inputs.some((input) => input.name === other && input.definition.type === type)) return;
      if (definition.type === "revision" && key === "of" && !inputs.some((input) => input.definition.type === type)) {
        const message =
          `a revision is one of a service, in whose repository it is looked for: give the command an input of type service, ` +
          `"${other}: { type: service }"`;
        this.#report(this.#source.valueSpan(["inputs", name, key]), message);
        return;
      }
      const there = inputs.filter((input) => input.definition.type === type).map((input) => input.name);
      const right =
        there.length === 0 ? `there is no input of type ${type}` : `of type ${type} there is: ${there.join(", ")}`;
      this.#report(this.#source.valueSpan(["inputs", name, key]), `"${key}" names an input of type ${type}; ${right}`);
    };
    if (definition.type === "environment" || definition.type === "revision") refer("of", definition.of, "service");
    if (definition.type !== "revision") return;
    refer("in", definition.in, "environment");
    if (definition.from !== undefined && definition.in === undefined) {
      const message = `"from: ${definition.from}" needs "in", which names the environment where that is looked up`;
      this.#report(this.#source.keySpan(["inputs", name, "from"]), message);
    }
  }

  /** A secret comes from the command that uses this one: never from a message, and never from the file. */
  checkSecret({ name, definition }: CommandInput, isTyped: boolean): void {
    if (definition.type !== "string" || definition.secret !== true) return;
    const at = (key: string): Span => this.#source.keySpan(["inputs", name, key]);
    if (isTyped) {
      const right = "name it as secrets.NAME in the steps, or leave out on: then other commands pass it";
      this.#report(at("secret"), `a secret is never typed, so a command with "on" has no such input; ${right}`);
    }
    if (definition.default !== undefined) this.#report(at("default"), "a secret has no default; it is always passed");
    if (definition.optional) this.#report(at("optional"), "a secret is not optional; it is always passed");
    if (definition.pattern !== undefined)
      this.#report(at("pattern"), "a secret is never looked at, so it has no pattern");
  }

  checkPattern(inputs: readonly CommandInput[], pattern: SlashPattern): void {
    const typed = patternInputs(pattern);
    const names = inputs.map(({ name }) => name);
    for (const name of typed.filter((candidate) => !names.includes(candidate))) {
      this.#report(this.#slash(), `<${name}> is not among the inputs; there is: ${names.join(", ")}`);
    }
    for (const input of inputs) this.#checkPresence(input, pattern);
    for (const flag of pattern.flags) this.#checkFlag(flag, inputs);
    this.#checkRest(inputs, pattern);
  }

  #checkRest(inputs: readonly CommandInput[], pattern: SlashPattern): void {
    const rest = allItems(pattern).find((item) => item.kind === "input" && item.rest === true);
    if (rest?.kind !== "input") return;
    const type = inputs.find(({ name }) => name === rest.input)?.definition.type;
    if (type === undefined || type === "string") return;
    this.#report(this.#slash(), `<${rest.input}...> takes several words, so "${rest.input}" is of type string`);
  }

  #checkPresence({ name, definition }: CommandInput, pattern: SlashPattern): void {
    const at = this.#source.keySpan(["inputs", name]);
    const isRequired = pattern.required.some((item) => item.kind === "input" && item.input === name);
    if (isRequired && definition.optional) {
      this.#report(at, `"${name}" is optional, so it stands in brackets in on.slash: [<${name}>]`);
    }
    const isSecret = definition.type === "string" && definition.secret === true;
    if (isRequired || isSecret || mayBeMissing(definition)) return;
    const why = patternInputs(pattern).includes(name) ? "may be left out in on.slash" : "is never typed in on.slash";
    this.#report(at, `"${name}" ${why}, so it needs a default, or optional: true`);
  }

  #checkFlag({ flag, input, takesValue }: PatternFlag, inputs: readonly CommandInput[]): void {
    const definition = inputs.find(({ name }) => name === input)?.definition;
    if (definition === undefined || (definition.type === "boolean") !== takesValue) return;
    const right = takesValue ? `[--${flag}]` : `[--${flag} <${input}>]`;
    this.#report(this.#slash(), `because "${input}" is of type ${definition.type}, this flag is written ${right}`);
  }

  #slash(): Span {
    return this.#source.valueSpan(["on", "slash"]);
  }

  #report(span: Span, message: string): void {
    this.#diagnostics.push(this.#source.diagnostic(span, message));
  }
}

function mayBeMissing(definition: InputDefinition): boolean {
  const hasDefault = "default" in definition && definition.default !== undefined;
  return definition.optional || hasDefault || (definition.type === "revision" && definition.from !== undefined);
}

/** The keys that an input of the type named in `value` may have. */
function keysOfType(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null || !("type" in value)) return [];
  const option = InputDefinition.options.find(({ shape }) => shape.type.value === value.type);
  return option === undefined ? [] : Object.keys(option.shape);
}
