import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

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

afterEach(() => day.endRuns());

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

  it("goes to a revision that is named, proven or not", async () => {
    const run = await day.start("/rollback checkout in staging to 14272e6");
    expect(await run.ended("succeeded")).toContain("*Roll back checkout in staging to 14272e6*");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, OLD]);
  });

  it("refuses by itself when the application's sources have changed since the proof", async () => {
    await promoted("/promote checkout abc123 to staging");
    await promoted(`/promote checkout ${NEWER.slice(0, 7)} to staging`);
    await day.patch("checkout-staging", { source: { directory: { recurse: true } } });
    const answer = await day.ask("/rollback checkout in staging");
    expect(answer).toMatch(/abc1236 was proven in staging, but the application's own sources .* have changed since/u);
    expect(answer).toContain('Name a revision to do it all the same: add "to" and a commit.');
    expect(day.settled().code).toBe("rollback.sources-changed");
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
