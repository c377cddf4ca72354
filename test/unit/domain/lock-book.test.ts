import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { canTake, grantable, type LockClaim, queuePosition } from "../../../src/domain/lock-book.ts";

function claim(run: string, keys: readonly string[], more: Partial<LockClaim> = {}): LockClaim {
  return { run, path: `${run}/lock`, keys, status: "requested", sequence: 1, isUrgent: false, ...more };
}

describe("a lock", () => {
  it("can be taken when nobody holds it and nobody asked for it before", () => {
    const asked = { run: "run_2", path: "", keys: ["a"], sequence: 5, isUrgent: false };
    expect(canTake([], asked)).toBe(true);
    expect(canTake([claim("run_1", ["b"], { status: "held" })], asked)).toBe(true);
    expect(canTake([claim("run_1", ["a"], { status: "held", sequence: 9 })], asked)).toBe(false);
    expect(canTake([claim("run_1", ["a"], { sequence: 4 })], asked)).toBe(false);
    expect(canTake([claim("run_1", ["a"], { sequence: 6 })], asked)).toBe(true);
  });

  it("goes to whoever asked first, all keys together", () => {
    const claims = [
      claim("run_1", ["a"], { status: "held", sequence: 1 }),
      claim("run_2", ["a", "b"], { sequence: 2 }),
      claim("run_3", ["b"], { sequence: 3 }),
      claim("run_4", ["c"], { sequence: 4 }),
    ];
    expect(grantable({ claims: claims, handLocks: [] }).map(({ run }) => run)).toEqual(["run_4"]);
    expect(grantable({ claims: claims.slice(1), handLocks: [] }).map(({ run }) => run)).toEqual(["run_2", "run_4"]);
  });

  it("is no obstacle to the run that holds it itself and asks for more inside", () => {
    const claims = [
      claim("run_1", ["a"], { path: "outer", status: "held", sequence: 1 }),
      claim("run_1", ["a", "b"], { path: "inner", sequence: 2 }),
      claim("run_2", ["b"], { status: "held", sequence: 1 }),
    ];
    expect(grantable({ claims: claims, handLocks: [] })).toEqual([]);
    expect(grantable({ claims: claims.slice(0, 2), handLocks: [] }).map(({ path }) => path)).toEqual(["inner"]);
  });

  it("is not kept from a run by those who wait for what that run holds, nor by those behind them", () => {
    const claims = [
      claim("run_1", ["a"], { path: "outer", status: "held", sequence: 1 }),
      claim("run_2", ["a", "b"], { sequence: 2 }),
      claim("run_3", ["b"], { sequence: 3 }),
      claim("run_1", ["b"], { path: "inner", sequence: 4 }),
    ];
    expect(grantable({ claims: claims, handLocks: [] }).map(({ path }) => path)).toEqual(["inner"]);
  });

  it("still goes to whoever asked earlier when that one can have it", () => {
    const claims = [
      claim("run_1", ["a"], { path: "outer", status: "held", sequence: 1 }),
      claim("run_2", ["b"], { sequence: 2 }),
      claim("run_1", ["b"], { path: "inner", sequence: 3 }),
    ];
    expect(grantable({ claims: claims, handLocks: [] }).map(({ run }) => run)).toEqual(["run_2"]);
  });

  it("shows who is ahead in its queue and who holds it", () => {
    const own = claim("run_3", ["a"], { sequence: 3 });
    const claims = [claim("run_1", ["a"], { status: "held" }), claim("run_2", ["a"], { sequence: 2 }), own];
    expect(queuePosition(claims, own)).toEqual({ position: 2, holder: "run_1" });
    expect(queuePosition([own], own)).toEqual({ position: 1, holder: undefined });
  });

  it("never goes to two at the same time, and somebody gets it when nobody holds any", () => {
    const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 });
    const requests = fc.array(fc.record({ keys, run: fc.nat({ max: 3 }) }), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(requests, fc.nat({ max: 5 }), (all, heldCount) => {
        const claims: LockClaim[] = [];
        for (const [index, wanted] of all.entries()) {
          const asked = {
            run: `run_${wanted.run}`,
            path: `${index}`,
            keys: wanted.keys,
            sequence: index + 1,
            isUrgent: false,
          };
          const isHeld = index < heldCount && canTake(claims, asked);
          claims.push(
            claim(asked.run, asked.keys, {
              path: `${index}`,
              sequence: index + 1,
              status: isHeld ? "held" : "requested",
            }),
          );
        }
        const granted = grantable({ claims: claims, handLocks: [] });
        const owners = new Map<string, string>();
        for (const { run, keys: taken } of [...claims.filter(({ status }) => status === "held"), ...granted]) {
          for (const key of taken) expect(owners.get(key) ?? run).toBe(run);
          for (const key of taken) owners.set(key, run);
        }
        if (claims.every(({ status }) => status === "requested")) expect(granted.length).toBeGreaterThan(0);
      }),
    );
  });
});
