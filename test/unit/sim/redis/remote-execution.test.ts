import { describe, expect, it } from "vitest";

import { Bench } from "../../../support/dispatch-scene.ts";
import { playStory } from "../../../sim/redis/play-remote-story.ts";
import { makeStory } from "../../../sim/redis/remote-story.ts";
import { RemoteRig } from "../../../sim/redis/remote-rig.ts";

describe("a worker that ends", () => {
  it("hands back what it asked for and did not begin, at whichever moment it is told to", async () => {
    for (let afterMs = 0; afterMs < 24; afterMs += 1) {
      const bench = new Bench();
      const rig = new RemoteRig({ seed: `ends after ${afterMs}`, kindsOf: () => bench.kinds });
      const { dispatcher } = rig.server({ reports: bench });
      const worker = rig.worker();
      await rig.until(() => rig.log.find(({ message }) => message === "a worker is connected"));
      dispatcher.dispatch(bench.job("apply", "test/ask"));
      await rig.pass(afterMs);
      const [isBegun] = [bench.executions.length > 0];
      void worker.end();
      await rig.pass(4000);
      // Of what was begun somebody has to look how far it came; everything else is still to be done.
      const statuses = bench.outcomes.map(([, , status]) => status);
      expect({ afterMs, statuses }).toEqual({ afterMs, statuses: isBegun ? ["worker.lost"] : [] });
    }
  });
});

describe("jobs through a Redis that loses, doubles, delays and forgets", () => {
  it.each(Array.from({ length: 12 }, (_, seed) => `${seed}`))(
    "all end, and nothing happens twice that must not (seed %s)",
    async (seed) => {
      const story = makeStory(seed);
      const { violations, log } = await playStory(story);
      expect(violations).toEqual([]);
      expect((await playStory(story)).log).toEqual(log);
    },
  );
});
