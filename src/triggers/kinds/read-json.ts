import { isJsonMap, type Json, type JsonMap } from "../../platform/canonical-json.ts";
import { MOST_VALUES } from "../../expressions/cel-values.ts";
import { tryJson } from "../../platform/try-json.ts";

/** What came of reading something from outside; `reason` says what and where, without values. */
export type Read<Value> =
  | { readonly kind: "read"; readonly value: Value }
  | { readonly kind: "unreadable"; readonly reason: string };

// Vendors nest about ten levels; expressions and digests walk over all of them.
const MOST_LEVELS = 64;
/** Of a body of which only some fields are read. A push of as many commits as there is room for in a body has half as many. */
export const MOST_READ_VALUES = 50_000;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Reads a body as JSON that everything behind it can carry: limited in depth, with no more values than an expression may look at, finite
 * numbers, no `__proto__`.
 */
export function readJson(body: Uint8Array): Read<Json> {
  const text = tryText(body);
  return text === undefined ? unreadable("the body is no UTF-8") : readJsonText(text, "the body");
}

/** The same for a text; `what` is what messages call it. */
export function readJsonText(text: string, what: string, mostValues = MOST_VALUES): Read<Json> {
  const value = tryJson(text);
  if (value === undefined) return unreadable(`${what} is no JSON`);
  const fault = jsonFault(value, { levels: MOST_LEVELS, room: { most: mostValues, left: mostValues } });
  if (fault !== undefined) return unreadable(`${what} ${fault}`);
  return isJson(value) ? { kind: "read", value } : unreadable(`${what} is no JSON`);
}

/** The same where only an object makes sense, of which some fields are read. */
export function readJsonMap(body: Uint8Array): Read<JsonMap> {
  const text = tryText(body);
  const read =
    text === undefined ? unreadable("the body is no UTF-8") : readJsonText(text, "the body", MOST_READ_VALUES);
  if (read.kind === "unreadable") return read;
  return isJsonMap(read.value) ? { kind: "read", value: read.value } : unreadable("the body is no JSON object");
}

export function unreadable(reason: string): { readonly kind: "unreadable"; readonly reason: string } {
  return { kind: "unreadable", reason };
}

/** The text of a body; undefined when it is no UTF-8. */
export function tryText(body: Uint8Array): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

interface Room {
  readonly most: number;
  left: number;
}

function jsonFault(
  value: unknown,
  { levels, room }: { readonly levels: number; readonly room: Room },
): string | undefined {
  if (room.left === 0) return `has more than ${room.most} values`;
  room.left -= 1;
  if (typeof value === "number" && !Number.isFinite(value)) return "has a number that is too large";
  if (typeof value !== "object" || value === null) return undefined;
  if (levels === 0) return `is nested in more than ${MOST_LEVELS} levels`;
  if (Object.hasOwn(value, "__proto__")) return "has a key `__proto__`";
  for (const member of Object.values(value)) {
    const fault = jsonFault(member, { levels: levels - 1, room });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

// JSON.parse gives nothing else, and says so only as `unknown`.
function isJson(value: unknown): value is Json {
  return value !== undefined;
}
