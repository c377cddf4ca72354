import type { InputDefinition } from "../commands/command-file.ts";
import type { Command } from "../commands/command.ts";
import { defaultValue } from "../commands/input-value.ts";
import type { Json, JsonMap } from "../platform/canonical-json.ts";
import { typedDuration } from "../platform/duration.ts";

/** What was typed for the first input of a type; null when nothing was. */
export function valueOf(command: Command, values: JsonMap, type: InputDefinition["type"]): Json {
  const input = command.inputs.find(({ definition }) => definition.type === type);
  return (input === undefined ? undefined : values[input.name]) ?? null;
}

/** The same as text; empty when nothing was typed. */
export function textOf(command: Command, values: JsonMap, type: InputDefinition["type"]): string {
  const value = valueOf(command, values, type);
  return typeof value === "string" ? value : "";
}

/** The values of a command as they can be typed again; what was not typed is left out, and flags that say what is so anyway. */
export function typedValues(command: Command, values: JsonMap): Readonly<Record<string, string | true>> {
  const flags = new Set(command.pattern.flags.map(({ input }) => input));
  const typed: Record<string, string | true> = {};
  for (const [name, value] of Object.entries(values)) {
    const input = command.inputs.find((candidate) => candidate.name === name);
    if (input !== undefined && flags.has(name) && value === defaultValue(input)) continue;
    const text = typeof value === "number" ? numberText(input?.definition.type, value) : value;
    if (typeof text === "string" || text === true) typed[name] = text;
  }
  return typed;
}

function numberText(type: InputDefinition["type"] | undefined, value: number): string {
  return type === "duration" ? typedDuration(value) : String(value);
}
