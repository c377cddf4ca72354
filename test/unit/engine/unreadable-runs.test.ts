import { describe, expect, it } from "vitest";

import { refuseUnreadableRuns, type RunOutline } from "../../../src/engine/unreadable-runs.ts";
import { shortId } from "../../../src/platform/ids.ts";
import { promotePlan, RUN, startedEvent } from "../../support/run-spec.ts";
import { appErrorOf } from "../../support/app-error-of.ts";

const KINDS = new Map(
  Object.entries({
    approval: { sort: "gate" },
    "argocd/sync": { sort: "action" },
    "argocd/wait": { sort: "wait" },
    "argocd/terminate": { sort: "action" },
    "slack/alert": { sort: "action" },
  } as const),
);

function outline(more: Partial<RunOutline> = {}): RunOutline {
  return {
    run: RUN,
    title: "Promote checkout",
    types: ["run.started", "step.started", "gate.opened"],
    planDigest: startedEvent([]).planDigest,
    plan: promotePlan,
    ...more,
  };
}

async function refusal(outlines: readonly RunOutline[], kinds = KINDS): Promise<string> {
  const error = await appErrorOf(Promise.resolve().then(() => refuseUnreadableRuns(outlines, kinds)));
  expect(error.code).toBe("runs.unreadable");
  return error.message;
}

function without(...uses: readonly string[]): typeof KINDS {
  return new Map([...KINDS].filter(([kind]) => !uses.includes(kind)));
}

describe("a start with open runs", () => {
  it("goes on when all of them can be continued", () => {
    refuseUnreadableRuns([outline(), outline({ run: "run_2" })], KINDS);
    refuseUnreadableRuns([], new Map());
  });

  it("is refused with the runs, the reason and what to do, when a step kind is gone or is another sort", async () => {
    const gone = await refusal([outline()], without("argocd/wait", "slack/alert"));
    expect(gone).toContain(`${shortId(RUN)} (Promote checkout): it uses "argocd/wait", "slack/alert"`);
    expect(gone).toMatch(
      /Start the version that ran last, with what `steps` named then, let them end or cancel them there/u,
    );
    expect(await refusal([outline()], without("argocd/terminate"))).toContain('"argocd/terminate"');
    const changed = new Map([...KINDS, ["argocd/wait", { sort: "action" }] as const]);
    expect(await refusal([outline()], changed)).toContain('"argocd/wait"');
  });

  it("is refused for events and plans of another version, and for a plan that was redacted", async () => {
    const types = ["run.started", "step.teleported"];
    expect(await refusal([outline({ types })])).toContain("events that are not known here (step.teleported)");
    const plan = { ...promotePlan(), engine: 2 };
    expect(await refusal([outline({ plan: () => plan })])).toContain("its plan is of another version");
    expect(await refusal([outline({ plan: () => undefined })])).toContain("its plan is of another version");
  });

  it("names so many, counts the others, and reads each plan once", async () => {
    let reads = 0;
    const plan = (): unknown => {
      reads += 1;
      return {};
    };
    const many = Array.from({ length: 12 }, (_, index) => outline({ run: `run_${index}`, plan }));
    expect(await refusal(many)).toMatch(/12 runs that are open: .*; and 2 more\./u);
    expect(reads).toBe(1);
  });
});
