import { didYouMean } from "../platform/did-you-mean.ts";
import type { CommandDraft, CommandSetting } from "./command-draft.ts";
import type { CommandDiagnostic } from "./command-source.ts";
import type { Command, SubCommand } from "./command.ts";
import { type CompiledCommand, compilePlan } from "./compile-plan.ts";
import type { CommandReading } from "./read-command.ts";
import { allNamed } from "./read-steps.ts";
import type { UsedCommandFound } from "./used-command.ts";
import { findWay, isDeeper, type UsesGraph, withoutCycles } from "./uses-graph.ts";

/** A command file with everything that is wrong in it, and the command where nothing is wrong in what it uses either. */
export interface LinkedCommand {
  readonly reading: CommandReading;
  readonly command: (SubCommand & Partial<Command>) | undefined;
  readonly diagnostics: readonly CommandDiagnostic[];
}

const DEEPEST_USE = 8;

/** Compiles commands against one another. Each is compiled once, so a mistake in one that many use is reported once, in its file. */
export function linkCommands(
  readings: readonly CommandReading[],
  setting: CommandSetting,
): { readonly links: readonly LinkedCommand[]; readonly uses: UsesGraph } {
  const linker = new CommandLinker(readings, setting);
  return { links: readings.map((reading) => linker.link(reading)), uses: linker.uses };
}

interface Compiled extends CompiledCommand {
  /** Neither it nor what it uses has a mistake. */
  readonly isSound: boolean;
}

class CommandLinker {
  readonly #setting: CommandSetting;
  readonly #readings: ReadonlyMap<string, CommandReading>;
  readonly uses: UsesGraph;
  readonly #usesWithoutCycles: UsesGraph;
  readonly #compiled = new Map<CommandReading, Compiled>();

  constructor(readings: readonly CommandReading[], setting: CommandSetting) {
    this.#setting = setting;
    this.#readings = new Map(readings.toReversed().map((reading) => [reading.id, reading]));
    this.uses = new Map(Array.from(this.#readings, ([id, { body }]) => [id, usedBy(body)]));
    this.#usesWithoutCycles = withoutCycles(this.uses);
  }

  link(reading: CommandReading): LinkedCommand {
    const { head, body } = reading;
    if (body?.kind !== "plan") {
      const isWhole = reading.diagnostics.length === 0 && head !== undefined && body !== undefined;
      return { reading, command: isWhole ? { ...head, body } : undefined, diagnostics: reading.diagnostics };
    }
    const { plan, isSound, diagnostics } = this.#compile(reading, body.draft);
    const command = isSound && head !== undefined ? { ...head, body: { kind: "plan", plan } as const } : undefined;
    return { reading, command, diagnostics: [...reading.diagnostics, ...diagnostics] };
  }

  #compile(reading: CommandReading, draft: CommandDraft): Compiled {
    const known = this.#compiled.get(reading);
    if (known !== undefined) return known;
    const found = new Map<string, UsedCommandFound>();
    const findUsed = (command: string): UsedCommandFound => {
      const used = found.get(command) ?? this.#find(command, draft.id);
      found.set(command, used);
      return used;
    };
    const compiled = compilePlan(draft, { setting: this.#setting, findUsed });
    const isWhole = reading.diagnostics.length === 0 && compiled.diagnostics.length === 0;
    const isSound = isWhole && [...found.values()].every(({ kind }) => kind === "found");
    this.#compiled.set(reading, { ...compiled, isSound });
    return { ...compiled, isSound };
  }

  #find(command: string, user: string): UsedCommandFound {
    const reading = this.#readings.get(command);
    if (reading === undefined) return refused(this.#unknown(command, user));
    const way = findWay(this.uses, { from: command, to: user });
    if (way !== undefined) {
      const cycle = [user, ...way].join(" uses ");
      return refused(`a command cannot use itself, also not by way of others: ${cycle}`);
    }
    if (isDeeper(this.#usesWithoutCycles, { from: user, most: DEEPEST_USE })) {
      return refused(`commands use one another ${DEEPEST_USE} deep at most`);
    }
    const { body } = reading;
    if (body === undefined) return { kind: "broken" };
    if (body.kind !== "plan") {
      const does = body.kind === "answers" ? "answers a question" : "does something at once";
      return refused(`command/${command} ${does} and has no steps, so it cannot be used as one`);
    }
    if (body.draft.finally.length > 0) {
      const right = 'move it to the "finally" of this command, or use a command without it';
      return refused(
        `command/${command} has "finally", which is for the end of a run and would not happen here; ${right}`,
      );
    }
    const { isSound, used } = this.#compile(reading, body.draft);
    return isSound ? { kind: "found", used } : { kind: "broken" };
  }

  #unknown(command: string, user: string): string {
    const usable = [...this.#readings.values()].filter(({ body }) => body === undefined || body.kind === "plan");
    const ids = usable.flatMap(({ id }) => (id === user ? [] : [id]));
    const near = didYouMean(command, ids);
    const what = `there is no command "${command}"`;
    if (near !== undefined) return `${what}. Did you mean "command/${near}"?`;
    return ids.length === 0 ? what : `${what}. There is: ${ids.toSorted().join(", ")}`;
  }
}

function usedBy(body: CommandReading["body"]): ReadonlySet<string> {
  if (body?.kind !== "plan") return new Set();
  const { steps, onFailure, finally: last } = body.draft;
  const named = [steps, onFailure, last].flatMap(allNamed);
  return new Set(named.flatMap((entry) => (entry.sort === "use" ? [entry.command] : [])));
}

function refused(why: string): UsedCommandFound {
  return { kind: "refused", why };
}
