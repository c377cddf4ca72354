import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { PRIYA } from "../support/app-rig.ts";
import { type AskedRun, BadDay, words } from "../support/bad-day.ts";

const PROMOTE = "/promote checkout abc123 to prod";
const { checkoutLive: LIVE, checkoutRounding: OTHER, target: TARGET } = DEMO_COMMITS;

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

// Staging stays where the first test left it: proven there, it is skipped by the others.
beforeEach(() => day.renew("checkout-prod"));

afterEach(async () => {
  await day.noFaults();
  day.rig.world.git.setFault({ kind: "none" });
  await day.endRuns();
});

/** Somebody takes prod to another revision in Argo CD's own pages. */
async function moveProd(): Promise<void> {
  await day.inArgocd("POST", "checkout-prod/sync", { name: "checkout-prod", revision: OTHER });
  await day.until("prod to be elsewhere", () => day.deployments("checkout-prod").at(-1) === OTHER);
  await day.until("that to be over", () => day.application("checkout-prod").operation === undefined);
}

async function press(gate: SlackMessage): Promise<void> {
  await day.rig.press(PRIYA, gate, "gate_approve");
}

/** Stops prod from answering, as an Argo CD in trouble does. */
function prodIsAway(): Promise<void> {
  return day.fault({ kind: "status", matching: "GET .*checkout-prod", status: 503, message: "upstream", code: 14 });
}

async function stagingAccepted(run: AskedRun): Promise<void> {
  await day.until("staging to be accepted", () => run.eventsOf("step.succeeded").length > 0);
}

describe("an approval of something that is no longer so", () => {
  it("prod was moved while the gate waited: the click says by how much, and a new request follows", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    await moveProd();
    await press(gate);
    const told = await day.told(PRIYA, /Nothing was approved/u);
    expect(told).toContain(
      "because what you saw is no longer so: what is live went from 2b4337b to 14272e6. Decide on the new request.",
    );
    expect(await run.reply(/void/u)).toMatch(
      /The request for approval for prod is void: what is live went from 2b4337b to 14272e6 while it was waiting.*\n.*a new request follows/u,
    );
    expect(words(await run.gate())).toContain("`checkout` in `prod`: `14272e6` → `abc1236`");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, OTHER]);
    await run.approve();
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, OTHER, TARGET]);
    expect(run.eventsOf("gate.voided")).toMatchObject([{ changed: ["fromRevision"] }]);
    expect(run.eventsOf("gate.refused")).toMatchObject([{ code: "gate.changed", decision: "approve" }]);
  });

  it("prod was moved between the click and the sync: nothing is synced, and it is asked again", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    // The click looks at prod, and then the sync does: both are kept waiting, so that prod moves between them.
    const reads = "GET /api/v1/applications/checkout-prod\\?";
    await day.fault({ kind: "slow", matching: reads, delayMs: 250, times: 2 });
    const click = press(gate);
    await day.until("the decision", () => run.eventsOf("gate.decided").length > 0);
    await moveProd();
    await click;
    expect(await run.reply(/void/u)).toContain(
      "what is live went from 2b4337b to 14272e6 between the approval and the sync",
    );
    expect(await run.reply(/set aside/u)).toContain("prod · sync");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, OTHER]);
    await run.approve();
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, OTHER, TARGET]);
    expect(run.eventsOf("lock.released").length).toBe(run.eventsOf("lock.acquired").length);
  });

  it("somebody's operation was under way at the sync: is waited for, and what it did is asked about", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    const controller = (state: "up" | "down"): Promise<void> =>
      day.argocd.control({ action: "set-component", component: "controller", state });
    onTestFinished(() => controller("up"));
    await controller("down");
    await day.inArgocd("POST", "checkout-prod/sync", { name: "checkout-prod", revision: OTHER });
    await press(gate);
    expect(await run.card(/busy/u)).toContain(
      "`sync` waits, and goes on by itself: Argo CD is busy with an operation of viewer",
    );
    await controller("up");
    await run.reply(/what is live went from 2b4337b to 14272e6 between the approval and the sync/u);
    await run.approve();
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, OTHER, TARGET]);
  });

  it("the application was made anew: is not taken for the one that was shown", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    await day.renew("checkout-prod");
    await press(gate);
    await day.told(PRIYA, /the application was deleted and made again/u);
    await run.reply(/void/u);
    await run.approve();
    await run.ended("succeeded");
    expect(run.eventsOf("gate.voided")).toMatchObject([{ changed: ["applicationUid"] }]);
  });

  it("the application's parameters were changed: is asked again", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    await day.patch("checkout-prod", { source: { directory: { recurse: true } } });
    await press(gate);
    await day.told(PRIYA, /the application's own sources \(repository, path or parameters\) changed/u);
    await run.gate();
    await run.dismiss();
  });

  it("auto-sync was switched on: people are asked again, and nothing is posted", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    // Without its controller Argo CD does not move prod by itself before the click, which would void the approval instead.
    const controller = (state: "up" | "down"): Promise<void> =>
      day.argocd.control({ action: "set-component", component: "controller", state });
    onTestFinished(() => controller("up"));
    await controller("down");
    await day.patch("checkout-prod", { syncPolicy: { automated: {} } });
    await press(gate);
    await run.reply(/auto-sync of the application was switched on or off/u);
    await run.gate();
    await run.dismiss();
    const ours = day.argocd.state().applications.find(({ name }) => name === "checkout-prod")?.operation?.infos ?? {};
    expect(ours).not.toHaveProperty("quarterdeck.run");
  });

  it("the application is gone: nothing is approved, the reason is told, and it can be approved when it is back", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    await day.remove("checkout-prod");
    await press(gate);
    const told = await day.told(PRIYA, /Nothing was approved, because it could not be checked/u);
    expect(told).toMatch(
      /it does not exist, or the account may not see it.*Press Approve again when that is mended\./u,
    );
    await day.renew("checkout-prod");
    await press(gate);
    await day.told(PRIYA, /the application was deleted and made again/u);
    await run.reply(/void/u);
    await run.approve();
    await run.ended("succeeded");
  });
});

describe("Argo CD away", () => {
  it("before the gate opens: the card says what it waits for, and the gate opens when it is back", async () => {
    const run = await day.start(PROMOTE);
    await stagingAccepted(run);
    await prodIsAway();
    expect(await run.card(/`gate` waits/u)).toMatch(
      /`gate` waits, and goes on by itself: read argocd\/checkout-prod: .*It usually passes/u,
    );
    await day.noFaults();
    await run.approve();
    await run.ended("succeeded");
  });

  it("at the click: approves nothing, and says to try again", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    await prodIsAway();
    await press(gate);
    const told = await day.told(PRIYA, /could not be checked/u);
    expect(told).toMatch(/Nothing was approved, .* Try again in a moment\./u);
    expect(run.eventsOf("gate.refused")).toMatchObject([{ code: "gate.unverifiable" }]);
    await day.noFaults();
    await press(gate);
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, TARGET]);
  });

  it("after the click: the sync is tried again when it is back", async () => {
    const run = await day.start(PROMOTE);
    const gate = await run.gate();
    await day.fault({
      kind: "status",
      matching: "POST .*checkout-prod/sync",
      status: 503,
      message: "upstream",
      code: 14,
      times: 1,
    });
    await press(gate);
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, TARGET]);
    expect(run.eventsOf("gate.decided")).toHaveLength(1);
  });

  it("with a token that expired before the gate: fails and says so", async () => {
    const run = await day.start(PROMOTE);
    await day.fault({
      kind: "status",
      matching: "GET .*checkout-prod",
      status: 401,
      message: "invalid session",
      code: 16,
    });
    expect(await run.ended("failed")).toMatch(/\*Why\* in `prod gate`: .*does not accept the token/u);
  });
});

describe("what a gate can show, and cannot", () => {
  it("what the manifests change, when they cannot be rendered: says why, and asks all the same", async () => {
    const message = "Unable to generate manifests: kustomize build failed";
    await day.fault({ kind: "status", matching: "checkout-prod/manifests", status: 400, message, code: 9 });
    const run = await day.start(PROMOTE);
    const gate = words(await run.gate());
    expect(gate).toMatch(
      /\*Manifests:\* not compared\. What it changes could not be rendered: .*kustomize build failed/u,
    );
    await run.approve();
    await run.ended("succeeded");
  });

  it("a commit that changes nothing in prod: says so on the gate and at the end", async () => {
    await day.renew("checkout-staging");
    onTestFinished(() => day.renew("checkout-staging"));
    const run = await day.start("/promote checkout 77b5b29 to prod");
    const gate = words(await run.gate());
    expect(gate).toContain("*Commits:* 2 that do not touch this application");
    expect(gate).toContain("*Manifests:* changes nothing there.");
    await run.approve();
    await run.ended("succeeded");
    const said = (): number => run.thread.filter((text) => text.includes("which changed nothing there")).length;
    await day.until("both environments to say so", () => said() === 2);
  });

  it("an application that an ApplicationSet generates: warns", async () => {
    const { spec } = day.application("checkout-prod");
    await day.remove("checkout-prod");
    await day.argocd.control({
      action: "create-application",
      definition: { name: "checkout-prod", spec, applicationSet: "shop", liveRevisions: [LIVE] },
    });
    const run = await day.start(PROMOTE);
    expect(words(await run.gate())).toContain(
      ":warning: It is generated by the ApplicationSet shop, which may put changes back.",
    );
    await run.approve();
    await run.ended("succeeded");
  });

  it("commits by somebody hostile: nothing in them mentions, links, formats or breaks out", async () => {
    const subject = "<!channel> <@U0ANA00001> <https://evil.example|Approve> *now* `x` \u202Egnp.exe & ```";
    onTestFinished(() => day.renew("checkout-staging"));
    const sha = await day.push(subject, { "checkout/prod/settings.json": null });
    const run = await day.start(`/promote checkout ${sha.slice(0, 10)} to prod`);
    const gate = await run.gate();
    const shown = [words(gate), gate.text, await run.card(/Waiting/u)].join("\n");
    expect(shown).toContain(
      "&lt;!channel&gt; &lt;@U0ANA00001&gt; &lt;https://evil.example|Approve&gt; ∗now∗ ˋxˋ gnp.exe &amp;",
    );
    expect(shown).not.toMatch(/<!channel>|<https:\/\/evil|\u202E|\*now\*/u);
    // Only the button of the app approves.
    expect(JSON.stringify(gate.blocks).match(/"gate_approve"/gu)).toHaveLength(1);
    await run.dismiss();
  });

  it("the commits in between, when Git is away: says so, and asks all the same", async () => {
    const run = await day.start(PROMOTE);
    await stagingAccepted(run);
    await prodIsAway();
    await run.card(/`gate` waits/u);
    day.rig.world.git.setFault({ kind: "down" });
    const unseen = await day.push("checkout: pushed while Git was away", {});
    await day.inArgocd("POST", "checkout-prod/sync", { name: "checkout-prod", revision: unseen });
    await day.until("prod to be elsewhere", () => day.deployments("checkout-prod").at(-1) === unseen);
    await day.noFaults();
    const gate = words(await run.gate());
    expect(gate).toMatch(/:warning: The commits in between could not be read: .*the server does not answer/u);
    expect(gate).toMatch(/it is not known how the two revisions are related/u);
    await run.dismiss();
  });
});
