import { describe, expect, it } from "vitest";

import type { RunEvent } from "../../../src/domain/run-event.ts";
import type { JsonMap } from "../../../src/platform/canonical-json.ts";
import { runFiles } from "../../../src/slack/run-files.ts";
import { runSlots } from "../../../src/slack/run-slots.ts";
import type { Wanted } from "../../../src/slack/slot-entry.ts";
import { begun, ended, failedStep, lookups, RUN, started, viewOf } from "./sample-run.ts";

const PATH = "promote/announce";

function slotsAfter(events: readonly RunEvent[], isLost: (slot: string) => boolean = () => false): readonly Wanted[] {
  const view = viewOf([started(), ...events]);
  const settings = { channel: "C1", approvals: undefined, alerts: undefined };
  return runSlots({ view, isProgress: false, settings, lookups, strayed: undefined, home: "C1", isLost });
}

function posting(input: JsonMap): RunEvent {
  return begun(PATH, "slack/message", "action", { input });
}

describe("a message that a step posts", () => {
  it("stands in the thread of the run, in a slot of its own, and has no step message beside it", () => {
    const slots = slotsAfter([posting({ text: "checkout is live" }), ended(PATH)]);
    expect(slots.map(({ slot }) => slot)).toEqual([`${RUN}/card`, `${RUN}/message/${PATH}`]);
    expect(slots[1]).toMatchObject({ channel: "C1", parent: `${RUN}/card`, content: { text: "checkout is live" } });
  });

  it("stands in the channel that it names, and in the thread where that takes nothing", () => {
    const events = [posting({ text: "live", channel: "#releases" }), ended(PATH)];
    expect(slotsAfter(events)[1]).toMatchObject({ channel: "#releases", parent: undefined });
    const lost = slotsAfter(events, (slot) => slot.includes("/message/"))[1];
    expect(lost).toMatchObject({ channel: "C1", parent: `${RUN}/card` });
  });

  it("is not there before the step was executed, and where that failed the failure is", () => {
    expect(slotsAfter([posting({ text: "live" })])).toHaveLength(1);
    const failed = slotsAfter([posting({ text: "live" }), failedStep(PATH, "step.unknown-kind", "no such action")]);
    expect(failed[1]).toMatchObject({ slot: `${RUN}/step/${PATH}` });
  });
});

describe("a file that a step shows", () => {
  const file = { digest: "a".repeat(64), bytes: 10, name: "report.json", mediaType: "text/plain", sealed: false };
  const filesOf = (input: JsonMap) =>
    runFiles(viewOf([started(), begun(PATH, "slack/file", "action", { input }), ended(PATH)]));

  it("has a slot and a title of its own", () => {
    const slot = `${RUN}/file/1/${PATH}`;
    expect(filesOf({ file })).toEqual([{ slot, run: RUN, artifact: file, title: `report.json · ${PATH}` }]);
  });

  it("is none that is sealed, or none at all", () => {
    expect(filesOf({ file: { ...file, sealed: true } })).toEqual([]);
    expect(filesOf({ file: "report.json" })).toEqual([]);
    expect(runFiles(viewOf([started(), posting({ text: "live" }), ended(PATH)]))).toEqual([]);
  });
});
