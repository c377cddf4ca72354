import { describe, expect, it } from "vitest";

import { InTurn } from "../../../src/git/in-turn.ts";

describe("taking turns", () => {
  it("has those who want the same wait for one another, and nobody else", async () => {
    const turns = new InTurn();
    const said: string[] = [];
    const first = Promise.withResolvers<string>();
    const running = [
      turns.take("main", undefined, () => first.promise),
      turns.take("main", undefined, async () => said.push("second")),
      turns.take("other", undefined, async () => said.push("other")),
    ];
    await running[2];
    expect(said).toEqual(["other"]);
    first.resolve("first");
    expect(await Promise.all(running)).toEqual(["first", 2, 1]);
  });

  it("goes on after one that failed, and without one that has left", async () => {
    const turns = new InTurn();
    const first = Promise.withResolvers<never>();
    const stop = new AbortController();
    const failing = turns.take("main", undefined, () => first.promise);
    const leaving = turns.take("main", stop.signal, async () => "never");
    const last = turns.take("main", undefined, async () => "last");
    const why = new Error("not wanted");
    stop.abort(why);
    await expect(leaving).rejects.toBe(why);
    first.reject(new Error("broken"));
    await expect(failing).rejects.toThrow("broken");
    expect(await last).toBe("last");
    expect(await turns.take("main", undefined, async () => "again")).toBe("again");
  });
});
