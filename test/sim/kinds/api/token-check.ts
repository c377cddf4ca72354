import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import type { AskedThings } from "./asked-things.ts";
import type { ApiRow } from "./api-log.ts";
import type { Entry, TokenKeeper } from "./token-keeper.ts";

interface World {
  readonly rows: readonly ApiRow[];
  readonly things: AskedThings;
  readonly keeper: Pick<TokenKeeper, "edits">;
  readonly isOver: boolean;
}

interface Known {
  readonly hash: string;
  readonly entry: Entry;
}

/** What is wrong with what the log says became of tokens: it is what was in the file, and nothing is done with one that it does not have. */
export function tokenFaults({ rows, things, keeper, isOver }: World): readonly string[] {
  const known = new Map<string, Known>();
  const entries = keeper.edits.flatMap((edit) => edit.entries);
  const asked = new Map(things.asked.map(({ row, name }) => [row.sequence, name]));
  const faults: string[] = [];
  for (const row of rows) {
    const name = asked.get(row.sequence);
    if (name !== undefined && !known.has(name)) faults.push(`${name} is believed, and the log does not have it`);
    if (row.stream !== "tokens") continue;
    const fault = factFault(row, { known, entries, things });
    if (fault !== undefined) faults.push(`${row.type} of ${String(row.payload["name"])}: ${fault}`);
  }
  if (!isOver) return faults;
  const inFile = keeper.edits.at(-1)?.entries ?? [];
  const isWhole =
    inFile.length === known.size && inFile.every((entry) => isDeepStrictEqual(known.get(entry.name)?.entry, entry));
  return isWhole ? faults : [...faults, "the log has other tokens than the file"];
}

function factFault(
  { type, payload, actor }: ApiRow,
  {
    known,
    entries,
    things,
  }: { readonly known: Map<string, Known>; readonly entries: readonly Entry[]; readonly things: AskedThings },
): string | undefined {
  const name = String(payload["name"]);
  const hash = String(payload["hash"]);
  const before = known.get(name);
  if (actor !== "") return "somebody is said to have done it";
  if (type === "token.revoked") {
    known.delete(name);
    return before?.hash === hash ? undefined : "it was not there";
  }
  const owner = payload["owner"] === undefined ? undefined : things.whoIs(payload["owner"]);
  const expiresAt = typeof payload["expiresAt"] === "string" ? Date.parse(payload["expiresAt"]) : undefined;
  const entry = entries.findLast(
    (each) =>
      each.name === name &&
      prefixOf(each) === hash &&
      isDeepStrictEqual([...each.scopes], payload["scopes"]) &&
      (each.owner === undefined ? undefined : `T1/${each.owner}`) === owner &&
      each.expiresAt === expiresAt,
  );
  if (entry === undefined) return "it never was in the file";
  known.set(name, { hash, entry });
  const isSame = before?.hash === hash;
  if (type === "token.changed") return isSame ? undefined : "another one was there";
  return before === undefined ? undefined : "it was there";
}

/** Which of them it is, as far as the log says it. */
function prefixOf({ secret }: Entry): string {
  return createHash("sha256").update(secret).digest("hex").slice(0, 12);
}
