import { describe, expect, it } from "vitest";

import { RefusalTally } from "../../../src/triggers/refusal-tally.ts";
import { FakeClock } from "../../support/fake-clock.ts";

describe("refused deliveries", () => {
  it("are counted by trigger since the start, with the last reason", async () => {
    const clock = new FakeClock();
    const tally = new RefusalTally(clock);
    const since = clock.now();
    tally.note("green", "its proof is wrong");
    await clock.advance(60_000);
    tally.note("green", "it carries no proof");
    tally.note("web", "its proof is wrong");
    expect(tally.of("green")).toEqual({ count: 2, lastAt: since + 60_000, why: "it carries no proof", since });
    expect([tally.of("web")?.count, tally.of("gone")]).toEqual([1, undefined]);
  });

  it("are kept of so many triggers", () => {
    const tally = new RefusalTally(new FakeClock());
    for (let index = 0; index < 1500; index += 1) tally.note(`trigger-${index}`, "no");
    tally.note("trigger-1499", "no");
    expect([tally.of("trigger-499"), tally.of("trigger-500")?.count, tally.of("trigger-1499")?.count]).toEqual([
      undefined,
      1,
      2,
    ]);
  });
});
