import { describe, expect, it } from "vitest";

import type { RunView } from "../../../src/domain/run-view.ts";
import { foldRun } from "../../../src/domain/evolve.ts";
import { runView } from "../../../src/domain/run-view.ts";
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
  return { clock, drawn, pacer: new ViewPacer({ clock, draw: ({ version }) => void drawn.push(version) }) };
}

describe("the views of a run", () => {
  it("are drawn at once when nothing was drawn a moment ago", async () => {
    const { clock, pacer, drawn } = rig();
    pacer.show(view(1));
    expect(drawn).toEqual([1]);
    await clock.advance(100);
    pacer.show(view(2));
    expect(drawn).toEqual([1, 2]);
  });

  it("are left out in between, and the newest is drawn", async () => {
    const { clock, pacer, drawn } = rig();
    for (const version of [1, 2, 3, 4]) pacer.show(view(version));
    expect(drawn).toEqual([1]);
    await clock.advance(100);
    expect(drawn).toEqual([1, 4]);
    await clock.advance(1000);
    expect(drawn).toEqual([1, 4]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("do not wait for one another's runs", () => {
    const { pacer, drawn } = rig();
    pacer.show(view(1));
    pacer.show(view(7, "run_other"));
    expect(drawn).toEqual([1, 7]);
  });

  it("are drawn when the server stops, and leave no timer", () => {
    const { clock, pacer, drawn } = rig();
    pacer.show(view(1));
    pacer.show(view(2));
    pacer[Symbol.dispose]();
    expect(drawn).toEqual([1, 2]);
    expect(clock.pendingTimers).toBe(0);
  });
});
