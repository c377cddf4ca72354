import type { Command } from "../commands/command.ts";
import { matchCommand, type Mismatch, mismatchText } from "../commands/match-command.ts";
import { helpFor } from "../commands/usage.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { mended } from "./name-places.ts";

interface Known {
  readonly commands: readonly Command[];
  readonly inventory: Inventory;
}

const MOST_SERVICES = 12;

interface Explained {
  readonly text: string;
  /** What was probably meant; it stands in the text as well. */
  readonly suggestions?: readonly string[];
}

/**
 * What is wrong with what was typed, what was probably meant, and where words are missing also what can be named. `isTyped` is false for
 * what asks without typing.
 */
export function explainMismatch(known: Known, mismatch: Mismatch, isTyped = true): Explained {
  const { code, command } = mismatch;
  const isShort = code === "empty" || code === "missing";
  const whole = withNames(known, mismatch);
  const lines = isShort && command !== undefined ? namesFor(known.inventory, command) : [];
  const suggestions = whole.suggestion === undefined ? {} : { suggestions: [whole.suggestion] };
  if (command === undefined || lines.length === 0) return { text: mismatchText(whole), ...suggestions };
  const isBare = code === "empty" && isTyped;
  const head = isBare ? `Say what to do, in one line.\n${helpFor(command)}` : mismatchText(whole);
  return { text: [head, ...lines].join("\n"), ...suggestions };
}

/** What can be named in the command; nothing where it asks for no name. */
function namesFor({ services, environments }: Inventory, { inputs }: Command): readonly string[] {
  const types = new Set(inputs.map(({ definition }) => definition.type));
  if (!types.has("service")) {
    return types.has("environment") ? [`Environments: ${environments.map(({ name }) => name).join(", ")}`] : [];
  }
  const shown = services.slice(0, MOST_SERVICES);
  const more = services.length - shown.length;
  const lines = shown.map((service) => `  ${service.name}: ${service.environments.map(({ name }) => name).join(", ")}`);
  return ["Services and their environments:", ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** The suggestion puts the grammar right; names that are wrong in it as well are put right with it. */
function withNames({ commands, inventory }: Known, mismatch: Mismatch): Mismatch {
  if (mismatch.suggestion === undefined) return mismatch;
  const [slash = "", ...rest] = mismatch.suggestion.split(" ");
  const match = matchCommand(commands, { slash, text: rest.join(" ") });
  const suggestion = match.kind === "matched" ? mended(inventory, match) : undefined;
  return suggestion === undefined ? mismatch : { ...mismatch, suggestion };
}
