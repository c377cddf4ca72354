import { expect, it } from "vitest";

import { RefusalLog } from "../../../src/platform/refusal-log.ts";
import { FakeClock } from "../../support/fake-clock.ts";

it("says once a minute for each reason that something was refused, and how often", async () => {
  const clock = new FakeClock();
  const lines: unknown[] = [];
  const log = new RefusalLog({ clock, say: (fields) => void lines.push(fields) });
  for (let index = 0; index < 100; index += 1) log.note("signature", { from: "a" });
  log.note("time");
  await clock.advance(60_000);
  log.note("signature");
  log.note("time");
  expect(lines).toEqual([
    { reason: "signature", from: "a" },
    { reason: "time" },
    { reason: "signature", others: 99 },
    { reason: "time" },
  ]);
});
