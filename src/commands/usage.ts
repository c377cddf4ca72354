import { durationText } from "../platform/duration.ts";
import type { Command, CommandInput } from "./command.ts";
import type { PatternFlag, PatternItem } from "./slash-pattern.ts";

/** The grammar of a command as people read it: `/promote <service> <revision> to <environment>`. */
export function usageOf({ pattern }: Command): string {
  const optional = pattern.optional.map(({ items }) => `[${items.map(itemText).join(" ")}]`);
  return [`/${pattern.slash}`, ...pattern.required.map(itemText), ...optional, ...pattern.flags.map(flagText)].join(
    " ",
  );
}

/** Help for one command: usage, what it does, and each input. */
export function helpFor(command: Command): string {
  const inputs = command.inputs.map((input) => `  ${inputName(command, input.name)}  ${inputText(input)}`);
  return [usageOf(command), command.summary, ...inputs].join("\n");
}

/** Help for all commands: one line each, in the order of what is typed. */
export function helpForAll(commands: readonly Command[]): string {
  const lines = commands.map((command) => `${usageOf(command)}  ${command.summary}`);
  return lines.toSorted((left, right) => left.localeCompare(right, "en")).join("\n");
}

/** An input as it stands in the usage: `<service>`, or `--again` where it is a flag. */
function inputName({ pattern }: Command, name: string): string {
  const flag = pattern.flags.find(({ input }) => input === name);
  return flag === undefined ? `<${name}>` : flagText(flag).slice(1, -1);
}

function itemText(item: PatternItem): string {
  if (item.kind === "word") return item.word;
  return item.rest === true ? `<${item.input}...>` : `<${item.input}>`;
}

function flagText({ flag, input, takesValue }: PatternFlag): string {
  return takesValue ? `[--${flag} <${input}>]` : `[--${flag}]`;
}

/** What an input takes: its own summary, or words for its type. */
export function inputText({ definition }: CommandInput): string {
  const { summary } = definition;
  if (summary !== undefined) return summary;
  switch (definition.type) {
    case "service":
      return "a service";
    case "environment":
      return definition.of === undefined ? "an environment" : "an environment of the service";
    case "revision":
      return revisionText(definition.from);
    case "string":
      return withDefault(`text, at most ${definition.max} characters`, definition.default);
    case "number":
      return withDefault("a number", definition.default?.toString());
    case "boolean":
      return "yes or no";
    case "choice":
      return withDefault(`one of ${definition.values.join(", ")}`, definition.default);
    case "run":
      return "a run, such as run_7FQ2";
    case "person":
      return "a person, such as @ana";
    case "duration": {
      const { default: durationMs } = definition;
      return withDefault("a duration such as 15m", durationMs === undefined ? undefined : durationText(durationMs));
    }
  }
}

function revisionText(from: "proven" | "live" | undefined): string {
  const forms = "a commit (4 digits or more), branch or tag";
  if (from === undefined) return forms;
  return `${forms}; when left out, ${from === "live" ? "what is live" : "the last one proven before what is live"}`;
}

function withDefault(text: string, value: string | undefined): string {
  return value === undefined ? text : `${text}; when left out, ${value}`;
}
