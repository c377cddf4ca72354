import { describe, expect, it } from "vitest";
import type { Application } from "../../../src/argocd/application.ts";
import { operationProgress } from "../../../src/argocd/operation-progress.ts";
import { seenIn } from "./recording.ts";

const stateOf = (application: Application) => {
  if (application.status.operationState === undefined) throw new Error("no state");
  return application.status.operationState;
};

describe("operationProgress", () => {
  it("tells phase, wave, hooks and the object waited for, as a sync with waves goes on", () => {
    const frames = seenIn("hook-success-waves", "web-staging").filter(
      ({ application }) =>
        application.operation !== undefined && application.status.operationState?.syncResult !== undefined,
    );
    const told = frames.map(({ application }) => {
      const { syncPhase, wave, applied, total, hooks } = operationProgress(application, stateOf(application));
      return `${syncPhase} wave ${wave ?? "-"} ${applied}/${total} ${hooks.map(({ name, phase }) => `${name} ${phase || "waits"}`).join(", ")}`;
    });
    expect(told.filter((text, index) => text !== told[index - 1])).toEqual([
      "undefined wave - 0/4 ",
      "PreSync wave - 0/4 web-migrate Running",
      "Sync wave 0 2/4 web-migrate Succeeded",
      "Sync wave 1 3/4 web-migrate Succeeded",
      "Sync wave 2 4/4 web-migrate Succeeded",
      "PostSync wave 2 4/4 web-migrate Succeeded, web-warmup Running",
    ]);
  });
});
