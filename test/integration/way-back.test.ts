import { expect, it, onTestFinished } from "vitest";

import { promoteProbedBlueprint } from "../../src/demo/blueprints/promote-probed.ts";
import { probedReleases } from "../../src/demo/world-parts/probed-releases.ts";
import { demoImage } from "../../src/simulator/git-demo-manifests.ts";
import { isLiveAt } from "../../src/demo/story.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, AppRig, OLGA, PRIYA } from "../support/app-rig.ts";

const LIVE_BEFORE = /2b4337b/u;

/** A gate that is open in the thread, and says this. */
async function gate(app: AppRig, says: RegExp): Promise<SlackMessage> {
  return await app.message(`a gate: ${String(says)}`, ({ text, blocks }) => {
    return says.test(text) && JSON.stringify(blocks).includes("gate_approve");
  });
}

it("asks before it returns an environment that asks for approval, returns it, and starts over from the sync", async () => {
  const app = await AppRig.open({ blueprints: [promoteProbedBlueprint], speed: 20 });
  onTestFinished(() => app[Symbol.asyncDispose]());
  const { faulty } = probedReleases.of(app.world);
  const { argocd } = app.world;
  const image = demoImage("checkout", "1.8.0");
  // What is wrong shows under the traffic of prod only.
  for (const [place, failing] of [
    ["staging", 0],
    ["prod", 0.1],
  ] as const) {
    const behaviour = { kind: "starts", afterMs: 500, answers: { failing } } as const;
    await argocd.control({ action: "set-image", prefix: `checkout-${place} ${image}`, behaviour });
  }
  await app.type(ANA, `/qd promote-probed checkout ${faulty.slice(0, 7)} to prod --watch 1s --soak 1s`);
  await app.press(PRIYA, await gate(app, /Promote checkout/u), "gate_approve");
  const back = await gate(app, /Return checkout in prod to 2b4337b/u);
  await app.card(/Promote with probes.*prod waits for approval to go back to 2b4337b/u);
  const state = () => argocd.state().applications.find(({ name }) => name === "checkout-prod");
  expect(state()?.liveRevision).toBe(faulty);
  await app.press(PRIYA, back, "gate_approve");
  const { events } = app.application.store;
  await app.until("the run has ended", () => events.listRuns({ limit: 1 })[0]?.finishedAt !== undefined);
  const live = state();
  expect(live?.liveRevision).toMatch(LIVE_BEFORE);
  expect(live === undefined ? false : isLiveAt(live.liveRevision)(live)).toBe(true);
  await app.card(/Promote with probes.*: failed\..*prod is back, and healthy, at 2b4337b/u);
  await app.type(OLGA, `/qd retry ${app.run().id}`);
  await app.until("the run goes on", () => app.run().retries.length > 0);
  expect(app.run().retries[0]?.from).toBe("promote-probed/for-each[prod]/sync");
  // The place is held, so that nothing begins there until somebody lets it.
  expect(app.run().steps.get("promote-probed/for-each[prod]/sync")).toBeUndefined();
});
