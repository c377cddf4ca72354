import { execFileSync } from "node:child_process";

import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { demoImage, settingsManifest } from "../../src/simulator/git-demo-manifests.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { BadDay, words } from "../support/bad-day.ts";

const AUTOMATED = { syncPolicy: { automated: {} } };

let day: BadDay;
let pushed = 0;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

afterEach(async () => {
  await day.endRuns();
  await day.noFaults();
  await day.renew("checkout-staging", "checkout-prod", "web-staging");
});

/** A commit that changes checkout in staging and prod. */
async function push(what = "a setting", on?: { readonly branch: string; readonly from: string }): Promise<string> {
  pushed += 1;
  const settings = settingsManifest("checkout", { pushed: String(pushed) });
  const files = { "checkout/staging/settings.json": settings, "checkout/prod/settings.json": settings };
  return await day.push(`checkout: ${what} (${pushed})`, files, on);
}

/** Switches auto-sync on, and waits until Argo CD has brought the application to what its branch says. */
async function automate(name: string, more: object = {}): Promise<void> {
  await day.patch(name, { syncPolicy: { automated: {}, ...more } });
  await day.until(`${name} to be synced by itself`, () => {
    const { status, operation } = day.application(name);
    return operation === undefined && status.sync.status === "Synced" && status.health.status === "Healthy";
  });
}

const short = (sha: string): string => sha.slice(0, 7);

/** The operations that we have posted. */
function ours(name: string): readonly string[] {
  return (day.application(name).status.history ?? []).flatMap(({ initiatedBy }) =>
    initiatedBy?.username === "quarterdeck" ? ["ours"] : [],
  );
}

describe("an application that Argo CD syncs by itself", () => {
  it("is promoted by proving that the commit is there, and a manual one after it by a sync", async () => {
    const sha = await push();
    await automate("checkout-staging");
    const run = await day.start(`/promote checkout ${short(sha)} to prod`);
    await run.approve();
    await run.ended("succeeded");
    const thread = run.thread.join("\n");
    expect(thread).toContain("nothing was asked of Argo CD");
    expect(thread).toContain("Argo CD syncs checkout-staging by itself from main.");
    expect(ours("checkout-staging")).toEqual([]);
    expect(ours("checkout-prod")).toEqual(["ours"]);
    expect(day.deployments("checkout-prod").at(-1)).toBe(sha);
  });

  it("is asked to compare at once, so that nobody waits for its next look at the repository", async () => {
    await automate("checkout-staging");
    const sha = await push();
    const run = await day.start(`/promote checkout ${short(sha)} to staging`);
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging").at(-1)).toBe(sha);
    expect(ours("checkout-staging")).toEqual([]);
  });

  it("changes nothing where the commit does not touch it: no operation, and proven all the same", async () => {
    await automate("checkout-staging");
    const before = day.deployments("checkout-staging");
    const sha = await day.push("docs: nothing of any service", { "README.txt": `${pushed}` });
    const run = await day.start(`/promote checkout ${short(sha)} to staging`);
    await run.ended("succeeded");
    expect(run.thread.join("\n")).toContain(`applied and healthy: \`${short(sha)}\`, which changed nothing there`);
    expect(day.deployments("checkout-staging")).toEqual(before);
  });

  it("is proven at a later commit that holds it, and the later one is named", async () => {
    await automate("checkout-staging");
    const sha = await push("wanted");
    const later = await push("later");
    const run = await day.start(`/promote checkout ${short(sha)} to staging`);
    await run.ended("succeeded");
    expect(run.thread.join("\n")).toContain(
      `The branch has moved on: ${short(later)} is live there, which holds ${short(sha)}.`,
    );
    expect(day.rig.application.store.events.proofs("main/argocd/checkout-staging", 1)).toMatchObject([
      { revision: later },
    ]);
  });

  it("ends the run when auto-sync has given up, with the reason and what to do", async () => {
    await day.argocd.control({
      action: "set-image",
      prefix: demoImage("web-migrate", ""),
      behaviour: { kind: "crashes", afterMs: 100 },
    });
    onTestFinished(() =>
      day.argocd.control({
        action: "set-image",
        prefix: demoImage("web-migrate", ""),
        behaviour: { kind: "starts", afterMs: 1500 },
      }),
    );
    await day.patch("web-staging", { syncPolicy: { automated: {}, retry: { limit: 1, backoff: { duration: "1s" } } } });
    const run = await day.start(`/promote web ${short(DEMO_COMMITS.webPrices)} to staging`);
    await run.ended("failed");
    const alert = await run.alert(/./u);
    expect(alert).toContain("Argo CD does not try this revision again by itself");
    expect(alert).toContain("sync it by hand in Argo CD, or push a commit that mends it.");
  });

  it("is not taken back: neither by a promotion nor by a rollback", async () => {
    await automate("checkout-staging");
    const promotion = await day.ask(`/promote checkout abc123 to staging`);
    expect(promotion).toContain(
      "abc1236 is older than what is live in staging, and Argo CD syncs checkout-staging by itself from main, which does not go back.",
    );
    expect(promotion).toContain(
      "Revert the commits on main; or switch auto-sync off for checkout-staging, then roll back.",
    );
    const rollback = await day.ask("/rollback checkout in staging");
    expect(rollback).toContain("so Argo CD would undo a rollback at once. Revert the commit on main");
    expect(day.settled().code).toBe("argocd.auto-sync-rollback");
  });

  it("does not hinder a promotion through it when it is further on, and prod gets what was named", async () => {
    await automate("checkout-staging");
    const run = await day.start("/promote checkout abc123 to prod");
    const gate = words(await run.gate());
    expect(gate).toContain("*Promote checkout abc1236 to prod?*");
    await run.approve();
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod").at(-1)).toBe(DEMO_COMMITS.target);
  });

  it("that follows a tag is refused when the tag never gets there", async () => {
    await day.patch("checkout-prod", {
      ...AUTOMATED,
      source: { targetRevision: "checkout-1.4.2" },
    });
    const answer = await day.ask("/promote checkout abc123 to prod");
    expect(answer).toContain(
      "prod: Argo CD syncs checkout-prod by itself from checkout-1.4.2 (2b4337b), which is no branch, so abc1236 never gets there.",
    );
    expect(day.settled().code).toBe("argocd.fixed-target");
    expect(day.deployments("checkout-staging")).toEqual([DEMO_COMMITS.checkoutLive]);
  });

  it("asks before prod all the same, and says that approving does not hold it back", async () => {
    const sha = await push();
    await automate("checkout-prod");
    const run = await day.start(`/promote checkout ${short(sha)} to prod`);
    expect(words(await run.gate())).toContain(
      `Argo CD syncs prod by itself, and ${short(sha)} is applied there already; approving here does not hold it back.`,
    );
    expect(await run.card(/waits for approval/u)).toContain("Argo CD syncs it by itself meanwhile");
    await run.approve();
    await run.ended("succeeded");
    expect(ours("checkout-prod")).toEqual([]);
  });

  it("that was manual when people were asked is shown to them again", async () => {
    const run = await day.start("/promote checkout abc123 to prod");
    await run.gate();
    const controller = (state: "up" | "down"): Promise<void> =>
      day.argocd.control({ action: "set-component", component: "controller", state });
    onTestFinished(() => controller("up"));
    await controller("down");
    await day.patch("checkout-prod", AUTOMATED);
    await run.approve();
    await run.reply(/auto-sync of the application was switched on or off/u);
    expect(words(await run.gate())).toContain(
      "Argo CD syncs prod by itself, and abc1236 is on main already; approving here does not hold it back.",
    );
    expect(run.eventsOf("gate.voided")).toMatchObject([{ changed: ["strategy"] }]);
    await controller("up");
  });

  it("is waited for until the commit is merged into the branch that it follows, which is named", async () => {
    const base = await push("what release is at");
    await day.push("release: cut", {}, { branch: "release", from: base });
    await day.patch("checkout-staging", { ...AUTOMATED, source: { targetRevision: "release" } });
    const sha = await push("wanted on release");
    const run = await day.start(`/promote checkout ${short(sha)} to staging`);
    await run.reply(new RegExp(`Waiting for ${short(sha)} to be on release`, "u"));
    execFileSync("git", ["--git-dir", day.repositoryFolder, "update-ref", "refs/heads/release", sha]);
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging").at(-1)).toBe(sha);
    expect(ours("checkout-staging")).toEqual([]);
  });

  it("fails when auto-sync is switched off before the commit came", async () => {
    await automate("checkout-staging");
    const controller = (state: "up" | "down"): Promise<void> =>
      day.argocd.control({ action: "set-component", component: "controller", state });
    onTestFinished(() => controller("up"));
    const sha = await push();
    await controller("down");
    const run = await day.start(`/promote checkout ${short(sha)} to staging`);
    await run.reply(/nothing was asked of Argo CD/u);
    await day.patch("checkout-staging", { syncPolicy: { automated: null } });
    await controller("up");
    await run.ended("failed");
    expect(await run.alert(/./u)).toContain("Auto-sync of checkout-staging has been switched off");
  });
});
