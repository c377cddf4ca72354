import { expect, test } from "vitest";

import { makeScenario } from "../../sim/make-scenario.ts";
import { openStage } from "../../sim/open-stage.ts";
import { play } from "../../sim/play.ts";

const stage = await openStage();
// A scenario takes a tenth of a second, and a hundred times as long on a machine that does something else.
const PATIENCE_MS = 60_000;

test.each([0, 2])(
  "a scenario with %i workers is the same story each time, byte for byte",
  async (workers) => {
    const scenario = { ...makeScenario("7"), workers };
    const first = await play(stage, scenario);
    // Nothing of a world reaches into the next one.
    await play(stage, makeScenario("3"));
    const second = await play(stage, scenario);

    expect(first.events).toBeGreaterThan(50);
    expect(second.fingerprint).toBe(first.fingerprint);
  },
  PATIENCE_MS,
);

test(
  "another seed is another story",
  async () => {
    const one = await play(stage, makeScenario("7"));
    const other = await play(stage, makeScenario("8"));

    expect(other.fingerprint).not.toBe(one.fingerprint);
  },
  PATIENCE_MS,
);
