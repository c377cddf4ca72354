import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { demoImage } from "../../src/simulator/git-demo-manifests.ts";
import { type AskedRun, BadDay } from "../support/bad-day.ts";

const CHECKOUT = "/promote checkout abc123 to staging";
const WEB = "/promote web 823ec5b to staging";
const { checkoutLive: LIVE, target: TARGET } = DEMO_COMMITS;

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open({ configure: (text) => text.replace("degraded-grace: 4s", "degraded-grace: 1m") });
});

afterAll(() => day[Symbol.asyncDispose]());

beforeEach(() => day.renew("checkout-staging", "web-staging"));

afterEach(() => day.noFaults());

function component(name: "controller" | "repo-server", state: "up" | "down"): Promise<void> {
  return day.argocd.control({ action: "set-component", component: name, state });
}

function image(prefix: string, behaviour: { kind: "starts" | "crashes" | "hangs"; afterMs?: number }): Promise<void> {
  return day.argocd.control({ action: "set-image", prefix, behaviour });
}

/** Resolves when Argo CD has accepted the sync. */
async function accepted(run: AskedRun): Promise<void> {
  await day.until("the sync to be accepted", () => run.eventsOf("step.succeeded").length > 0);
}

async function alertOf(run: AskedRun): Promise<string> {
  await run.ended("failed");
  return await run.alert(/./u);
}

describe("a revision that does not come up", () => {
  it("Degraded beyond the grace: names the worst resources, links to them, calls on-call, and says how to go back", async () => {
    const run = await day.start("/promote checkout e6c07a9 to staging");
    expect(await run.reply(/Degraded; giving it/u)).toContain("Deployment/checkout Degraded");
    day.clock.skip(60_000);
    const alert = await alertOf(run);
    expect(alert).toMatch(
      /^:rotating_light: <!subteam\^S0ONCALL01> \*Promote checkout e6c07a9 to staging failed in staging/u,
    );
    expect(alert).toMatch(
      /Degraded for 1 min[^:]*: Deployment\/checkout: Deployment "checkout" exceeded its progress deadline/u,
    );
    expect(alert).toMatch(/• `Pod\/checkout-[a-z0-9-]+` Degraded: back-off restarting failed container/u);
    expect(alert).toContain("`main/argocd/checkout-staging`");
    expect(alert).toContain(`Open in Argo CD\n${day.argocd.url}/applications/argocd/checkout-staging`);
    expect(alert).toContain("`e6c07a9` checkout: 1.6.0, asks the new tax service");
    expect(alert).toContain("go back with `/rollback checkout in staging`");
    const { failure } = run.state;
    expect(failure?.failure.code).toBe("argocd.degraded");
    expect(failure?.failure.details?.["resources"]).toContainEqual(expect.objectContaining({ kind: "Pod" }));
  });

  it("Degraded for a moment, within the grace: is waited out", async () => {
    const prefix = demoImage("checkout", "1.6.0");
    onTestFinished(() => image(prefix, { kind: "crashes", afterMs: 800 }));
    const run = await day.start("/promote checkout e6c07a9 to staging");
    await run.reply(/Degraded; giving it/u);
    await image(prefix, { kind: "starts" });
    await day.argocd.control({ action: "set-pods", application: "checkout-staging", state: "ready" });
    await run.ended("succeeded");
  });

  it("a hook that fails: says which, and that what was applied stays", async () => {
    const prefix = demoImage("web-migrate", "");
    onTestFinished(() => image(prefix, { kind: "starts", afterMs: 1500 }));
    await image(prefix, { kind: "crashes", afterMs: 100 });
    const alert = await alertOf(await day.start(WEB));
    expect(alert).toMatch(/The sync failed: Job\/web-migrate: Job has reached the specified backoff limit/u);
    expect(alert).toMatch(/• `Job\/web-migrate` Failed/u);
    expect(alert).toContain("`/rollback web in staging`");
  });

  it("manifests that cannot be read: repeats what Argo CD says of them", async () => {
    const alert = await alertOf(await day.start("/promote web abd7fd6 to staging"));
    expect(alert).toMatch(/The sync could not be carried out: .*Failed to unmarshal "service\.json"/u);
  });

  it("a repo-server that is down: says that it passes", async () => {
    onTestFinished(() => component("repo-server", "up"));
    await component("repo-server", "down");
    const alert = await alertOf(await day.start(CHECKOUT));
    expect(alert).toMatch(/connection refused.*It usually passes: start it again in a moment\./u);
  });

  it("a repo-server that is down for a moment: Argo CD is asked again, and it goes on", async () => {
    onTestFinished(() => component("repo-server", "up"));
    await component("repo-server", "down");
    const run = await day.start(CHECKOUT);
    await day.until("the sync to be tried again", () => run.eventsOf("step.failed").length > 0);
    await component("repo-server", "up");
    await run.ended("succeeded");
    expect(run.eventsOf("step.failed")[0]?.failure.code).toBe("argocd.sync-error");
  });

  it("never Healthy: fails when the step's time is over, with what it was waiting for", async () => {
    const prefix = demoImage("checkout", "1.5.0");
    onTestFinished(() => image(prefix, { kind: "starts" }));
    await image(prefix, { kind: "hangs" });
    const run = await day.start(CHECKOUT);
    await run.reply(/healthy\* running\n(?!`|started)/u);
    day.clock.skip(15 * 60_000);
    const alert = await alertOf(run);
    expect(alert).toMatch(/Did not end within 15 min.*\. Last: \S/u);
    expect(run.state.failure?.failure.code).toBe("step.timeout");
  });
});

describe("somebody else, while it is waited for", () => {
  it("syncs another revision: says who took the application where", async () => {
    const run = await day.start(CHECKOUT);
    await day.until("ours to end", () => day.deployments("checkout-staging").includes(TARGET));
    await day.until("ours to be over", () => day.application("checkout-staging").operation === undefined);
    await day.inArgocd("POST", "checkout-staging/sync", { name: "checkout-staging", revision: LIVE });
    const alert = await alertOf(run);
    expect(alert).toMatch(
      /Our sync succeeded, but then an operation by viewer \(started .*\) took the application to 2b4337b \(Succeeded\)\. Agree with whoever did that/u,
    );
    expect(run.state.failure?.failure.code).toBe("argocd.superseded");
  });

  it("syncs the same revision again: is told of, and no failure", async () => {
    const run = await day.start(CHECKOUT);
    await day.until("ours to end", () => day.deployments("checkout-staging").includes(TARGET));
    await day.until("ours to be over", () => day.application("checkout-staging").operation === undefined);
    await day.inArgocd("POST", "checkout-staging/sync", { name: "checkout-staging", revision: TARGET });
    await run.ended("succeeded");
    expect(await run.reply(/applied and healthy/u)).toContain(
      "A later operation of viewer left it at the same revision.",
    );
  });

  it("terminates the operation: says so, and that what was applied stays", async () => {
    const run = await day.start(WEB);
    await day.until("the hook to run", () => day.application("web-staging").status.operationState?.phase === "Running");
    await day.inArgocd("DELETE", "web-staging/operation");
    const alert = await alertOf(run);
    expect(alert).toContain(
      "The sync was terminated before it ended; what it had applied by then stays. Ask who terminated it",
    );
    expect(run.state.failure?.failure.code).toBe("argocd.terminated");
  });

  it("deletes the application: says that it is gone", async () => {
    const run = await day.start(CHECKOUT);
    await accepted(run);
    await day.remove("checkout-staging");
    expect(await alertOf(run)).toMatch(/does not exist in Argo CD any more|is being deleted/u);
    expect(run.state.failure?.failure.code).toMatch(/^argocd\.(?:gone|deleting)$/u);
  });

  it("deletes the application and makes it again: does not take the new one for the old", async () => {
    const run = await day.start(CHECKOUT);
    await accepted(run);
    await day.renew("checkout-staging");
    expect(await alertOf(run)).toMatch(
      /was deleted and made again|does not exist in Argo CD any more|is being deleted/u,
    );
    expect(day.deployments("checkout-staging")).toEqual([LIVE]);
  });
});

describe("Argo CD away, while it is waited for", () => {
  it("is waited out: shows since when, and proves it when it is back", async () => {
    const run = await day.start(CHECKOUT);
    await accepted(run);
    await day.fault({ kind: "html", status: 503 });
    await day.argocd.control({ action: "disturb-streams", effect: "cut" });
    expect(await run.reply(/Argo CD has not answered since \d\d:\d\d UTC; waiting for it/u)).toContain(
      "healthy* running",
    );
    await day.noFaults();
    await run.ended("succeeded");
    const lines = day.rig.log.filter(({ message }) => message === "the Argo CD watch is down");
    expect(lines).toContainEqual(expect.objectContaining({ level: "warn", argocd: "main", code: "argocd.transient" }));
  });

  it("with a token that has expired: says so, and goes on when it is accepted again", async () => {
    const run = await day.start(CHECKOUT);
    await accepted(run);
    onTestFinished(() => day.argocd.control({ action: "set-token", account: "quarterdeck", state: "valid" }));
    await day.argocd.control({ action: "set-token", account: "quarterdeck", state: "expired" });
    await day.argocd.control({ action: "disturb-streams", effect: "cut" });
    await run.reply(/Argo CD has not accepted the token since \d\d:\d\d UTC; give Quarterdeck a new one by/u);
    await day.argocd.control({ action: "set-token", account: "quarterdeck", state: "valid" });
    await run.ended("succeeded");
  });
});

describe("what people should know although it succeeded", () => {
  it("resources that left Git and were not pruned", async () => {
    const sha = await day.push("checkout: no settings any more", { "checkout/staging/settings.json": null });
    const run = await day.start(`/promote checkout ${sha.slice(0, 10)} to staging`);
    await run.ended("succeeded");
    expect(await run.reply(/applied and healthy/u)).toContain(
      "1 resource left Git and was not pruned: ConfigMap/checkout-settings.",
    );
  });

  it("a branch that has moved on: OutOfSync is expected then", async () => {
    const run = await day.start(WEB);
    await run.ended("succeeded");
    expect(await run.reply(/applied and healthy/u)).toMatch(
      /Argo CD shows OutOfSync, because the branch is at [0-9a-f]{7}; that is expected\./u,
    );
  });

  it("a commit that changes nothing there", async () => {
    const run = await day.start("/promote checkout 77b5b29 to staging");
    await run.ended("succeeded");
    expect(await run.reply(/applied and healthy/u)).toContain("`77b5b29`, which changed nothing there");
  });

  it("an application that is generated, and whose generator leaves the sync alone", async () => {
    const { spec } = day.application("checkout-staging");
    await day.remove("checkout-staging");
    await day.argocd.control({
      action: "create-application",
      definition: { name: "checkout-staging", spec, applicationSet: "shop", liveRevisions: [LIVE] },
    });
    const run = await day.start(CHECKOUT);
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
  });
});
