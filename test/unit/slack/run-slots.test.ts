import { describe, expect, it } from "vitest";

import type { RunEvent } from "../../../src/domain/run-event.ts";
import type { JsonMap } from "../../../src/platform/canonical-json.ts";
import { runFiles } from "../../../src/slack/run-files.ts";
import { runSlots } from "../../../src/slack/run-slots.ts";
import type { Wanted } from "../../../src/slack/slot-entry.ts";
import { runView } from "../../../src/domain/run-view.ts";
import { promotePlan, RunSpec, step } from "../../support/run-spec.ts";
import { renderFailureAlert } from "../../../src/slack/views/failure-alert.ts";
import { renderRunCard } from "../../../src/slack/views/run-card.ts";
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

describe("the messages of a run", () => {
  const teamsOf = (run: RunEvent): readonly string[] => {
    const settings = { team: "T1", channel: "C1", approvals: undefined, alerts: undefined };
    const view = viewOf([run, posting({ text: "x" }), ended(PATH)]);
    const slots = runSlots({
      view,
      isProgress: false,
      settings,
      lookups,
      strayed: undefined,
      home: "C1",
      isLost: () => false,
    });
    return slots.map(({ team }) => team);
  };

  it("stand in the workspace in which it was asked for, and in ours where a machine asked", () => {
    const run = started();
    expect(teamsOf({ ...run, origin: { ...run.origin, team: "T0" } })).toEqual(["T0", "T0"]);
    expect(teamsOf({ ...run, origin: { ...run.origin, door: "api", team: "machines" } })).toEqual(["T1", "T1"]);
  });
});

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

describe("the card of a run that works in no environment", () => {
  const cardOf = (spec: RunSpec): Wanted | undefined => {
    const view = runView({ state: spec.state, progress: new Map(), queue: [] });
    const settings = { channel: "C1", approvals: undefined, alerts: undefined };
    return runSlots({
      view,
      isProgress: false,
      settings,
      lookups,
      strayed: undefined,
      home: "C1",
      isLost: () => false,
    })[0];
  };

  it("is as urgent as any other when people are asked, or something has failed", () => {
    const beside = {
      type: "parallel",
      key: "parallel",
      failFast: false,
      branches: [step("gate", "approval"), step("other", "program/run")],
    } as const;
    expect(cardOf(new RunSpec([], promotePlan({ steps: [beside] })))).toMatchObject({ priority: 1 });
    const alone = new RunSpec(
      [],
      promotePlan({ steps: [{ ...beside, branches: [step("a", "program/run"), step("b", "program/run")] }] }),
    );
    expect(cardOf(alone)).toMatchObject({ priority: 2 });
    alone.fail("/a", { code: "x" });
    expect([alone.state.status, cardOf(alone)?.priority]).toEqual(["running", 1]);
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

describe("the thread of a run over a fleet", () => {
  const KEYS = Array.from({ length: 7 }, (_, index) => `eu-${index}`);

  function fleet(keys: readonly string[] = KEYS): RunSpec {
    const items = `[${keys.map((key) => `'${key}'`).join(", ")}]`;
    const steps = [step("patch", "program/run"), step("probe", "program/run"), step("gate", "approval")];
    const loop = {
      type: "for-each",
      key: "for-each",
      items,
      as: "cluster",
      steps,
      atATime: 40,
      failFast: false,
    } as const;
    return new RunSpec([], promotePlan({ steps: [loop], onFailure: [] }));
  }

  function threadOf({ state }: RunSpec): readonly Wanted[] {
    const view = runView({ state, progress: new Map(), queue: [] });
    const settings = { channel: "C1", approvals: undefined, alerts: undefined };
    const isLost = (): boolean => false;
    const wanted = runSlots({ view, isProgress: false, settings, lookups, strayed: undefined, home: "C1", isLost });
    return wanted.slice(1);
  }

  const slotsOf = (spec: RunSpec): readonly string[] => threadOf(spec).map(({ slot }) => slot.slice(slot.indexOf("/")));
  const one = (key: string): string => `/step/promote/for-each[${key}]`;

  it("has one message for each iteration, with its steps as lines", () => {
    const spec = fleet();
    spec.at += 5000;
    spec.succeed("[eu-0]/patch", { exitCode: 0, text: "patched" });
    expect(slotsOf(spec)).toEqual(KEYS.map(one));
    expect(threadOf(spec)[0]?.content).toEqual({
      text: "eu-0: 1 step done; probe running. :arrow_forward: probe running",
      blocks: [
        {
          type: "section",
          expand: true,
          text: { type: "mrkdwn", verbatim: true, text: ":arrow_forward: *eu-0* 1 step done; probe running" },
        },
        {
          type: "section",
          expand: true,
          text: {
            type: "mrkdwn",
            verbatim: true,
            text: ":white_check_mark: `patch` succeeded after 5 s: exitCode 0 · text patched\n:arrow_forward: `probe` running",
          },
        },
        {
          type: "context",
          elements: [{ type: "mrkdwn", verbatim: true, text: "started <!date^1767261600^{ago}|2026-01-01 10:00 UTC>" }],
        },
      ],
    });
  });

  it("has messages of their own for failures, also once they are tried anew, and for what people decide", () => {
    const spec = fleet();
    for (const key of KEYS) spec.succeed(`[${key}]/patch`);
    spec.fail("[eu-3]/probe", { code: "x", message: "no answer" });
    spec.succeed("[eu-4]/probe");
    spec.open("[eu-4]/gate");
    const apart = [`${one("eu-3")}/probe`, "/gate/0/promote/for-each[eu-4]/gate"];
    expect(slotsOf(spec)).toEqual([...KEYS.map(one), ...apart]);
    const failed = threadOf(spec)[7]?.content.text;
    expect(failed).toBe("Step probe in eu-3: failed after 0 s. no answer");
    spec.when({ type: "cancel", actor: "p_ana", reason: "" });
    for (const key of ["eu-0", "eu-1", "eu-2", "eu-5", "eu-6"]) spec.fail(`[${key}]/probe`, { code: "cancelled" });
    spec.when({ type: "retry", actor: "p_ana" });
    expect(slotsOf(spec)).toEqual(expect.arrayContaining([...KEYS.map(one), apart[0]]));
    expect(slotsOf(spec)).toHaveLength(KEYS.length + 2);
  });

  it("calls people once for all that failed, names it, and offers one retry", () => {
    const spec = fleet();
    for (const key of KEYS.slice(0, 5)) spec.fail(`[${key}]/patch`, { code: "x", message: `no route to ${key}` });
    for (const key of KEYS.slice(5)) spec.fail(`[${key}]/patch`, { code: "x", message: "timed out" });
    const view = runView({ state: spec.state, progress: new Map(), queue: [] });
    const alert = renderFailureAlert({ run: view, mention: undefined }, lookups);
    const [head, list, , buttons] = alert.blocks;
    expect(head).toMatchObject({
      text: { text: expect.stringContaining(":rotating_light: *checkout abc1230 to prod failed* at 7 steps\n") },
    });
    expect(list).toMatchObject({
      text: {
        text: [...KEYS.slice(0, 5).map((key) => `• \`${key} patch\`: no route to ${key}`), "… and 2 more"].join("\n"),
      },
    });
    expect(buttons).toMatchObject({
      elements: [{ text: { text: "Retry all 7" } }, { text: { text: "Open the run" } }],
    });
    expect(JSON.stringify(renderRunCard(view, lookups))).toContain("*Why* in `eu-0 patch` and 6 more steps: ");
  });

  it("has a message for each step where there is but a handful", () => {
    const spec = fleet(["eu-0", "eu-1"]);
    expect(slotsOf(spec)).toEqual([`${one("eu-0")}/patch`, `${one("eu-1")}/patch`]);
    expect(threadOf(spec)[0]?.content.text).toBe("Step patch in eu-0: running");
  });
});
