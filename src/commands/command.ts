import type { Plan } from "../domain/plan.ts";
import type { Acts, Answers, InputDefinition } from "./command-file.ts";
import type { SlashPattern } from "./slash-pattern.ts";

/** One input of a command, as the file defines it, with what follows from its definition. */
export interface CommandInput {
  readonly name: string;
  readonly definition: InputDefinition;
  /** The compiled `pattern` of a string. */
  readonly pattern?: RegExp;
}

/** A command, loaded and checked, that nobody can type: others use it as a step. */
export interface SubCommand {
  /** The name of its file without the extension; also the root of its step paths. */
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly inputs: readonly CommandInput[];
  readonly body:
    | { readonly kind: "plan"; readonly plan: Plan }
    | { readonly kind: "answers"; readonly answers: Answers }
    /** `verb` is what grants allow, where the act is not judged by the verb of the run that it is about. */
    | { readonly kind: "acts"; readonly acts: Acts; readonly verb: string };
}

/** A command, loaded and checked: what people type, and what happens then. */
export interface Command extends SubCommand {
  readonly pattern: SlashPattern;
}
