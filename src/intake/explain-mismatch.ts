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
  const namesService = command?.inputs.some(({ definition }) => definition.type === "service") ?? false;
  const whole = withNames(known, mismatch);
  if (!isShort || command === undefined || !namesService) return mismatchText(whole);
  const { services: all } = known.inventory;
  const shown = all.slice(0, MOST_SERVICES);
  const more = all.length - shown.length;
  const services = shown.map(({ name, environments }) => `  ${name}: ${environments.map((at) => at.name).join(", ")}`);
  const lines = ["Services and their environments:", ...services, ...(more > 0 ? [`  and ${more} more`] : [])];
  const head = code === "empty" ? `Say what to do, in one line.\n${helpFor(command)}` : mismatchText(whole);
  return [head, ...lines].join("\n");
}

/** The suggestion puts the grammar right; names that are wrong in it as well are put right with it. */
function withNames({ commands, inventory }: Known, mismatch: Mismatch): Mismatch {
  if (mismatch.suggestion === undefined) return mismatch;
  const [slash = "", ...rest] = mismatch.suggestion.split(" ");
  const match = matchCommand(commands, { slash, text: rest.join(" ") });
  const suggestion = match.kind === "matched" ? mended(inventory, match) : undefined;
  return suggestion === undefined ? mismatch : { ...mismatch, suggestion };
}
