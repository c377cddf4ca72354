import { basename, extname } from "node:path";

import { type Acts, type Answers, CommandFile, type InputDefinition } from "./command-file.ts";
import { type CommandDiagnostic, CommandSource } from "./command-source.ts";
import type { Command, CommandInput } from "./command.ts";
import { compilePlan } from "./compile-plan.ts";
import { issueDiagnostics } from "./issue-text.ts";
import { readInputs } from "./read-inputs.ts";
import { type Chain, readChain } from "./read-steps.ts";
import { readYaml } from "./read-yaml.ts";
import { isSlackOwn } from "./reserved-slashes.ts";
import { patternVerb, readPattern, type SlashPattern } from "./slash-pattern.ts";
import type { StepCatalogue } from "./step-catalogue.ts";

/** A command file as text. */
export interface CommandText {
  /** As messages name it, for example `commands/promote.yaml`; the command's id is its last part without the extension. */
  readonly file: string;
  readonly text: string;
}

/** What a command is checked against, beyond itself. */
export interface CommandSetting {
  readonly catalogue: StepCatalogue;
  /** Other names for slash commands than the files give them: `promote` to `deploy`. */
  readonly slashNames: Readonly<Record<string, string>>;
}

export interface CommandReading {
  readonly source: CommandSource;
  /** Undefined when there are diagnostics. */
  readonly command: Command | undefined;
  readonly diagnostics: readonly CommandDiagnostic[];
}

/** Reads and checks one command file. Never throws for what is in it: every mistake is a diagnostic. */
export function readCommand({ file, text }: CommandText, setting: CommandSetting): CommandReading {
  const source = new CommandSource(file, text);
  const id = basename(file, extname(file));
  if (!/^[a-z][a-z0-9-]{0,39}$/u.test(id)) {
    const message = "the name of a command file has small letters, digits and hyphens, such as promote.yaml";
    return { source, command: undefined, diagnostics: [source.diagnostic({ offset: 0, length: 1 }, message)] };
  }
  const yaml = readYaml(source, text);
  if (!yaml.ok) return { source, command: undefined, diagnostics: yaml.diagnostics };
  const parsed = CommandFile.safeParse(yaml.value);
  if (!parsed.success) {
    const keys = Object.keys(CommandFile.shape);
    const issues = issueDiagnostics(source, { error: parsed.error, value: yaml.value, base: [], keys });
    return { source, command: undefined, diagnostics: issues };
  }
  const builder = new CommandBuilder({ source, id, file: parsed.data, setting });
  const command = builder.build();
  const { diagnostics } = builder;
  return { source, command: diagnostics.length === 0 ? command : undefined, diagnostics };
}

/** The types of the inputs that a question or an act cannot do without. */
const NEEDED: Readonly<Record<Answers | Acts, readonly InputDefinition["type"][]>> = {
  status: [],
  history: [],
  help: [],
  queue: [],
  page: ["run"],
  where: ["service"],
  who: ["service"],
  diff: ["service", "revision", "environment"],
  plan: ["string"],
  cancel: ["run"],
  retry: ["run"],
  lock: ["service", "environment", "string"],
  unlock: ["service", "environment"],
};

interface Parts {
  readonly source: CommandSource;
  readonly id: string;
  readonly file: CommandFile;
  readonly setting: CommandSetting;
}

class CommandBuilder {
  readonly diagnostics: CommandDiagnostic[] = [];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  build(): Command | undefined {
    const { source, file, id } = this.#parts;
    const pattern = this.#pattern();
    const inputs = readInputs(
      { source, diagnostics: this.diagnostics },
      { raw: file.inputs, pattern, hasSteps: file.steps !== undefined },
    );
    const isComplete = inputs.length === Object.keys(file.inputs).length;
    const verb = file.verb ?? (pattern && (patternVerb(pattern) ?? pattern.slash)) ?? id;
    const body = this.#body({ inputs, verb, isComplete });
    if (pattern === undefined || body === undefined) return undefined;
    const slash = this.#parts.setting.slashNames[pattern.slash] ?? pattern.slash;
    const { name, summary } = file;
    return { id, name, summary, pattern: { ...pattern, slash }, inputs, body };
  }

  #pattern(): SlashPattern | undefined {
    const { source, file, setting } = this.#parts;
    const path = ["on", "slash"];
    const reading = readPattern(file.on.slash);
    if (!reading.ok) {
      this.#report(source.textSpan(path, file.on.slash, reading.mistake), reading.mistake.message);
      return undefined;
    }
    const { slash } = reading.pattern;
    const name = setting.slashNames[slash] ?? slash;
    if (isSlackOwn(name)) {
      const span = source.textSpan(path, file.on.slash, { offset: 0, length: slash.length + 1 });
      this.#report(span, `/${name} is Slack's own; take another name, or make it a verb: /qd ${name}`);
    }
    return reading.pattern;
  }

  #body(given: {
    readonly inputs: readonly CommandInput[];
    readonly verb: string;
    readonly isComplete: boolean;
  }): Command["body"] | undefined {
    const { source, file } = this.#parts;
    if (file.answers !== undefined) {
      this.#refuseKeys(["acts", "steps", "on-failure", "timeout", "urgent"], "answers");
      this.#checkNeeds("answers", given.inputs, NEEDED[file.answers]);
      return { kind: "answers", answers: file.answers };
    }
    if (file.acts !== undefined) {
      this.#refuseKeys(["steps", "on-failure", "timeout", "urgent"], "acts");
      this.#checkNeeds("acts", given.inputs, NEEDED[file.acts]);
      return { kind: "acts", acts: file.acts, verb: given.verb };
    }
    if (file.steps === undefined || file.steps.length === 0) {
      const span = file.steps === undefined ? { offset: 0, length: 1 } : source.keySpan(["steps"]);
      this.#report(span, 'a command has "steps" with at least one step, or "answers", or "acts"');
      return undefined;
    }
    const steps = this.#chain("steps", file.steps);
    const onFailure = this.#chain("on-failure", file["on-failure"] ?? []);
    // Without all of the inputs, every expression that uses the missing one would be reported too.
    return given.isComplete ? this.#plan({ ...given, steps, onFailure }) : undefined;
  }

  #refuseKeys(
    keys: readonly ("acts" | "steps" | "on-failure" | "timeout" | "urgent")[],
    body: "answers" | "acts",
  ): void {
    const { source, file } = this.#parts;
    for (const key of keys) {
      if (file[key] === undefined) continue;
      this.#report(source.keySpan([key]), `a command that ${body} has no run, and so no "${key}"`);
    }
  }

  #checkNeeds(key: "answers" | "acts", inputs: readonly CommandInput[], types: readonly string[]): void {
    const { source, file } = this.#parts;
    const missing = types.filter((type) => !inputs.some(({ definition }) => definition.type === type));
    // An input that could not be read is reported by itself.
    if (missing.length === 0 || inputs.length < Object.keys(file.inputs).length) return;
    const what = missing.map((type) => `one of type ${type}`).join(" and ");
    this.#report(source.valueSpan([key]), `"${file[key] ?? ""}" needs among its inputs ${what}`);
  }

  #plan({
    inputs,
    verb,
    steps,
    onFailure,
  }: {
    readonly inputs: readonly CommandInput[];
    readonly verb: string;
    readonly steps: Chain;
    readonly onFailure: Chain;
  }): Command["body"] {
    const { source, id, file, setting } = this.#parts;
    const parts = {
      command: id,
      title: file.name,
      verb,
      timeoutMs: file.timeout,
      urgent: file.urgent ?? false,
      inputs,
      steps,
      onFailure,
    };
    const { plan, diagnostics } = compilePlan(parts, { source, catalogue: setting.catalogue });
    this.diagnostics.push(...diagnostics);
    return { kind: "plan", plan };
  }

  #chain(key: "steps" | "on-failure", entries: readonly unknown[]): Chain {
    return readChain({ source: this.#parts.source, diagnostics: this.diagnostics }, { entries, path: [key] });
  }

  #report(span: { readonly offset: number; readonly length: number }, message: string): void {
    this.diagnostics.push(this.#parts.source.diagnostic(span, message));
  }
}
