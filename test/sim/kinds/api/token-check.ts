import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import type { Call } from "./api-caller.ts";
import type { AskedThings } from "./asked-things.ts";
import type { ApiRow } from "./api-log.ts";
import { codeOf } from "./request-check.ts";
import type { Entry, TokenKeeper } from "./token-keeper.ts";

interface World {
  readonly rows: readonly ApiRow[];
  readonly things: AskedThings;
  readonly keeper: Pick<TokenKeeper, "edits">;
  readonly calls: readonly Call[];
  readonly isOver: boolean;
}

interface Known {
  readonly hash: string;
  readonly entry: Entry;
}

/** What is wrong with what the log says became of tokens: it is what was in the file, and nothing is done with one that it does not have. */
export function tokenFaults({ rows, things, keeper, calls, isOver }: World): readonly string[] {
  const known = new Map<string, Known>();
  const asked = new Map(things.asked.map(({ row, name }) => [row.sequence, name]));
  const faults: string[] = [...unloggedFaults(rows, calls)];
  for (const row of rows) {
    const name = asked.get(row.sequence);
    if (name !== undefined && !known.has(name)) faults.push(`${name} is believed, and the log does not have it`);
    if (row.stream !== "tokens") continue;
    const fault = factFault(row, { known, edits: keeper.edits, things });
    if (fault !== undefined) faults.push(`${row.type} of ${String(row.payload["name"])}: ${fault}`);
  }
  if (!isOver) return faults;
  const inFile = keeper.edits.at(-1)?.entries ?? [];
  const isWhole =
    inFile.length === known.size && inFile.every((entry) => isDeepStrictEqual(known.get(entry.name)?.entry, entry));
  return isWhole ? faults : [...faults, "the log has other tokens than the file"];
}

/** Whoever is believed has a token that the log had before. */
function unloggedFaults(rows: readonly ApiRow[], calls: readonly Call[]): readonly string[] {
  const madeAt = new Map<string, number>();
  for (const { type, payload, sequence } of rows) {
    const hash = String(payload["hash"]);
    if (type === "token.made" && !madeAt.has(hash)) madeAt.set(hash, sequence);
  }
  return calls.flatMap(({ name, secret, answer, moments }) => {
    const isBelieved = answer !== undefined && answer.status !== 401 && codeOf(answer.body) !== "server.not-ready";
    const isLogged = (madeAt.get(prefixOf(secret)) ?? Infinity) <= (moments.at(-1)?.rows ?? 0);
    return isBelieved && !isLogged ? [`${name} is believed before the log has that token`] : [];
  });
}

function factFault(
  { type, payload, actor }: ApiRow,
  {
    known,
    edits,
    things,
  }: { readonly known: Map<string, Known>; readonly edits: TokenKeeper["edits"]; readonly things: AskedThings },
): string | undefined {
  const name = String(payload["name"]);
  const hash = String(payload["hash"]);
  const before = known.get(name);
  if (actor !== "") return "somebody is said to have done it";
  if (type === "token.revoked") {
    known.delete(name);
    if (before?.hash !== hash) return "it was not there";
    return isTakenOut(edits, { name, hash }) ? undefined : "nobody has taken it out";
  }
  const entry = entryOf(payload, { edits, things });
  if (entry === undefined) return "it never was in the file";
  known.set(name, { hash, entry });
  const isSame = before?.hash === hash;
  if (type === "token.changed") return isSame ? undefined : "another one was there";
  return before === undefined ? undefined : "it was there";
}

/** What the file said of it when it was recorded. */
function entryOf(
  payload: ApiRow["payload"],
  { edits, things }: { readonly edits: TokenKeeper["edits"]; readonly things: AskedThings },
): Entry | undefined {
  const token = { name: String(payload["name"]), hash: String(payload["hash"]) };
  const owner = payload["owner"] === undefined ? undefined : things.whoIs(payload["owner"]);
  const expiresAt = typeof payload["expiresAt"] === "string" ? Date.parse(payload["expiresAt"]) : undefined;
  const entries = edits.flatMap((edit) => edit.entries.filter((entry) => isOf(entry, token)));
  return entries.findLast((entry) => {
    const own = entry.owner === undefined ? undefined : `T1/${entry.owner}`;
    return own === owner && entry.expiresAt === expiresAt && isDeepStrictEqual([...entry.scopes], payload["scopes"]);
  });
}

/** A file that cannot be read says nothing of what is not in it. */
function isTakenOut(edits: TokenKeeper["edits"], token: { readonly name: string; readonly hash: string }): boolean {
  const hasIt = ({ entries }: TokenKeeper["edits"][number]): boolean => entries.some((entry) => isOf(entry, token));
  const first = edits.findIndex(hasIt);
  return first !== -1 && edits.slice(first).some((edit) => !edit.isBroken && !hasIt(edit));
}

function isOf(entry: Entry, { name, hash }: { readonly name: string; readonly hash: string }): boolean {
  return entry.name === name && prefixOf(entry.secret) === hash;
}

const prefixes = new Map<string, string>();

/** Which of them it is, as far as the log says it. */
function prefixOf(secret: string): string {
  const known = prefixes.get(secret) ?? createHash("sha256").update(secret).digest("hex").slice(0, 12);
  prefixes.set(secret, known);
  return known;
}
