import { commandText } from "../commands/command-text.ts";
import type { Command } from "../commands/command.ts";
import { defaultValue } from "../commands/input-value.ts";
import { patternVerb } from "../commands/slash-pattern.ts";
import { JsonValue } from "../domain/outcome.ts";
import type { Revision } from "../domain/target.ts";
import type { Json, JsonMap } from "../platform/canonical-json.ts";
import { typedValues } from "./command-values.ts";
import type { NamedPlaces } from "./name-places.ts";

/** What was asked for, with everything that its inputs name. */
export interface Resolved extends NamedPlaces {
  /** Undefined for a command that is about none. */
  readonly revision: Revision | undefined;
}

interface Typed {
  readonly command: Command;
  readonly values: JsonMap;
}

const LONGEST_TITLE = 150;

/**
 * `Promote checkout abc1236 to prod`, `Roll back checkout in prod to 2b4337b`, `Sync checkout in prod at 2b4337b`: as each is typed. What
 * is not about one revision in one environment is called as it was typed: `Provision prod`, `Fleet web abc1236 --quick`.
 */
export function titleOf({ command, values }: Typed, { service, environment, revision }: Resolved): string {
  const input = command.inputs.find(({ definition }) => definition.type === "revision");
  // Where nobody types a revision, that of what is live is not what the run is about.
  if (service === undefined || environment === undefined || revision === undefined || input === undefined) {
    return shortened(`${command.name} ${typedText({ command, values })}`);
  }
  const source = input.definition.type === "revision" ? input.definition.from : undefined;
  if (source === undefined) return `${command.name} ${service.name} ${revision.short} to ${environment.name}`;
  return `${command.name} ${service.name} in ${environment.name} ${source === "live" ? "at" : "to"} ${revision.short}`;
}

/** What stands after the name of the command; what is so by default is left out. */
function typedText({ command, values }: Typed): string {
  const { pattern, inputs } = command;
  const required = new Set(pattern.required.flatMap((item) => (item.kind === "input" ? [item.input] : [])));
  const byDefault = new Set(
    inputs.flatMap((input) => (values[input.name] === defaultValue(input) ? [input.name] : [])),
  );
  const typed = Object.entries(typedValues(command, values)).filter(
    ([name]) => required.has(name) || !byDefault.has(name),
  );
  const line = commandText(command, Object.fromEntries(typed));
  const verb = patternVerb(pattern);
  const start = verb === undefined ? `/${pattern.slash}` : `/${pattern.slash} ${verb}`;
  return line.startsWith(start) ? line.slice(start.length) : line;
}

function shortened(text: string): string {
  const letters = Array.from(text.replaceAll(/\s+/gu, " ").trim());
  return letters.length <= LONGEST_TITLE ? letters.join("") : `${letters.slice(0, LONGEST_TITLE - 1).join("")}…`;
}

/** The values of the inputs as expressions see them: names replaced by what they name. */
export function inputsOf({ command, values }: Typed, resolved: Resolved): Record<string, Json> {
  const { service, environment, revision } = resolved;
  const byType: Readonly<Record<string, unknown>> = { service, environment, revision };
  const inputs: Record<string, Json> = {};
  for (const { name, definition } of command.inputs) {
    const named = byType[definition.type];
    // Through JSON once: what goes into the log has no members that are undefined.
    inputs[name] = named === undefined ? (values[name] ?? null) : JsonValue.parse(JSON.parse(JSON.stringify(named)));
  }
  return inputs;
}
