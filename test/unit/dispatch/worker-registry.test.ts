import { describe, expect, it } from "vitest";

import type { Report, ReportOf } from "../../../src/dispatch/wire.ts";
import { WorkerRegistry } from "../../../src/dispatch/worker-registry.ts";

const BEAT: ReportOf<"beat"> = { type: "beat", version: "1.0.0", protocol: 1, kinds: ["test/safe"], free: 3, jobs: [] };

function beatOf(worker: string, seq: number): Report {
  return { epoch: "e", worker, seq, content: BEAT };
}

describe("the workers that a server knows", () => {
  it("are gone after so long without a word, and not before", () => {
    const workers = new WorkerRegistry(2500);
    workers.describe("a", BEAT, 1000);
    workers.describe("b", BEAT, 1000);
    workers.isNew(beatOf("b", 1), 3000);
    expect(workers.takeGone(3500, 0)).toEqual([]);
    expect(workers.takeGone(3501, 0).map(({ id }) => id)).toEqual(["a"]);
    expect(workers.takeGone(3502, 0)).toEqual([]);
    expect(workers.all.map(({ id }) => id)).toEqual(["b"]);
  });

  it("are not gone while nothing can be heard, and get all of their time after it", () => {
    const workers = new WorkerRegistry(2500);
    workers.describe("a", BEAT, 0);
    expect(workers.takeGone(60_000, undefined)).toEqual([]);
    expect(workers.takeGone(62_400, 60_000)).toEqual([]);
    expect(workers.takeGone(62_501, 60_000).map(({ id }) => id)).toEqual(["a"]);
  });

  it("are heard once for each thing they say, also after they were gone", () => {
    const workers = new WorkerRegistry(2500);
    expect([1, 2, 2, 1, 3].map((seq) => workers.isNew(beatOf("a", seq), 0))).toEqual([true, true, false, false, true]);
    workers.describe("a", BEAT, 0);
    workers.takeGone(5000, 0);
    expect(workers.isNew(beatOf("a", 3), 5000)).toBe(false);
    expect(workers.isNew(beatOf("a", 4), 5000)).toBe(true);
    expect(workers.all).toEqual([]);
  });

  it("forget those that were gone longest ago when there are very many", () => {
    const workers = new WorkerRegistry(2500);
    for (let index = 0; index < 10_001; index += 1) workers.isNew(beatOf(`w${index}`, 1), 0);
    expect(workers.isNew(beatOf("w1", 1), 0)).toBe(false);
    expect(workers.isNew(beatOf("w0", 1), 0)).toBe(true);
  });

  it("are able to execute what they name, when they speak the same protocol", () => {
    const workers = new WorkerRegistry(2500);
    workers.describe("a", BEAT, 0);
    expect(["test/safe", "test/other"].map((uses) => workers.canExecute(uses, 1))).toEqual([true, false]);
    expect(workers.canExecute("test/safe", 2)).toBe(false);
  });

  it("are found by what they execute under another dispatch", () => {
    const workers = new WorkerRegistry(2500);
    workers.describe("a", { ...BEAT, jobs: [{ key: "run_1/sync/1", token: 3 }] }, 0);
    expect(workers.othersAt({ key: "run_1/sync/1", token: 4 })).toEqual(["a"]);
    expect(workers.othersAt({ key: "run_1/sync/1", token: 3 })).toEqual([]);
    expect(workers.othersAt({ key: "run_1/sync/2", token: 4 })).toEqual([]);
  });
});
