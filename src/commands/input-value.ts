import type { Json } from "../platform/canonical-json.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { tryDuration } from "../platform/duration.ts";
import type { CommandInput } from "./command.ts";
import type { Token } from "./slash-text.ts";

export type InputReading =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string; readonly right?: string };

/** Longer names exist nowhere: Kubernetes ends at 63 (labels) or 253 (names), Git at 255 bytes for a part of a name. */
const LONGEST_NAME = 255;

/**
 * Reads what was typed for an input. Services, environments and revisions stay as typed: what they name is looked up later,
 * by someone who knows the inventory and the repositories. Durations become milliseconds.
 */
export function readInput(input: CommandInput, text: string): InputReading {
  const { definition } = input;
  if (text === "") return no(`<${input.name}> is empty`);
  switch (definition.type) {
    case "service":
    case "environment":
    case "revision":
      return text.length <= LONGEST_NAME
        ? yes(text)
        : no(`the ${definition.type} has more than ${LONGEST_NAME} characters, so there is none such`);
    case "string":
      return readString(input, definition.max, text);
    case "number":
      return readNumber(definition, text);
    case "boolean":
      return readBoolean(text);
    case "choice":
      return readChoice(definition.values, text);
    case "duration": {
      const durationMs = tryDuration(text);
      return durationMs === undefined ? no("a duration such as 30s, 15m, 2h or 7d is expected") : yes(durationMs);
    }
    case "run":
      return readRun(text);
    case "person":
      return readPerson(text);
  }
}

/** The same of a word of what was typed: only there it is known whom a mention names. */
export function readToken(input: CommandInput, token: Token): InputReading {
  return readInput(input, input.definition.type === "person" ? (token.person ?? token.value) : token.value);
}

/** The id of a Slack user. Names are not unique in Slack, so a name alone names nobody. */
function readPerson(text: string): InputReading {
  const [, id] = /^@?([UW][A-Z0-9]{5,20})$/u.exec(text) ?? [];
  return id === undefined ? no("a person is expected: type @ and choose the name that Slack offers") : yes(id);
}

/** The id of a run, or its end or beginning, without its prefix; O, I and L are read as the digits that they look like. */
function readRun(text: string): InputReading {
  const id = text.toUpperCase().replace(/^RUN_/u, "").replaceAll("O", "0").replaceAll(/[IL]/gu, "1");
  return /^[0-9A-HJKMNP-TV-Z]{4,26}$/u.test(id) ? yes(id) : no("a run is expected, such as run_7FQ2");
}

/** The value of an input that was not typed; null when there is none. */
export function defaultValue({ definition }: CommandInput): Json {
  return "default" in definition && definition.default !== undefined ? definition.default : null;
}

function readString(input: CommandInput, max: number, text: string): InputReading {
  if (text.length > max) return no(`<${input.name}> has ${text.length} characters, at most ${max} are allowed`);
  const { pattern } = input;
  if (pattern === undefined || pattern.test(text)) return yes(text);
  return no(`<${input.name}> does not have the form ${pattern.source.slice(4, -2)}`);
}

function readNumber(bounds: { min?: number | undefined; max?: number | undefined }, text: string): InputReading {
  const value = /^-?\d{1,15}(?:\.\d{1,10})?$/u.test(text) ? Number(text) : undefined;
  if (value === undefined) return no("a number is expected");
  if (bounds.min !== undefined && value < bounds.min) return no(`at least ${bounds.min} is expected`);
  if (bounds.max !== undefined && value > bounds.max) return no(`at most ${bounds.max} is expected`);
  return yes(value);
}

function readBoolean(text: string): InputReading {
  const word = text.toLowerCase();
  if (word === "true" || word === "yes") return yes(true);
  return word === "false" || word === "no" ? yes(false) : no("true or false is expected");
}

function readChoice(values: readonly string[], text: string): InputReading {
  const value = values.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (value !== undefined) return yes(value);
  const near = didYouMean(text, values);
  const message = `one of ${values.join(", ")} is expected`;
  return near === undefined ? no(message) : { ok: false, message, right: near };
}

function yes(value: Json): InputReading {
  return { ok: true, value };
}

function no(message: string): InputReading {
  return { ok: false, message };
}
