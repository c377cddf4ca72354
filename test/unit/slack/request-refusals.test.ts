import { expect, it } from "vitest";

import { silentLogger } from "../../../src/platform/logger.ts";
import { RequestRefusals } from "../../../src/slack/request-refusals.ts";
import { FakeClock } from "../../support/fake-clock.ts";

it("say once a minute for each reason that requests were refused, and how many", async () => {
  const clock = new FakeClock();
  const lines: unknown[] = [];
  const refusals = new RequestRefusals({
    clock,
    logger: { ...silentLogger, warn: (_message, fields) => void lines.push([fields?.["reason"], fields?.["others"]]) },
  });
  for (let index = 0; index < 100; index += 1) refusals.note("signature");
  refusals.note("time");
  await clock.advance(60_000);
  refusals.note("signature");
  refusals.note("time");
  expect(lines).toEqual([
    ["signature", undefined],
    ["time", undefined],
    ["signature", 99],
    ["time", undefined],
  ]);
});
