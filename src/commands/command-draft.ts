import type { CommandFile } from "./command-file.ts";
import type { CommandSource } from "./command-source.ts";
import type { CommandInput } from "./command.ts";
import type { Chain } from "./read-steps.ts";
import type { StepCatalogue } from "./step-catalogue.ts";

/** What a command is checked against, beyond itself and the other commands. */
export interface CommandSetting {
  readonly catalogue: StepCatalogue;
  /** Other names for slash commands than the files give them: `promote` to `deploy`. */
  readonly slashNames: Readonly<Record<string, string>>;
  /** The names of the secrets that the configuration declares. */
  readonly secrets?: readonly string[] | undefined;
}

/** A command that starts a run, read but not yet compiled: for that all commands have to be known. */
export interface CommandDraft {
  readonly id: string;
  readonly source: CommandSource;
  readonly file: CommandFile;
  readonly verb: string;
  readonly inputs: readonly CommandInput[];
  readonly steps: Chain;
  readonly onFailure: Chain;
  readonly finally: Chain;
}
