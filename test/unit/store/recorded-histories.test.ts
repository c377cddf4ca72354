import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { type LogRow, verifyLog } from "../../../src/audit/verify-log.ts";
import { decide } from "../../../src/domain/decide.ts";
import { evolve, foldRun } from "../../../src/domain/evolve.ts";
import type { RunEvent } from "../../../src/domain/run-event.ts";
import type { RunState } from "../../../src/domain/run-state.ts";
import { runView } from "../../../src/domain/run-view.ts";
import { claimsOf } from "../../../src/domain/lock-book.ts";
import { newProofs, rowOf } from "../../../src/engine/projection.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import { canonicalJson, type Json } from "../../../src/platform/canonical-json.ts";
import { parseRunEvent } from "../../../src/store/log-reader.ts";

// Logs of real runs of the plays, as each release has written them: every later version has to read them and come to the same.
const HISTORIES = new URL("../../fixtures/histories/", import.meta.url);
const NAMES = readdirSync(HISTORIES, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".jsonl"))
  .toSorted();

const Exported = z.looseObject({
  sequence: z.int(),
  at: z.number(),
  stream: z.string(),
  version: z.int(),
  type: z.string(),
  actor: z.string(),
  commitment: z.string(),
  hash: z.string(),
  salt: z.string(),
  payload: z.custom<Json>(),
});

function rowsOf(name: string): readonly LogRow[] {
  const lines = readFileSync(new URL(name, HISTORIES), "utf8").trim().split("\n");
  return lines.map((line) => {
    const { sequence, at, stream, version, type, actor, commitment, hash, salt, payload } = Exported.parse(
      JSON.parse(line),
    );
    return { sequence, at, stream, version, type, actor, commitment, hash, salt, payload: canonicalJson(payload) };
  });
}

function runsOf(rows: readonly LogRow[]): ReadonlyMap<string, readonly RunEvent[]> {
  const runs = new Map<string, RunEvent[]>();
  for (const row of rows) {
    if (row.stream.startsWith("run_")) runs.set(row.stream, [...(runs.get(row.stream) ?? []), parseRunEvent(row)]);
  }
  return runs;
}

/** What people see of the run, what lists know of it, and what it has under way and holds. */
function seen(state: RunState, events: readonly RunEvent[]): object {
  return {
    view: runView({ state, queue: [], progress: new Map() }),
    row: rowOf(state),
    work: nextWork(state),
    claims: claimsOf(state),
    proofs: newProofs(undefined, events),
  };
}

describe("the history of a play as a release has recorded it", () => {
  it("is there for this release", () => {
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync("package.json", "utf8")));
    expect(NAMES.filter((name) => name.startsWith(`${version}/`)).length).toBeGreaterThan(10);
  });

  it.each(NAMES)("is unbroken, and every fact of it is read: %s", (name) => {
    const rows = rowsOf(name);
    expect(verifyLog({ rows })).toMatchObject({ status: "intact", events: rows.length });
    for (const events of runsOf(rows).values()) expect(events.length).toBeGreaterThan(1);
  });

  it.each(NAMES)("comes to the same as then: %s", async (name) => {
    const runs = [...runsOf(rowsOf(name))].map(([run, events]) => {
      const [first, ...more] = events;
      // One fact after the other, as they came, is the same as all of them at once.
      const state = more.reduce(evolve, foldRun(run, first === undefined ? [] : [first]));
      expect(state).toEqual(foldRun(run, events));
      return seen(state, events);
    });
    const then = new URL(name.replace(".jsonl", ".views.json"), HISTORIES).pathname;
    await expect(`${JSON.stringify(runs, null, 1)}\n`).toMatchFileSnapshot(then);
  });

  it.each(NAMES)("is over: nothing that is repeated or comes late changes it: %s", (name) => {
    for (const [run, events] of runsOf(rowsOf(name))) {
      const state = foldRun(run, events);
      const askForLocks = (): never => expect.fail("a run that is over asks for no lock");
      const circumstances = { at: state.changedAt + 1, askForLocks, nextLockOrder: () => 1 };
      for (const step of state.steps.values()) {
        const { path, attempt, token } = step;
        const outcome = { status: "succeeded", output: {} } as const;
        expect(decide(state, { type: "outcome", path, attempt, token, outcome }, circumstances)).toEqual([]);
      }
      expect(decide(state, { type: "wake" }, circumstances)).toEqual([]);
      expect(decide(state, { type: "resume" }, circumstances)).toEqual([]);
    }
  });
});
