import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { canTake, grantable, type LockClaim, queuePosition } from "../../../src/domain/lock-book.ts";

function claim(run: string, keys: readonly string[], more: Partial<LockClaim> = {}): LockClaim {
  return { run, path: `${run}/lock`, keys, status: "requested", sequence: 1, ...more };
}

describe("a lock", () => {
  it("can be taken when nobody holds it and nobody asked for it before", () => {
    expect(canTake([], ["a"], 5)).toBe(true);
    expect(canTake([claim("run_1", ["b"], { status: "held" })], ["a"], 5)).toBe(true);
    expect(canTake([claim("run_1", ["a"], { status: "held", sequence: 9 })], ["a"], 5)).toBe(false);
    expect(canTake([claim("run_1", ["a"], { sequence: 4 })], ["a"], 5)).toBe(false);
    expect(canTake([claim("run_1", ["a"], { sequence: 6 })], ["a"], 5)).toBe(true);
  });

  it("goes to whoever asked first, all keys together", () => {
    const claims = [
      claim("run_1", ["a"], { status: "held", sequence: 1 }),
      claim("run_2", ["a", "b"], { sequence: 2 }),
      claim("run_3", ["b"], { sequence: 3 }),
      claim("run_4", ["c"], { sequence: 4 }),
    ];
    expect(grantable(claims).map(({ run }) => run)).toEqual(["run_4"]);
    expect(grantable(claims.slice(1)).map(({ run }) => run)).toEqual(["run_2", "run_4"]);
  });

  it("is no obstacle to the run that holds it itself and asks for more inside", () => {
    const claims = [
      claim("run_1", ["a"], { path: "outer", status: "held", sequence: 1 }),
      claim("run_1", ["a", "b"], { path: "inner", sequence: 2 }),
      claim("run_2", ["b"], { status: "held", sequence: 1 }),
    ];
    expect(grantable(claims)).toEqual([]);
    expect(grantable(claims.slice(0, 2)).map(({ path }) => path)).toEqual(["inner"]);
  });

  it("shows who is ahead in its queue and who holds it", () => {
    const own = claim("run_3", ["a"], { sequence: 3 });
    const claims = [claim("run_1", ["a"], { status: "held" }), claim("run_2", ["a"], { sequence: 2 }), own];
    expect(queuePosition(claims, own)).toEqual({ position: 2, holder: "run_1" });
    expect(queuePosition([own], own)).toEqual({ position: 1, holder: undefined });
  });

  it("never goes to two at the same time, and somebody gets it when nobody holds any", () => {
    const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 });
    const requests = fc.array(keys, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(requests, fc.nat({ max: 5 }), (all, heldCount) => {
        const claims: LockClaim[] = [];
        for (const [index, wanted] of all.entries()) {
          const isHeld = index < heldCount && canTake(claims, wanted, Number.POSITIVE_INFINITY);
          claims.push(claim(`run_${index}`, wanted, { sequence: index + 1, status: isHeld ? "held" : "requested" }));
        }
        const granted = grantable(claims);
        const taken = [...claims.filter(({ status }) => status === "held"), ...granted].flatMap((each) => each.keys);
        expect(new Set(taken).size).toBe(taken.length);
        if (claims.every(({ status }) => status === "requested")) expect(granted.length).toBeGreaterThan(0);
      }),
    );
  });
});
