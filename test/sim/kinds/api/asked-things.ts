import { isDeepStrictEqual } from "node:util";

import type { Call, Wish } from "./api-caller.ts";
import { requestIdOf } from "./api-caller.ts";
import type { ApiLog, ApiRow } from "./api-log.ts";
import { CAST } from "./api-setting.ts";

/** Something that was asked for over the API, as the log has it. */
export interface Asked {
  readonly id: string;
  readonly key: string;
  /** The token. */
  readonly name: string;
  /** Its request, within those of the token. */
  readonly request: string;
  /** Which time it is that this is tried. */
  readonly attempt: number;
  readonly row: ApiRow;
  readonly command: string;
  readonly typed: unknown;
  readonly cause: unknown;
  /** Who stands behind it, as `T1/U0ANA`. */
  readonly behalf: readonly string[];
  settled: { readonly row: ApiRow; readonly code: string; readonly run: string | undefined } | undefined;
}

/** A run as the log has it, in the order in which it happened. */
export interface LoggedRun {
  readonly id: string;
  readonly started: ApiRow;
  readonly intent: string;
  readonly door: string;
  readonly command: string;
  /** As `machines/token:ci`. */
  readonly actor: string;
  readonly behalf: readonly string[];
  readonly rows: readonly ApiRow[];
}

/** What the log says of what came in by the API, and of runs. */
export class AskedThings {
  readonly asked: readonly Asked[];
  /** The attempts of each request, by the key of the first. */
  readonly attempts: ReadonlyMap<string, readonly Asked[]>;
  readonly runs: ReadonlyMap<string, LoggedRun>;
  readonly people: ReadonlyMap<string, string>;

  constructor(log: Pick<ApiLog, "rows" | "people">) {
    this.people = log.people();
    const asked = new Map<string, Asked>();
    const runs = new Map<string, LoggedRun & { rows: ApiRow[] }>();
    for (const row of log.rows) {
      if (row.type === "intent.received") {
        const one = this.#askedIn(row);
        if (one !== undefined) asked.set(one.id, one);
      } else if (row.type === "intent.settled") {
        const one = asked.get(String(row.payload["id"]));
        if (one !== undefined) one.settled ??= { row, ...resultOf(row) };
      } else if (row.type === "run.started") runs.set(row.stream, this.#runIn(row));
      else if (row.stream.startsWith("run_")) runs.get(row.stream)?.rows.push(row);
    }
    this.asked = [...asked.values()];
    this.attempts = Map.groupBy(this.asked, ({ name, request }) => `api/${name}/${request}`);
    this.runs = runs;
  }

  /** The newest attempt of a request when the log had so many rows. */
  newest(key: string, rows: number): Asked | undefined {
    return this.attempts.get(key)?.findLast(({ row }) => row.sequence <= rows);
  }

  /** Who somebody in the log is. */
  whoIs(pseudonym: unknown): string {
    return this.people.get(String(pseudonym)) ?? `nobody (${String(pseudonym)})`;
  }

  #askedIn(row: ApiRow): Asked | undefined {
    const key = String(row.payload["key"]);
    const [, name, request, attempt = "1"] = /^api\/([^/]+)\/([^/]+)(?:\/([2-9]|[1-9]\d+))?$/u.exec(key) ?? [];
    if (name === undefined || request === undefined) return undefined;
    const body = membersOf(row.payload["body"]);
    return {
      id: String(row.payload["id"]),
      key,
      name,
      request,
      attempt: Number(attempt),
      row,
      command: String(body["command"]),
      typed: body["typed"],
      cause: body["cause"],
      behalf: listOf(body["behalf"]).map((each) => this.whoIs(each)),
      settled: undefined,
    };
  }

  #runIn(row: ApiRow): LoggedRun & { rows: ApiRow[] } {
    const origin = membersOf(row.payload["origin"]);
    return {
      id: row.stream,
      started: row,
      intent: String(origin["intent"]),
      door: String(origin["door"]),
      command: String(membersOf(row.payload["plan"])["command"]),
      actor: this.whoIs(row.actor),
      behalf: listOf(origin["behalf"]).map((each) => this.whoIs(each)),
      rows: [row],
    };
  }
}

function resultOf({ payload }: ApiRow): { readonly code: string; readonly run: string | undefined } {
  const result = membersOf(payload["result"]);
  return { code: String(result["code"]), run: typeof result["run"] === "string" ? result["run"] : undefined };
}

export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return value instanceof Object ? Object.fromEntries(Object.entries(value)) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Whether it is what was wanted, word for word. */
export function isWhatWasWanted({ command, typed, cause }: Asked, { recorded }: Wish): boolean {
  return (
    command === recorded.command && isDeepStrictEqual(typed, recorded.typed) && isDeepStrictEqual(cause, recorded.cause)
  );
}

/** Under which it has to stand in the log; undefined where that cannot be known. */
export function keyOf({ name, wish, answer }: Call): string | undefined {
  if (wish?.key !== undefined) return `api/${name}/${requestIdOf(wish.key)}`;
  const id = membersOf(membersOf(answer?.body)["request"])["id"];
  return typeof id === "string" ? `api/${name}/${id}` : undefined;
}

/** What was typed for an input, in whatever way. */
export function numberOf({ typed }: Asked): string {
  const { words, values } = membersOf(typed);
  return String(words ?? membersOf(values)["number"]);
}

export function placeOf({ typed }: Asked): string {
  const { words, values } = membersOf(typed);
  if (typeof words === "string") return words.split(" ").slice(0, 3).join(" ");
  const { service, environment } = membersOf(values);
  return `${String(service)} in ${String(environment)}`;
}

/** Whether grants let a token do that. */
export function mayDo(name: string, { command, place }: { readonly command: string; readonly place: string }): boolean {
  const may = CAST[name]?.may ?? "nothing";
  return may === "all" || (may !== "nothing" && command === "ship" && may === place);
}
