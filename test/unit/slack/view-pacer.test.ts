import { describe, expect, it } from "vitest";

import type { RunView } from "../../../src/domain/run-view.ts";
import { foldRun } from "../../../src/domain/evolve.ts";
import { runView } from "../../../src/domain/run-view.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { ViewPacer } from "../../../src/slack/view-pacer.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { RUN, startedEvent } from "../../support/run-spec.ts";

const SAMPLE = runView({ state: foldRun(RUN, [startedEvent([{ name: "prod" }])]), progress: new Map(), queue: [] });

function view(version: number, id = RUN): RunView {
  return { ...SAMPLE, id, version };
}

function rig(): { clock: FakeClock; pacer: ViewPacer; drawn: number[] } {
  const clock = new FakeClock();
  const drawn: number[] = [];
  return {
    clock,
    drawn,
    pacer: new ViewPacer({ clock, logger: silentLogger, draw: ({ version }) => void drawn.push(version) }),
  };
}

describe("the views of a run", () => {
  it("are drawn at once when nothing was drawn a moment ago", async () => {
    const { clock, pacer, drawn } = rig();
    pacer.show(RUN, () => view(1));
    expect(drawn).toEqual([1]);
    await clock.advance(100);
    pacer.show(RUN, () => view(2));
    expect(drawn).toEqual([1, 2]);
  });

  it("are left out in between, and the newest is drawn", async () => {
    const { clock, pacer, drawn } = rig();
    for (const version of [1, 2, 3, 4]) pacer.show(RUN, () => view(version));
    expect(drawn).toEqual([1]);
    await clock.advance(100);
    expect(drawn).toEqual([1, 4]);
    await clock.advance(1000);
    expect(drawn).toEqual([1, 4]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("that cannot be made or drawn stop neither the others nor the server", async () => {
    const { clock, pacer, drawn } = rig();
    const broken = (): never => {
      throw new Error("no such step");
    };
    pacer.show(RUN, broken);
    pacer.show("run_other", () => view(7, "run_other"));
    pacer.show(RUN, broken);
    await clock.advance(100);
    pacer.show(RUN, () => view(3));
    await clock.advance(100);
    expect(drawn).toEqual([7, 3]);
    pacer.show(RUN, broken);
    pacer[Symbol.dispose]();
  });

  it("do not wait for one another's runs", () => {
    const { pacer, drawn } = rig();
    pacer.show(RUN, () => view(1));
    pacer.show("run_other", () => view(7, "run_other"));
    expect(drawn).toEqual([1, 7]);
  });

  it("leave time for other things when there are many of them, and take turns", async () => {
    const clock = new FakeClock();
    const drawn: string[] = [];
    let spentMs = 0;
    const monotonic = (): number => clock.monotonic() + spentMs;
    const draw = ({ id }: RunView): void => {
      drawn.push(id);
      spentMs += 3;
    };
    const pacer = new ViewPacer({
      clock: { setTimer: clock.setTimer.bind(clock), monotonic },
      logger: silentLogger,
      draw,
    });
    for (const id of ["run_a", "run_b", "run_c", "run_d"]) pacer.show(id, () => view(1, id));
    pacer.show("run_b", () => view(2, "run_b"));
    expect(drawn).toEqual(["run_a"]);
    await clock.advance(9);
    expect(drawn).toEqual(["run_a", "run_b", "run_c"]);
    await clock.advance(17);
    expect(drawn).toHaveLength(3);
    await clock.advance(1);
    expect(drawn).toEqual(["run_a", "run_b", "run_c", "run_d"]);
  });

  it("are drawn when the server stops, and leave no timer", () => {
    const { clock, pacer, drawn } = rig();
    pacer.show(RUN, () => view(1));
    pacer.show(RUN, () => view(2));
    pacer[Symbol.dispose]();
    expect(drawn).toEqual([1, 2]);
    expect(clock.pendingTimers).toBe(0);
  });
});
