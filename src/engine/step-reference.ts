import { durationText } from "../platform/duration.ts";
import type { RetryClass } from "../domain/outcome.ts";
import type { Repeat, StepKind } from "./step-kind.ts";
import type { StepNotes } from "./step-notes.ts";
import { type SchemaRow, schemaRows } from "./schema-rows.ts";

/** A page of the reference. */
export interface ReferencePage {
  /** Below the folder of the reference, such as `terraform-plan.md`. */
  readonly file: string;
  readonly text: string;
}

/** The pages of these kinds, and one that lists them. A kind without notes has a page that says less. */
export function stepReference(kinds: Iterable<StepKind>): readonly ReferencePage[] {
  const sorted = [...kinds].toSorted((left, right) => (left.kind < right.kind ? -1 : 1));
  const rows = sorted.map((kind) => [`[${kind.kind}](${fileOf(kind)})`, sortWord(kind), kind.summary]);
  const index = joined([
    "# Step kinds",
    "What stands after `uses:` in a command file.",
    table(["kind", "sort", "what it does"], rows),
  ]);
  return [{ file: "index.md", text: index }, ...sorted.map((kind) => ({ file: fileOf(kind), text: pageOf(kind) }))];
}

function fileOf({ kind }: StepKind): string {
  return `${kind.replaceAll("/", "-")}.md`;
}

function pageOf(kind: StepKind): string {
  const { notes } = kind;
  const outputs = schemaRows(kind.outputSchema, "output");
  return joined([
    `# ${kind.kind}`,
    kind.summary,
    howItIsExecuted(kind),
    ...(notes === undefined ? [] : ["## Example", `\`\`\`yaml\n${notes.example.trim()}\n\`\`\``]),
    "## Inputs",
    schemaTable(schemaRows(kind.inputSchema, "input"), "It takes none."),
    "## Outputs",
    schemaTable(outputs, "It has none."),
    ...(notes === undefined ? [] : noteSections(notes)),
  ]);
}

function noteSections(notes: StepNotes): readonly string[] {
  const { failures, artifacts = {}, programs = [], stop } = notes;
  const failed = Object.entries(failures).map(([code, { retry, meaning }]) => [
    `\`${code}\``,
    againText(retry),
    meaning,
  ]);
  const left = Object.entries(artifacts).map(([name, meaning]) => [name.includes(" ") ? name : `\`${name}\``, meaning]);
  const isTried = programs.some(({ tried }) => tried !== undefined);
  const run = programs.map(({ name, atLeast, tried = [], get }) =>
    isTried ? [`\`${name}\``, atLeast, tried.join(", "), get] : [`\`${name}\``, atLeast, get],
  );
  const runColumns = ["program", "at least", ...(isTried ? ["tried with"] : []), "where it is had"];
  return [
    "## Failures",
    failed.length === 0 ? "It has none of its own." : table(["code", "tried again", "meaning"], failed),
    ...(left.length === 0 ? [] : ["## Files that it leaves", table(["name", "what it is"], left)]),
    ...(run.length === 0 ? [] : ["## Programs", table(runColumns, run), stopText(stop)]),
  ];
}

function howItIsExecuted(kind: StepKind): string {
  switch (kind.sort) {
    case "action":
      return joinedLine([
        kind.where === "server"
          ? "An **action**: it is executed by the server, also where there are workers."
          : "An **action**: it is executed by the server, or by a worker.",
        REPEATS[kind.repeat],
        kind.protects
          ? "It changes an environment, and does not begin without the approval that the environment asks for."
          : "",
        kind.stopWith === undefined
          ? ""
          : `When the run is cancelled, what it started is ended by \`${kind.stopWith}\`.`,
      ]);
    case "wait":
      if (kind.awaits === "signal")
        return "A **wait** for a word from outside: it costs nothing until that comes, however often the server is started meanwhile.";
      return "A **wait**: the server watches until it is over. It costs no worker, and is watched anew after a restart.";
    case "gate":
      return "A **gate**: it asks people, and waits for them as long as it takes.";
  }
}

const REPEATS: Readonly<Record<Repeat, string>> = {
  safe: "It is safe to repeat: cut short by a crash, it is executed again.",
  keyed: "It finds its own earlier effect: cut short by a crash, it is executed again and does nothing twice.",
  ask: "It is not repeated by itself: cut short by a crash, it fails, and a person decides.",
};

function sortWord(kind: StepKind): string {
  return kind.sort === "action" ? `action, ${kind.repeat}` : kind.sort;
}

function againText(retry: RetryClass): string {
  if (retry === "never") return "no";
  return retry === "backoff" ? "with `retry`" : `with \`retry\`, after ${durationText(retry.afterMs)}`;
}

function stopText(stop: StepNotes["stop"]): string {
  const { signal, graceMs } = stop ?? { signal: "SIGTERM", graceMs: 1000 };
  return `A program that is to stop gets ${signal}, and after ${durationText(graceMs)} SIGKILL, with everything that it started.`;
}

function schemaTable(rows: readonly SchemaRow[], none: string): string {
  if (rows.length === 0) return none;
  return table(
    ["name", "type", "needed", "meaning"],
    rows.map(({ name, type, isRequired, meaning }) => [`\`${name}\``, type, isRequired ? "yes" : "", meaning]),
  );
}

/** As the formatter of this repository writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll("|", String.raw`\|`).replaceAll(/\s+/gu, " ")),
  );
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const [first = [], ...rest] = cells;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map((row) => line(row))].join("\n");
}

function joinedLine(sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function joined(paragraphs: readonly string[]): string {
  return `${paragraphs.join("\n\n")}\n`;
}
