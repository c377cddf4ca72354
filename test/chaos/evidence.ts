import { type LogVerdict, type LogRow, verifyLog } from "../../src/audit/verify-log.ts";
import type { ChainHead } from "../../src/audit/hash-chain.ts";
import { openLog } from "../../src/store/store.ts";
import type { JsonObject } from "../../src/simulator/slack-messages.ts";

/** One event of the log, read as plain JSON: none of the program's own readers decides what it means. */
export interface Fact {
  readonly sequence: number;
  readonly atMs: number;
  readonly stream: string;
  readonly type: string;
  /** The Slack user who did it; empty for what nobody did. */
  readonly user: string;
  readonly body: JsonObject;
}

/** The log as it was found in a data folder. */
export interface Evidence {
  readonly facts: readonly Fact[];
  readonly verdict: LogVerdict;
}

/** Reads the whole log and verifies its chain; `heads` are those that were noted while everything was going on. */
export function readEvidence(dataFolder: string, heads: readonly ChainHead[] = []): Evidence {
  using opened = openLog(dataFolder);
  const { log } = opened;
  const people = log.people();
  const verdict = verifyLog({ rows: log.rows(), people, anchors: heads });
  const users = new Map(people.map(({ pseudonym, user }) => [pseudonym, user]));
  return { verdict, facts: Array.from(log.rows(), (row) => factOf(row, users)) };
}

/** The newest event of the log. */
export function readHead(dataFolder: string): ChainHead | undefined {
  using opened = openLog(dataFolder);
  const verdict = verifyLog({ rows: opened.log.rows() });
  return verdict.status === "intact" && verdict.events > 0 ? verdict.head : undefined;
}

function factOf({ sequence, at, stream, type, actor, payload }: LogRow, users: ReadonlyMap<string, string>): Fact {
  const body: JsonObject = payload === null ? {} : JSON.parse(payload);
  return { sequence, atMs: at, stream, type, user: users.get(actor) ?? "", body };
}

/** A member that has to be a text; empty where it is none. */
export function textOf(body: JsonObject, name: string): string {
  const value = body[name];
  return typeof value === "string" ? value : "";
}

export function numberOf(body: JsonObject, name: string): number {
  const value = body[name];
  return typeof value === "number" ? value : Number.NaN;
}

export function objectOf(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** The events of runs, by run. */
export function runsIn(facts: readonly Fact[]): ReadonlyMap<string, readonly Fact[]> {
  return Map.groupBy(
    facts.filter(({ stream }) => stream.startsWith("run_")),
    ({ stream }) => stream,
  );
}
