import { describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { ANA, AppRig, PRIYA } from "../support/app-rig.ts";

async function rig(options: Parameters<typeof AppRig.open>[0] = {}): Promise<AppRig> {
  const opened = await AppRig.open(options);
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

describe.each(["socket", "http"] as const)("/promote checkout abc123 to prod, received over %s", (receive) => {
  it("reaches prod after an approval, and is proven in both environments", async () => {
    const app = await rig({ receive });
    expect(await app.type(ANA, "/promote checkout abc123 to prod")).toContain("Looking into it");
    await app.press(PRIYA, await app.gate(), "gate_approve");
    await app.card(/succeeded/u);
    const live = app.world.argocd.state().applications.filter(({ service }) => service === "checkout");
    expect(live.map(({ liveRevision, health }) => [liveRevision, health])).toEqual([
      [DEMO_COMMITS.target, "Healthy"],
      [DEMO_COMMITS.target, "Healthy"],
    ]);
    expect(app.application.store.events.proofs("main/argocd/checkout-prod", 1)).toMatchObject([
      { revision: DEMO_COMMITS.target },
    ]);
    expect(app.world.slack.world.journal.deliveries().some(({ connection }) => connection === "http")).toBe(
      receive === "http",
    );
  });
});
