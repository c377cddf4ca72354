import type { InputDefinition } from "../commands/command-file.ts";
import type { Command } from "../commands/command.ts";
import type { Json, JsonMap } from "../platform/canonical-json.ts";

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

/** The values as they can be typed again. */
export function typedValues(values: JsonMap): Readonly<Record<string, string | true>> {
  const typed: Record<string, string | true> = {};
  for (const [name, value] of Object.entries(values))
    if (typeof value === "string" || value === true) typed[name] = value;
  return typed;
}
