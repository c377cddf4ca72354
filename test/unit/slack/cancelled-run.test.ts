import { describe, expect, it } from "vitest";

import type { HandLock } from "../../../src/domain/hand-lock.ts";
import { type QueueView, runView } from "../../../src/domain/run-view.ts";
import { runSlots } from "../../../src/slack/run-slots.ts";
import { messageProblems } from "../../../src/slack/validate-blocks.ts";
import { promotePlan, RULE, RunSpec, SHA, step } from "../../support/run-spec.ts";
import { lookups } from "./sample-run.ts";

const SETTINGS = { channel: "C1", approvals: undefined, alerts: undefined };
const CANCEL = { type: "cancel", actor: "p_bo", reason: "wrong commit" } as const;

/** What stands in each message of a run, by the end of its slot: the text that notifications and screen readers give. */
function said(spec: RunSpec, queue: readonly QueueView[] = []): Readonly<Record<string, string>> {
  const view = runView({ state: spec.state, progress: new Map(), queue });
  const slots = runSlots({
    view,
    isProgress: false,
    settings: SETTINGS,
    lookups,
    strayed: undefined,
    home: undefined,
    isLost: () => false,
  });
  return Object.fromEntries(
    slots.map(({ slot, content }) => {
      expect(messageProblems(content)).toEqual([]);
      const blocks = JSON.stringify(content.blocks).replaceAll(/<!date\^\d+\^([^|]*)\|[^>]*>/gu, "TIME");
      return [slot.replace(/^run_[^/]*\//u, ""), `${content.text} ${blocks}`];
    }),
  );
}

function stopped(outcome: string, message: string, live: string): RunSpec {
  const spec = new RunSpec([{ name: "staging" }]);
  spec.succeed("sync", { operation: "op-1" });
  spec.when(CANCEL);
  spec.succeed("sync/stop", { outcome, message, live });
  return spec;
}

describe("a run that somebody cancelled", () => {
  it("says on its card who did, why, what was ended and what is live, and tells whoever asked for it", () => {
    const all = said(
      stopped("terminated", "The sync of checkout-staging was ended.", "a mixture: Deployment/checkout"),
    );
    expect(all["card"]).toMatch(/checkout abc1230 to prod: cancelled\. staging was stopped\. Cancelled by <@U0BO>/u);
    expect(all["card"]).toContain("wrong commit");
    expect(all["card"]).toContain(
      "• staging: The sync of checkout-staging was ended. Live: a mixture: Deployment/checkout",
    );
    expect(all["stopped"]).toMatch(/^<@U0ANA> checkout abc1230 to prod: Cancelled by <@U0BO>/u);
    expect(all["step/promote/for-each[staging]/sync/stop"]).toContain("stop sync");
    expect(all["step/promote/for-each[staging]/sync/stop"]).toContain("ended it");
  });

  it("says it when what was under way could not be ended", () => {
    const all = said(stopped("could-not", "Argo CD has not answered.", "not known"));
    expect(all["step/promote/for-each[staging]/sync/stop"]).toMatch(/:warning:.*could not end it/u);
    expect(all["card"]).toContain("Argo CD has not answered. Live: not known");
    const spec = new RunSpec([{ name: "staging" }]);
    spec.succeed("sync", { operation: "op-1" });
    spec.when(CANCEL);
    expect(said(spec)["card"]).toContain("• staging: ending what is under way");
    spec.fail("sync/stop", { code: "argocd.rbac", message: "Permission denied." });
    expect(said(spec)["card"]).toContain("what was under way could not be ended. Permission denied.");
  });

  it("calls nobody when whoever asked for it has cancelled it, and names the run that took over", () => {
    const own = new RunSpec([{ name: "staging" }]);
    own.when({ ...CANCEL, actor: "p_ana" });
    own.fail("sync", { code: "cancelled" });
    expect(Object.keys(said(own))).not.toContain("stopped");
    const other = new RunSpec([{ name: "staging" }]);
    other.when({ ...CANCEL, actor: "p_ana", by: "run_01JD2K6W3V8QZ7E4M5N6P77FQ2" });
    other.fail("sync", { code: "cancelled" });
    expect(said(other)["stopped"]).toContain("Gave way to `run_7FQ2` of <@U0ANA>");
  });

  it("closes a request for approval", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    spec.when(CANCEL);
    expect(said(spec)["gate/0/promote/for-each[prod]/gate"]).toContain(
      "Closed without a decision: the run was cancelled",
    );
  });
});

describe("a run that was retried", () => {
  it("keeps what was decided before beside the new request for approval", () => {
    const spec = new RunSpec([{ name: "prod", approval: RULE }]);
    spec.open("gate");
    spec.decide("gate", { decision: "reject", actor: "p_bo", reason: "not today", current: undefined });
    spec.succeed("alert");
    spec.when({ type: "retry", actor: "p_ana" });
    spec.open("gate");
    const all = said(spec);
    expect(all["gate/0/promote/for-each[prod]/gate"]).toMatch(/Rejected by <@U0BO>.*not today/u);
    expect(all["gate/1/promote/for-each[prod]/gate"]).toContain("gate_approve");
    expect(all["gate/0/promote/for-each[prod]/gate"]).not.toContain("gate_approve");
  });

  it("says of a step that is done over later that it was set aside, and of nothing else", () => {
    const spec = new RunSpec([{ name: "staging" }]);
    spec.succeed("sync", { operation: "op-1" });
    spec.fail("healthy", { code: "argocd.degraded" });
    spec.succeed("alert");
    spec.when({ type: "retry", actor: "p_ana", from: "sync" });
    const all = said(spec);
    expect(all["step/promote/for-each[staging]/healthy"]).toContain("set aside, because the run was retried");
    expect(Object.entries(all).filter(([, text]) => text.includes("set aside"))).toHaveLength(1);
  });
});

describe("a run that waits for a lock that somebody has set", () => {
  it("says whose it is, why and until when", () => {
    const spec = new RunSpec([{ name: "staging" }], promotePlan(), ["checkout/staging"]);
    const path = "promote/for-each[staging]/lock";
    const handLock: HandLock = { key: "checkout/staging", owner: "p_bo", reason: "load test", since: spec.at };
    const card = said(spec, [{ path, keys: [handLock.key], position: 1, behind: undefined, handLock }])["card"];
    expect(card).toContain("queued: position 1; `checkout/staging` is locked by <@U0BO> since TIME: load test");
  });
});

describe("a cancelled run with much to say", () => {
  it("stays within the limits of Slack, whatever stands in the reasons", () => {
    const hostile = "<!channel> *bold* & ".repeat(200);
    const apps = Array.from({ length: 6 }, (_, index) => `e${index}`);
    const steps = apps.map((name) => {
      return step(`sync${name}`, "argocd/sync", {
        with: { app: `main/argocd/checkout-${name}`, revision: SHA },
        stopWith: "argocd/terminate",
      });
    });
    const spec = new RunSpec(
      apps.map((name) => ({ name })),
      promotePlan({ steps: [...steps, step("healthy", "argocd/wait")] }),
    );
    for (const name of apps) spec.succeed(`sync${name}`, { operation: "op" });
    spec.when({ ...CANCEL, reason: hostile });
    for (const name of apps) {
      spec.succeed(`sync${name}/stop`, { outcome: "could-not", message: hostile, live: hostile });
    }
    const all = said(spec);
    expect(spec.state.status).toBe("cancelled");
    expect(all["card"]).toContain("and 3 more");
    expect(Object.values(all).join("")).not.toContain("<!channel>");
  });
});
