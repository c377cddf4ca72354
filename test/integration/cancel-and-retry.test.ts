import { describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { demoImage } from "../../src/simulator/git-demo-manifests.ts";
import { ANA, AppRig, MARCO, PRIYA } from "../support/app-rig.ts";
import { BadDay } from "../support/bad-day.ts";

async function rig(speed = 10): Promise<AppRig> {
  const opened = await AppRig.open({ speed });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

function operationOf(app: AppRig, name: string): unknown {
  return app.world.argocd.state().applications.find((each) => each.name === name)?.operation;
}

describe("cancelling a run in the middle of a sync", () => {
  it("ends the operation in Argo CD, also when the server is restarted in between, and gives the lock back", async () => {
    const app = await rig();
    const behaviour = { kind: "starts", afterMs: 60_000 } as const;
    await app.world.argocd.control({ action: "set-image", prefix: demoImage("web-migrate", ""), behaviour });
    await app.type(ANA, `/promote web ${DEMO_COMMITS.webPrices} to staging`);
    await app.until("the sync runs", () => JSON.stringify(operationOf(app, "web-staging")).includes("Running"));
    const { id, requester } = app.run();
    await app.application.engine.runs.apply(id, { type: "cancel", actor: requester, reason: "wrong commit" });
    await app.stop();
    await app.start();
    await app.until("the run has ended", () => app.run().finishedAt !== undefined);
    expect(app.run().status).toBe("cancelled");
    expect(operationOf(app, "web-staging")).toMatchObject({ phase: "Failed", message: /terminated/u });
    const [stop] = app.application.engine.runs.view(id).stops;
    expect(stop).toMatchObject({ name: "stop sync", step: { output: { outcome: "terminated" } } });
    expect(app.application.store.events.claims()).toEqual([]);
  });
});

describe("retrying a run whose wait failed in prod", () => {
  it("syncs again with the approval that it has, although what is live is what was approved by now", async () => {
    const app = await rig(30);
    await app.type(ANA, "/promote checkout abc123 to prod");
    const gate = await app.gate();
    const prefix = demoImage("checkout", "1.5.0");
    await app.world.argocd.control({ action: "set-image", prefix, behaviour: { kind: "crashes", afterMs: 0 } });
    await app.press(PRIYA, gate, "gate_approve");
    await app.until("the run has failed", () => app.run().status === "failed");
    const { id, requester, failure } = app.run();
    expect(failure?.path).toBe("promote/for-each[prod]/healthy");
    await app.stop();
    await app.start();
    await app.world.argocd.control({ action: "set-image", prefix, behaviour: { kind: "starts", afterMs: 0 } });
    await app.world.argocd.control({ action: "set-pods", application: "checkout-prod", state: "ready" });
    const from = "promote/for-each[prod]/sync";
    const { refusal } = await app.application.engine.runs.apply(id, { type: "retry", actor: requester, from });
    expect(refusal).toBeUndefined();
    await app.until("the run has ended", () => app.run().finishedAt !== undefined);
    const types = app.events().map(({ type }) => type);
    expect([app.run().status, types.filter((type) => type === "gate.opened" || type === "gate.voided")]).toEqual([
      "succeeded",
      ["gate.opened"],
    ]);
    expect(app.run().steps.get(from)).toMatchObject({ attempt: 2, output: { operation: { attempt: 2 } } });
  });

  it("asks anew where it was rolled back since: what people had approved was undone", async () => {
    const day = await BadDay.open();
    onTestFinished(() => day[Symbol.asyncDispose]());
    const proven = await day.start("/qd sync checkout in prod");
    await proven.approve();
    await proven.ended("succeeded");
    const run = await day.start("/promote checkout abc123 to prod");
    const prefix = demoImage("checkout", "1.5.0");
    await run.gate();
    await day.argocd.control({ action: "set-image", prefix, behaviour: { kind: "crashes", afterMs: 0 } });
    await run.approve();
    await run.ended("failed");
    await day.argocd.control({ action: "set-image", prefix, behaviour: { kind: "starts", afterMs: 0 } });
    const rollback = await day.start("/rollback checkout in prod");
    await rollback.approve();
    await rollback.ended("succeeded");
    await day.ask("/qd unlock checkout in prod");
    const before = day.deployments("checkout-prod");
    expect(await day.ask(`/qd retry ${run.id} from sync`)).toContain("goes on from sync");
    await day.until("the approval to be void", () => run.eventsOf("gate.voided").length > 0);
    expect(run.eventsOf("gate.voided")).toMatchObject([
      {
        path: "promote/for-each[prod]/gate",
        message: expect.stringMatching(/^run_.{4} has synced checkout-prod at 2b4337b since it was approved/u),
      },
    ]);
    await run.reply(/request for approval for prod is void: run_.{4} has synced checkout-prod/u);
    expect(day.deployments("checkout-prod")).toEqual(before);
    await run.approve();
    await run.ended("succeeded");
    expect(run.eventsOf("gate.voided")).toHaveLength(1);
  });
});

describe("a run that somebody else has retried", () => {
  it("is not approved by that person: they have asked for it", async () => {
    const day = await BadDay.open();
    onTestFinished(() => day[Symbol.asyncDispose]());
    const run = await day.start("/promote checkout abc123 to prod");
    await run.gate();
    await day.ask(`/qd cancel ${run.id}`);
    await day.until("the run to end", () => run.state.status === "cancelled");
    expect(await day.ask(`/qd retry ${run.id}`, PRIYA)).toContain("goes on");
    await run.approve();
    await day.told(PRIYA, /You asked for this run, so someone else has to decide on it/u);
    expect(run.eventsOf("gate.decided")).toEqual([]);
    await run.approve(MARCO);
    await run.ended("succeeded");
  });
});
