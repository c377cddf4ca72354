import type { Json } from "../platform/canonical-json.ts";
import { type Assignment, assignTokens, type Refusal } from "./assign-tokens.ts";
import { isWord, tokensText } from "./token-text.ts";
import type { Command } from "./command.ts";
import { commandText } from "./command-text.ts";
import { completed } from "./completed.ts";
import { findCommand } from "./find-command.ts";
import { defaultValue, readToken } from "./input-value.ts";
import { reordered } from "./reorder.ts";
import { patternVerb } from "./slash-pattern.ts";
import { readSlashText, type Token } from "./slash-text.ts";
import { helpFor, helpForAll, usageOf } from "./usage.ts";

/** What was typed is no command: what is wrong and where, and what would be right. All texts are plain, not yet escaped. */
export interface Mismatch {
  readonly kind: "mismatch";
  /** For what is done about it: `empty` is a slash command typed bare. */
  readonly code: "empty" | "unknown-command" | "missing" | "unexpected" | "unknown-flag" | "invalid" | "unreadable";
  readonly message: string;
  /** What was typed, made readable, and the part of it that is meant. */
  readonly line: string;
  readonly offset: number;
  readonly length: number;
  readonly usage: string;
  /** The whole text as it was probably meant. */
  readonly suggestion?: string;
  readonly command?: Command;
}

interface Matched {
  readonly kind: "matched";
  readonly command: Command;
  /** A value for every input of the command: as typed, by default, or null. */
  readonly values: Readonly<Record<string, Json>>;
}

export type Match = Matched | { readonly kind: "help"; readonly text: string } | Mismatch;

/** What Slack sent: `/promote`, and the text after it as it came. */
export interface SlashInput {
  readonly slash: string;
  readonly text: string;
}

/** Finds the command that was typed and reads its inputs. Never throws for what people type. */
export function matchCommand(commands: readonly Command[], input: SlashInput): Match {
  const match = matchOnce(commands, input);
  return match.kind === "mismatch" ? withWholeSuggestion(commands, match) : match;
}

/** What a button or a form asks for, read as if it had been typed; undefined when there is no such command any more. */
export function matchValues(
  commands: readonly Command[],
  { command: id, values }: { readonly command: string; readonly values: Readonly<Record<string, string>> },
): { readonly typed: SlashInput; readonly match: Match } | undefined {
  const command = commands.find((candidate) => candidate.id === id);
  if (command === undefined) return undefined;
  const flags = new Set(command.pattern.flags.flatMap(({ input, takesValue }) => (takesValue ? [] : [input])));
  const given = Object.entries(values).flatMap(([name, value]): [string, string | true][] =>
    flags.has(name) ? (value === "true" ? [[name, true]] : []) : [[name, value]],
  );
  const [slash = "", ...rest] = commandText(command, Object.fromEntries(given)).split(" ");
  const typed = { slash, text: rest.join(" ") };
  return { typed, match: matchCommand(commands, typed) };
}

/** The same for the words after the command itself, as `checkout abc123 to prod` stands after `/promote`. */
export function matchWords(
  commands: readonly Command[],
  { command: id, words }: { readonly command: string; readonly words: string },
): { readonly typed: SlashInput; readonly match: Match } | undefined {
  const command = commands.find((candidate) => candidate.id === id);
  if (command === undefined) return undefined;
  const verb = patternVerb(command.pattern);
  const typed = { slash: `/${command.pattern.slash}`, text: verb === undefined ? words : `${verb} ${words}` };
  return { typed, match: matchCommand(commands, typed) };
}

const MOST_MISTAKES = 5;

/** Each suggestion puts one mistake right; they are followed until nothing is wrong, or nothing can be suggested any more. */
function withWholeSuggestion(commands: readonly Command[], first: Mismatch): Mismatch {
  let best = first;
  for (let mistakes = 1; mistakes < MOST_MISTAKES && best.suggestion !== undefined; mistakes += 1) {
    const [slash = "", ...rest] = best.suggestion.split(" ");
    const next = matchOnce(commands, { slash, text: rest.join(" ") });
    if (next.kind !== "mismatch" || next.suggestion === undefined) break;
    best = { ...first, suggestion: next.suggestion };
  }
  return best;
}

function matchOnce(commands: readonly Command[], { slash, text }: SlashInput): Match {
  const name = slash.replace(/^\//u, "");
  const candidates = commands.filter(({ pattern }) => pattern.slash === name);
  const reading = readSlashText(text);
  const typed: Typed = { slash: name, text: reading.text, tokens: reading.ok ? reading.tokens : [] };
  // Only for those who need it: it takes longer than everything else here.
  const known = candidates.length === 0 ? commands : candidates;
  const usage = (): string => helpText(known);
  if (!reading.ok) return { ...mismatch(typed, reading.mistake), code: "unreadable", usage: usage() };
  const found = findCommand(candidates, reading.tokens);
  switch (found.kind) {
    case "help":
      return { kind: "help", text: helpTitled(known) };
    case "none":
      return ofItsOwn(commands, typed) ?? { ...mismatch(typed, found), code: found.code, usage: usage() };
    case "command":
      return matchOne(found.command, typed);
  }
}

/** Another slash command, typed as if it were a verb: `/qd rollback`. */
function ofItsOwn(commands: readonly Command[], typed: Typed): Mismatch | undefined {
  const [verb, ...rest] = typed.tokens;
  const command = commands.find(({ pattern }) => pattern.slash !== typed.slash && isWord(verb, pattern.slash));
  if (verb === undefined || command === undefined) return undefined;
  const { slash } = command.pattern;
  const message = `there is no "/${typed.slash} ${slash}": it is a slash command of its own`;
  const suggestion = [`/${slash}`, ...(rest.length === 0 ? [] : [tokensText(rest)])].join(" ");
  return { ...mismatch(typed, { message, token: verb }), suggestion, code: "unknown-command", usage: usageOf(command) };
}

/** Help for what a person asks about: a command by its verb, slash or name; all of them when there is no topic, or none such. */
export function helpAbout(commands: readonly Command[], topic: string | undefined): string {
  if (topic === undefined) return helpTitled(commands);
  const wanted = topic.replace(/^\//u, "").toLowerCase();
  const about = commands.filter(({ id, name, pattern }) => [id, name.toLowerCase(), pattern.slash].includes(wanted));
  return about.length === 0 ? `There is no command "${topic}". There is:\n${helpText(commands)}` : helpTitled(about);
}

/** The first line stands alone where it is shown: the usage of one command, and not the first of many. */
function helpTitled(commands: readonly Command[]): string {
  return commands.length > 1 ? `What can be typed:\n${helpText(commands)}` : helpText(commands);
}

function helpText(commands: readonly Command[]): string {
  const [only, ...others] = commands;
  return only !== undefined && others.length === 0 ? helpFor(only) : helpForAll(commands);
}

interface Typed {
  readonly slash: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

interface Mistake {
  readonly message: string;
  readonly offset?: number;
  readonly length?: number;
  readonly token?: Token;
  readonly fixed?: string | undefined;
}

function mismatch({ slash, text }: Typed, mistake: Mistake): Omit<Mismatch, "code" | "usage"> {
  const prefix = `/${slash} `;
  const { offset, length } = mistake.token ?? { offset: mistake.offset ?? text.length, length: mistake.length ?? 1 };
  const suggestion = mistake.fixed === undefined ? {} : { suggestion: prefix + mistake.fixed };
  const place = { line: prefix + text, offset: prefix.length + offset, length: Math.max(1, length) };
  return { kind: "mismatch", message: mistake.message, ...place, ...suggestion };
}

function matchOne(command: Command, typed: Typed): Match {
  const { tokens } = typed;
  const assignment = assignTokens(command, tokens);
  const result = assignment.ok ? readValues(command, { assignment, tokens }) : assignment;
  if (result.ok) return { kind: "matched", command, values: result.values };
  const fixed =
    result.fixed ?? (assignment.ok ? undefined : (reordered(command, tokens) ?? completed(command, tokens)));
  const code = tokens.length === 0 ? "empty" : result.code;
  return { ...mismatch(typed, { ...result, fixed }), code, usage: usageOf(command), command };
}

interface Assigned {
  readonly assignment: Assignment;
  readonly tokens: readonly Token[];
}

function readValues(
  command: Command,
  { assignment, tokens }: Assigned,
): { readonly ok: true; readonly values: Readonly<Record<string, Json>> } | Refusal {
  const values: Record<string, Json> = {};
  for (const input of command.inputs) {
    const token = assignment.values.get(input.name);
    if (token === undefined || token === true) {
      values[input.name] = token ?? defaultValue(input);
      continue;
    }
    const reading = readToken(input, token);
    if (!reading.ok) {
      const { message, right } = reading;
      const fixed = right === undefined ? {} : { fixed: tokensText(tokens, { token, by: right }) };
      return { ok: false, code: "invalid", message, token, ...fixed };
    }
    values[input.name] = reading.value;
  }
  return { ok: true, values };
}

const SHOWN_AROUND = 60;

/** The mismatch as lines of plain text: what is wrong, where, what was probably meant, and the usage. */
export function mismatchText({ message, line, offset, length, suggestion, usage }: Mismatch): string {
  const start = Math.max(0, offset - SHOWN_AROUND);
  const excerpt = line.slice(start, offset + SHOWN_AROUND);
  const caret = " ".repeat(offset - start) + "^".repeat(Math.min(length, SHOWN_AROUND));
  const meant = suggestion === undefined ? [] : [`Did you mean: ${suggestion}`];
  const sentence = message.slice(0, 1).toUpperCase() + message.slice(1);
  const how = usage.includes("\n") ? `Usage:\n${usage}` : `Usage: ${usage}`;
  return [`${sentence}.`, excerpt, caret, ...meant, how].join("\n");
}
