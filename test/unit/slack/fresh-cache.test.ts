import { describe, expect, it } from "vitest";

import { FreshCache } from "../../../src/slack/fresh-cache.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp(load: (key: string) => Promise<string>) {
  const clock = new FakeClock();
  let loads = 0;
  const counted = (key: string): Promise<string> => {
    loads += 1;
    return load(key);
  };
  const cache = new FreshCache({ clock, freshMs: 60_000, load: counted });
  return { clock, cache, loads: () => loads };
}

describe("what is cached", () => {
  it("is loaded once for all who ask at the same time, and again only when it is a minute old", async () => {
    const { clock, cache, loads } = setUp((key) => Promise.resolve(`about ${key}`));
    expect(await Promise.all([cache.get("a"), cache.get("a"), cache.get("b")])).toEqual([
      "about a",
      "about a",
      "about b",
    ]);
    await clock.advance(59_999);
    await cache.get("a");
    expect(loads()).toBe(2);
    await clock.advance(1);
    await cache.get("a");
    expect(loads()).toBe(3);
  });

  it("ages from the moment it was asked for, however late the answer came", async () => {
    const { clock, cache, loads } = setUp(() => clock.sleep(50_000).then(() => "late"));
    const first = cache.get("a");
    await clock.advance(50_000);
    await first;
    await clock.advance(10_000);
    const second = cache.get("a");
    await clock.advance(50_000);
    await second;
    expect(loads()).toBe(2);
  });

  it("is not a failure", async () => {
    const answers = [Promise.reject(new Error("down")), Promise.resolve("up")];
    const { cache } = setUp(() => answers.shift() ?? Promise.resolve(""));
    await expect(cache.get("a")).rejects.toThrow("down");
    expect(await cache.get("a")).toBe("up");
  });
});
