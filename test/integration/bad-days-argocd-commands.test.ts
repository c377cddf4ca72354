import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { demoImage } from "../../src/simulator/git-demo-manifests.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { shortId } from "../../src/platform/ids.ts";
import { BEN, MARCO, PRIYA } from "../support/app-rig.ts";
import { BadDay, words } from "../support/bad-day.ts";

const { checkoutLive: LIVE, checkoutRounding: OLD, target: TARGET, revertDegrading: NEWER } = DEMO_COMMITS;
const PAYMENTS = ["payments-staging", "payments-qa", "payments-prod"] as const;

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

beforeEach(() => day.renew("checkout-staging", "checkout-prod"));

afterEach(async () => {
  await day.endRuns();
  // What a rollback holds.
  for (const environment of ["staging", "prod"]) await day.ask(`/qd unlock checkout in ${environment}`);
});

async function promoted(text: string): Promise<void> {
  const run = await day.start(text);
  if (text.includes("to prod")) await run.approve();
  await run.ended("succeeded");
}

describe("payments, through staging, qa and prod", () => {
  it("asks before qa and before prod, each for exactly what happens there", async () => {
    const image = { prefix: demoImage("payments", "2.4.0"), behaviour: { kind: "starts" as const } };
    await day.argocd.control({ action: "set-image", ...image });
    const run = await day.start("/promote payments bd258aa to prod");
    expect(words(await run.gate("qa"))).toContain("*Before it, staging:* Healthy at `bd258aa`");
    expect(day.deployments("payments-qa")).toHaveLength(1);
    await run.approve(PRIYA, "qa");
    expect(words(await run.gate("prod"))).toContain("*Before it, qa:* Healthy at `bd258aa`");
    expect(day.deployments("payments-prod")).toHaveLength(1);
    await run.approve(MARCO, "prod");
    expect(await run.ended("succeeded")).toMatch(
      /staging.*applied and healthy[^]*qa.*applied and healthy[^]*prod.*applied and healthy/u,
    );
    for (const name of PAYMENTS) expect(day.deployments(name).at(-1)).toBe(DEMO_COMMITS.paymentsSlow);
    expect(run.eventsOf("gate.decided")).toHaveLength(2);
  });
});

describe("what is proven and live already", () => {
  it("is skipped, visibly, and repeated with --again", async () => {
    await promoted("/promote checkout abc123 to staging");
    const again = await day.start("/promote checkout abc123 to staging");
    await again.ended("succeeded");
    expect(await again.reply(/sync/u)).toContain("already proven there and live: `abc1236` was not synced again");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
    await promoted("/promote checkout abc123 to staging --again");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET, TARGET]);
  });

  it("is synced again when somebody changed the application's sources since", async () => {
    await promoted("/promote checkout abc123 to staging");
    await day.patch("checkout-staging", { source: { directory: { recurse: true } } });
    await promoted("/promote checkout abc123 to staging");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET, TARGET]);
  });

  it("is synced again when somebody took it elsewhere and back to something else", async () => {
    await promoted("/promote checkout abc123 to staging");
    await day.inArgocd("POST", "checkout-staging/sync", { name: "checkout-staging", revision: OLD });
    await day.until("it to be elsewhere", () => day.deployments("checkout-staging").at(-1) === OLD);
    await day.until("that to be over", () => day.application("checkout-staging").operation === undefined);
    await promoted("/promote checkout abc123 to staging");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET, OLD, TARGET]);
  });
});

describe("two promotions", () => {
  it("of the same thing are one run, and the second person is led to it", async () => {
    const run = await day.start("/promote checkout abc123 to prod");
    await run.gate();
    const before = day.runCount;
    const answer = await day.ask("/promote checkout checkout-1.5.0 to prod", BEN);
    expect(answer).toMatch(/run_[0-9A-Z]{4} is doing exactly this already: Promote checkout abc1236 to prod\./u);
    expect(answer).toMatch(/<https:\/\/.*\|open its card>/u);
    expect(day.runCount).toBe(before);
  });

  it("of different things queue, with their position shown", async () => {
    await day.argocd.control({ action: "set-component", component: "controller", state: "down" });
    const first = await day.start("/promote checkout abc123 to staging");
    await first.reply(/waiting for the Argo CD controller/u);
    const second = await day.start(`/promote checkout ${NEWER.slice(0, 7)} to staging`, BEN);
    const third = await day.start("/promote checkout 823ec5b to staging", MARCO);
    expect(await second.card(/queued: position 1 for `checkout\/staging`/u)).toContain(
      `behind \`${shortId(first.id)}\``,
    );
    expect(await third.card(/queued: position 2/u)).toContain("for `checkout/staging`");
    await day.argocd.control({ action: "set-component", component: "controller", state: "up" });
    await first.ended("succeeded");
    await second.ended("succeeded");
    await third.ended("succeeded");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET, NEWER, DEMO_COMMITS.webMended]);
  });

  it("of which the one behind was approved on what the one before changed: is asked again", async () => {
    const first = await day.start("/promote checkout abc123 to prod");
    await first.gate();
    const second = await day.start(`/promote checkout ${NEWER.slice(0, 7)} to prod`, BEN);
    const seen = await second.gate();
    await first.approve();
    await first.ended("succeeded");
    await day.rig.press(PRIYA, seen, "gate_approve");
    await day.told(PRIYA, /what is live went from 2b4337b to abc1236/u);
    await second.approve();
    await second.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, TARGET, NEWER]);
  });
});

describe("/rollback", () => {
  it("goes to the last revision that was proven there and is not live, after an approval", async () => {
    await promoted("/promote checkout abc123 to prod");
    await promoted(`/promote checkout ${NEWER.slice(0, 7)} to prod`);
    const run = await day.start("/rollback checkout in prod");
    const gate = words(await run.gate());
    expect(gate).toContain("*Roll checkout in prod back to abc1236?*");
    expect(gate).toContain("goes *back*: the revision is older than what is live");
    expect(gate).toContain("This goes back: the commits listed are live now and would be gone.");
    await run.approve();
    expect(await run.ended("succeeded")).toContain("*Roll back checkout in prod to abc1236*");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, TARGET, NEWER, TARGET]);
    // Staging is not touched.
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET, NEWER]);
  });

  it("goes to a revision that is named, and to one that was never proven when that is said", async () => {
    const answer = await day.ask("/rollback checkout in staging to 14272e6");
    expect(answer).toContain("14272e6 was never seen healthy in staging by Quarterdeck, so it is unproven.");
    expect(answer).toContain("`/rollback checkout in staging to 14272e6 --unproven`");
    const run = await day.start("/rollback checkout in staging to 14272e6 --unproven");
    expect(await run.ended("succeeded")).toContain("*Roll back checkout in staging to 14272e6*");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, OLD]);
  });

  it("names the fields that changed since the proof, and restores it as it was when that is said", async () => {
    await promoted("/promote checkout abc123 to staging");
    await promoted(`/promote checkout ${NEWER.slice(0, 7)} to staging`);
    await day.patch("checkout-staging", { source: { directory: { recurse: true } } });
    const answer = await day.ask("/rollback checkout in staging");
    expect(answer).toContain('own sources have changed since (directory: (nothing) → {"recurse":true})');
    expect(answer).toContain("`/rollback checkout in staging to abc1236`");
    expect(answer).toContain("`/rollback checkout in staging to abc1236 --stored`");
    expect(day.settled().code).toBe("rollback.sources-changed");
    const run = await day.start("/rollback checkout in staging to abc1236 --stored");
    await run.ended("succeeded");
    expect(run.thread.join("\n")).toContain("It is Argo CD's own rollback: the sources are as they were then");
    expect(day.deployments("checkout-staging").at(-1)).toBe(TARGET);
    const [proof, ...earlier] = day.rig.application.store.events.proofs("main/argocd/checkout-staging", 3);
    expect(proof?.revision).toBe(TARGET);
    expect(proof?.sourceDigest).toBe(earlier.find(({ revision }) => revision === TARGET)?.sourceDigest);
  });

  it("shows at the gate what has changed in the sources, and which of them come back", async () => {
    await promoted("/promote checkout abc123 to prod");
    await promoted(`/promote checkout ${NEWER.slice(0, 7)} to prod`);
    await day.patch("checkout-prod", { source: { path: "checkout/staging" } });
    const synced = await day.start("/rollback checkout in prod to abc1236");
    expect(words(await synced.gate())).toContain(
      "The application's sources have changed since abc1236 was deployed there (path: checkout/prod → checkout/staging). It is synced with those of today.",
    );
    await synced.dismiss();
    await synced.ended("failed");
    const restored = await day.start("/rollback checkout in prod to abc1236 --stored");
    const gate = words(await restored.gate());
    expect(gate).toContain("Argo CD's own rollback: hooks are left out");
    expect(gate).toContain("(path: checkout/prod → checkout/staging). Those of then come back.");
    expect(gate).toContain("Argo CD renders only with the sources of today, and those of then come back.");
    await restored.approve();
    await restored.ended("succeeded");
    expect(day.deployments("checkout-prod").at(-1)).toBe(TARGET);
    expect(day.application("checkout-prod").status.history?.at(-1)?.source?.path).toBe("checkout/prod");
  });

  it("is ended in the middle when the run is cancelled, and says what was applied", async () => {
    await promoted("/promote web bf0f508 to staging");
    const image = { prefix: demoImage("web-migrate", ""), behaviour: { kind: "hangs" as const } };
    await day.argocd.control({ action: "set-image", ...image });
    onTestFinished(async () => {
      const behaviour = { kind: "starts" as const, afterMs: 1500 };
      await day.argocd.control({ action: "set-image", prefix: image.prefix, behaviour });
      await day.renew("web-staging");
    });
    const run = await day.start("/promote web bf0f508 to staging --again");
    await run.reply(/PreSync/u);
    await day.ask(`/qd cancel ${shortId(run.id)} because it hangs`);
    await day.until("the run to end", () => run.state.finishedAt !== undefined);
    expect(run.state.status).toBe("cancelled");
    const stop = run.eventsOf("step.succeeded").find(({ path }) => path.endsWith("/stop"));
    expect(stop?.output).toEqual({
      outcome: "terminated",
      message: "The sync of web-staging was ended.",
      live: "bf0f508, as before: nothing of bf0f508 had been applied",
    });
    expect(day.application("web-staging").status.operationState?.message).toContain("Operation terminated");
  });

  it("does not go back to what was proven of an application that is no more", async () => {
    await promoted("/promote checkout abc123 to staging");
    await promoted(`/promote checkout ${NEWER.slice(0, 7)} to staging`);
    await day.renew("checkout-staging");
    expect(await day.ask("/rollback checkout in staging")).toContain(
      "knows no earlier revision that was proven in staging",
    );
  });
});

describe("/qd sync", () => {
  it("syncs again what is live, also where the branch has moved on", async () => {
    const run = await day.start("/qd sync checkout in staging");
    expect(await run.ended("succeeded")).toContain("*Sync checkout in staging at 2b4337b*");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, LIVE]);
  });

  it("takes another revision that is named, and refuses to go back by it", async () => {
    const run = await day.start("/qd sync checkout in staging at abc123");
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
    const answer = await day.ask("/qd sync checkout in staging at 2b4337b");
    expect(answer).toContain("2b4337b is older than what is live in staging (abc1236), so this would go back.");
  });

  it("asks before prod, and says that it is what is live", async () => {
    const run = await day.start("/qd sync checkout in prod");
    expect(words(await run.gate())).toContain("the same revision as is live");
    await run.approve();
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([LIVE, LIVE]);
  });

  it("mends what somebody changed by hand", async () => {
    const pods = (): number =>
      day.argocd.state().applications.find(({ name }) => name === "checkout-staging")?.pods.length ?? 0;
    await day.argocd.control({ action: "scale", application: "checkout-staging", deployment: "checkout", replicas: 5 });
    await day.until("more pods", () => pods() === 5);
    const run = await day.start("/qd sync checkout in staging");
    await run.ended("succeeded");
    await day.until("the pods that Git asks for", () => pods() === 2);
  });
});
