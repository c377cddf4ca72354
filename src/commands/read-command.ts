import { basename, extname } from "node:path";

import type { CommandDraft, CommandSetting } from "./command-draft.ts";
import { type Acts, type Answers, CommandFile, type InputDefinition } from "./command-file.ts";
import { type CommandDiagnostic, CommandSource } from "./command-source.ts";
import type { Command, CommandInput, SubCommand } from "./command.ts";
import { issueDiagnostics } from "./issue-text.ts";
import { readInputs } from "./read-inputs.ts";
import { type Chain, readChain } from "./read-steps.ts";
import { readYaml } from "./read-yaml.ts";
import { isSlackOwn } from "./reserved-slashes.ts";
import { patternVerb, readPattern, type SlashPattern } from "./slash-pattern.ts";

/** A command file as text. */
export interface CommandText {
  /** As messages name it, for example `commands/promote.yaml`; the command's id is its last part without the extension. */
  readonly file: string;
  readonly text: string;
}

/** What a command file says, before its chain is compiled against the others. */
export interface CommandReading {
  readonly id: string;
  readonly source: CommandSource;
  readonly diagnostics: readonly CommandDiagnostic[];
  /** Undefined where the file says too little that can be read. */
  readonly head?: Pick<SubCommand, "id" | "name" | "summary" | "inputs"> & Partial<Pick<Command, "pattern">>;
  readonly body?: ReadBody | undefined;
}

type ReadBody = Exclude<Command["body"], { kind: "plan" }> | { readonly kind: "plan"; readonly draft: CommandDraft };

/** The id of the command that stands in a file of this name. */
export function commandId(file: string): string {
  return basename(file, extname(file));
}

/** Reads one command file and checks what can be checked of it alone. Never throws for what is in it: every mistake is a diagnostic. */
export function readCommand({ file, text }: CommandText, setting: CommandSetting): CommandReading {
  const source = new CommandSource(file, text);
  const id = commandId(file);
  if (!/^[a-z][a-z0-9-]{0,39}$/u.test(id)) {
    const message = "the name of a command file has small letters, digits and hyphens, such as promote.yaml";
    return { id, source, diagnostics: [source.diagnostic({ offset: 0, length: 1 }, message)] };
  }
  const yaml = readYaml(source, text);
  if (!yaml.ok) return { id, source, diagnostics: yaml.diagnostics };
  const parsed = CommandFile.safeParse(yaml.value);
  if (!parsed.success) {
    const keys = Object.keys(CommandFile.shape);
    const issues = issueDiagnostics(source, { error: parsed.error, value: yaml.value, base: [], keys });
    // A key that there is not says nothing about the rest of the file.
    const rest = CommandFile.safeParse(only(keys, yaml.value));
    if (!rest.success) return { id, source, diagnostics: issues };
    const reading = new CommandReader({ source, id, file: rest.data, setting }).read();
    return { ...reading, diagnostics: [...issues, ...reading.diagnostics] };
  }
  return new CommandReader({ source, id, file: parsed.data, setting }).read();
}

function only(keys: readonly string[], value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
}

/** The types of the inputs that a question or an act cannot do without. */
const NEEDED: Readonly<Record<Answers | Acts, readonly InputDefinition["type"][]>> = {
  status: [],
  history: [],
  help: [],
  queue: [],
  page: ["run"],
  triggers: [],
  where: ["service"],
  who: [],
  diff: ["service", "revision", "environment"],
  plan: ["string"],
  cancel: ["run"],
  retry: ["run"],
  signal: ["run", "string"],
  lock: ["service", "environment", "string"],
  unlock: ["service", "environment"],
};

interface Parts {
  readonly source: CommandSource;
  readonly id: string;
  readonly file: CommandFile;
  readonly setting: CommandSetting;
}

type RunKey = "on-failure" | "finally" | "outputs" | "defaults" | "timeout" | "urgent";

/** What belongs to the chain of a command, and what to a run of its own. */
const CHAIN_KEYS: readonly RunKey[] = ["on-failure", "finally", "outputs", "defaults", "timeout", "urgent"];
const OWN_RUN_KEYS = ["on-failure", "finally", "timeout", "urgent", "verb"] as const;

class CommandReader {
  readonly #diagnostics: CommandDiagnostic[] = [];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  read(): CommandReading {
    const { source, file, id } = this.#parts;
    const pattern = file.on === undefined ? undefined : this.#pattern(file.on);
    const inputs = readInputs(
      { source, diagnostics: this.#diagnostics },
      { raw: file.inputs, pattern, isTyped: file.on !== undefined, hasSteps: file.steps !== undefined },
    );
    const verb = file.verb ?? (pattern && (patternVerb(pattern) ?? pattern.slash)) ?? id;
    const body = this.#body({ inputs, verb });
    const { name, summary } = file;
    const head = { id, name, summary, inputs, ...(pattern !== undefined && { pattern: this.#named(pattern) }) };
    return { id, source, head, body, diagnostics: this.#diagnostics };
  }

  #pattern(on: NonNullable<CommandFile["on"]>): SlashPattern | undefined {
    const { source, setting } = this.#parts;
    const path = ["on", "slash"];
    const reading = readPattern(on.slash);
    if (!reading.ok) {
      this.#report(source.textSpan(path, on.slash, reading.mistake), reading.mistake.message);
      return undefined;
    }
    const { slash } = reading.pattern;
    const name = setting.slashNames[slash] ?? slash;
    if (isSlackOwn(name)) {
      const span = source.textSpan(path, on.slash, { offset: 0, length: slash.length + 1 });
      this.#report(span, `/${name} is Slack's own; take another name, or make it a verb: /qd ${name}`);
    }
    return reading.pattern;
  }

  #named(pattern: SlashPattern): SlashPattern {
    return { ...pattern, slash: this.#parts.setting.slashNames[pattern.slash] ?? pattern.slash };
  }

  #body(given: { readonly inputs: readonly CommandInput[]; readonly verb: string }): ReadBody | undefined {
    const { source, file } = this.#parts;
    if (file.answers !== undefined) {
      this.#refuseKeys(["acts", "steps", ...CHAIN_KEYS], "a command that answers has no run, and so no");
      this.#checkNeeds("answers", given.inputs, NEEDED[file.answers]);
      return { kind: "answers", answers: file.answers };
    }
    if (file.acts !== undefined) {
      this.#refuseKeys(["steps", ...CHAIN_KEYS], "a command that acts has no run, and so no");
      this.#checkNeeds("acts", given.inputs, NEEDED[file.acts]);
      return { kind: "acts", acts: file.acts, verb: given.verb };
    }
    if (file.steps === undefined || file.steps.length === 0) {
      const span = file.steps === undefined ? { offset: 0, length: 1 } : source.keySpan(["steps"]);
      this.#report(span, 'a command has "steps" with at least one step, or "answers", or "acts"');
      return undefined;
    }
    const hint = 'without "on" a command is only used by others and is no run of its own, so there is no';
    if (file.on === undefined) this.#refuseKeys(OWN_RUN_KEYS, hint);
    return this.#chains(given, file.steps);
  }

  #chains(given: Pick<CommandDraft, "inputs" | "verb">, entries: readonly unknown[]): ReadBody | undefined {
    const { id, source, file } = this.#parts;
    const steps = this.#chain("steps", entries);
    const onFailure = this.#chain("on-failure", file["on-failure"] ?? []);
    const last = this.#chain("finally", file.finally ?? []);
    // Without all of the inputs, every expression that uses the missing one would be reported too.
    if (given.inputs.length < Object.keys(file.inputs).length) return undefined;
    return { kind: "plan", draft: { id, source, file, ...given, steps, onFailure, finally: last } };
  }

  #refuseKeys(keys: readonly (keyof CommandFile)[], why: string): void {
    const { source, file } = this.#parts;
    for (const key of keys) if (file[key] !== undefined) this.#report(source.keySpan([key]), `${why} "${key}"`);
  }

  #checkNeeds(key: "answers" | "acts", inputs: readonly CommandInput[], types: readonly string[]): void {
    const { source, file } = this.#parts;
    if (file.on === undefined) {
      this.#report(source.valueSpan([key]), `a command with "${key}" is typed, so it has "on" with "slash"`);
    }
    const missing = types.filter((type) => !inputs.some(({ definition }) => definition.type === type));
    // An input that could not be read is reported by itself.
    if (missing.length === 0 || inputs.length < Object.keys(file.inputs).length) return;
    const what = missing.map((type) => `one of type ${type}`).join(" and ");
    this.#report(source.valueSpan([key]), `"${file[key] ?? ""}" needs among its inputs ${what}`);
  }

  #chain(key: "steps" | "on-failure" | "finally", entries: readonly unknown[]): Chain {
    return readChain({ source: this.#parts.source, diagnostics: this.#diagnostics }, { entries, path: [key] });
  }

  #report(span: { readonly offset: number; readonly length: number }, message: string): void {
    this.#diagnostics.push(this.#parts.source.diagnostic(span, message));
  }
}
