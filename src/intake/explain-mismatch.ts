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

/** What is wrong with what was typed, what was probably meant, and where words are missing also what can be named. */
export function explainMismatch(known: Known, mismatch: Mismatch): string {
  const { code, command } = mismatch;
  const isShort = code === "empty" || code === "missing";
  const whole = withNames(known, mismatch);
  const lines = isShort && command !== undefined ? namesFor(known.inventory, command) : [];
  if (command === undefined || lines.length === 0) return mismatchText(whole);
  const head = code === "empty" ? `Say what to do, in one line.\n${helpFor(command)}` : mismatchText(whole);
  return [head, ...lines].join("\n");
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
