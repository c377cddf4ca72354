import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { type AskedRun, BadDay } from "../support/bad-day.ts";

const STAGING = "/promote checkout abc123 to staging";
const POST = "POST .*/checkout-staging/sync";
const { checkoutLive: LIVE, target: TARGET } = DEMO_COMMITS;

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

beforeEach(() => day.renew("checkout-staging"));

afterEach(() => day.noFaults());

function controller(state: "up" | "down"): Promise<void> {
  return day.argocd.control({ action: "set-component", component: "controller", state });
}

function window(isActive: boolean): Promise<void> {
  const windows = [{ kind: "deny" as const, applications: ["*"], isActive }];
  return day.argocd.control({ action: "set-sync-windows", project: "shop", windows });
}

/** Where the attempts of the sync stand. */
function attempts(run: AskedRun): number {
  return run.eventsOf("step.started").filter(({ uses }) => uses === "argocd/sync").length;
}

/** The run failed at the sync: on-call and the card say why, and Argo CD was not made to do anything. */
async function failedAtSync(run: AskedRun, why: RegExp): Promise<void> {
  const card = await run.ended("failed");
  expect(card).toMatch(why);
  const alert = await run.alert(why);
  expect(alert).toMatch(
    /^:rotating_light: <!subteam\^S0ONCALL01> \*Promote checkout abc1236 to staging failed in staging\* at step `sync`/u,
  );
  expect(alert).toMatch(/Open in Argo CD/u);
  // Nothing was applied, so there is nothing to go back from.
  expect(alert).not.toContain("/rollback");
  expect(day.deployments("checkout-staging")).toEqual([LIVE]);
}

describe("a sync that Argo CD refuses", () => {
  it("401: fails at once with what to look at", async () => {
    await day.fault({ kind: "status", matching: POST, status: 401, message: "invalid session", code: 16 });
    const run = await day.start(STAGING);
    await failedAtSync(run, /Argo CD does not accept the token\. Check that the account has an API key/u);
    expect(attempts(run)).toBe(1);
  });

  it("403: prints the policy line that is missing", async () => {
    const right = { resource: "applications", object: "shop/*" };
    const may = (...actions: readonly string[]): Promise<void> =>
      day.argocd.control({
        action: "set-policies",
        account: "quarterdeck",
        policies: actions.map((action) => ({ ...right, action })),
      });
    onTestFinished(() => may("get", "sync"));
    await may("get");
    const run = await day.start(STAGING);
    const line = "p, quarterdeck, applications, sync, shop/checkout-staging, allow";
    await failedAtSync(run, new RegExp(`Missing policy line: ${line}`, "u"));
  });

  it("415: says that something in between changes the header", async () => {
    await day.fault({ kind: "status", matching: POST, status: 415, message: "Invalid content type", code: 2 });
    await failedAtSync(await day.start(STAGING), /refused the Content-Type\. A proxy in between may have changed it/u);
  });

  it("a page of a proxy: tries three times, and says once what it got", async () => {
    await day.fault({ kind: "html", matching: POST, status: 200 });
    const run = await day.start(STAGING);
    const why = /got an HTML page where Argo CD's JSON was expected\. A proxy or sign-on page stands before the API/u;
    await failedAtSync(run, why);
    expect(attempts(run)).toBe(3);
    const card = await run.card(why);
    expect(card.match(/HTML page/gu)).toHaveLength(1);
    expect(card).not.toContain("Unexpected token");
  });

  it("500 again and again: gives up after three attempts, some seconds apart", async () => {
    await day.fault({ kind: "status", matching: POST, status: 500, message: "etcdserver: timeout", code: 13 });
    const run = await day.start(STAGING);
    await failedAtSync(
      run,
      /Argo CD answered 500: etcdserver: timeout\. If it goes on, the log of argocd-server says more/u,
    );
    const waits = run.eventsOf("step.failed").map(({ at, retryAt }) => (retryAt === undefined ? 0 : retryAt - at));
    expect(waits).toEqual([5000, 10_000, 0]);
  });
});

describe("a sync whose first attempt does not get through", () => {
  it("503 for a while: is tried again, and shows that it will be", async () => {
    await day.fault({ kind: "status", matching: POST, status: 503, message: "upstream", code: 14, times: 2 });
    const run = await day.start(STAGING);
    expect(await run.reply(/failed, will be tried again/u)).toMatch(
      /busy or restarting\. It usually passes\..*\n[^]*next try/u,
    );
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
  });

  it("an answer that was lost after the sync was accepted: finds its own operation, and starts no second one", async () => {
    await day.fault({ kind: "reset-after", matching: POST, times: 1 });
    const run = await day.start(STAGING);
    await run.ended("succeeded");
    expect(attempts(run)).toBe(1);
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
  });

  it("an answer that was cut off: the same", async () => {
    await day.fault({ kind: "truncated", matching: POST, times: 1 });
    const run = await day.start(STAGING);
    await run.ended("succeeded");
    expect(attempts(run)).toBe(1);
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
  });

  it("a connection that broke before anything happened: posts once more, under the next attempt", async () => {
    await day.fault({ kind: "reset-before", matching: POST, times: 1 });
    const run = await day.start(STAGING);
    await run.ended("succeeded");
    expect(attempts(run)).toBe(2);
    const { infos } = day.argocd.state().applications.find(({ name }) => name === "checkout-staging")?.operation ?? {};
    expect(infos).toMatchObject({
      "quarterdeck.run": run.id,
      "quarterdeck.step": "promote/for-each[staging]/sync",
      "quarterdeck.attempt": "2",
    });
  });

  it("silence: is given up after a minute and a half, and tried again", async () => {
    await day.fault({ kind: "hang", matching: POST, times: 1 });
    const run = await day.start(STAGING);
    await run.reply(/Asking Argo CD to sync abc1236/u);
    day.clock.skip(90_000);
    expect(await run.reply(/will be tried again/u)).toContain("Argo CD did not answer within 90 s.");
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
  });
});

describe("a sync that has to wait", () => {
  it("for Argo CD, which is away longer than all attempts would last: says so, and goes on when it is back", async () => {
    await day.fault({ kind: "reset-before", matching: POST, times: 1 });
    const run = await day.start(STAGING);
    await day.until("the first attempt to fail", () => run.eventsOf("step.failed").length > 0);
    await day.fault({ kind: "status", status: 503, message: "upstream", code: 14 });
    const since = day.clock.now();
    expect(await run.reply(/busy or restarting\. It usually passes\./u)).toContain(
      "sync* waits, and goes on by itself",
    );
    await day.until("two minutes", () => day.clock.now() - since > 120_000);
    expect(run.state.finishedAt).toBeUndefined();
    await day.noFaults();
    await run.ended("succeeded");
    expect(attempts(run)).toBe(2);
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
  });

  it("for somebody else's operation: says whose, and goes on when it has ended", async () => {
    onTestFinished(() => controller("up"));
    await controller("down");
    const theirs = { application: "checkout-staging", revisions: [LIVE], username: "olga" };
    await day.argocd.control({ action: "start-operation", ...theirs });
    const run = await day.start(STAGING);
    expect(await run.reply(/olga/u)).toMatch(
      /staging · sync\* waits, and goes on by itself\nArgo CD is busy with an operation of olga \(Pending\)\./u,
    );
    expect(await run.card(/olga/u)).toContain("`sync` waits, and goes on by itself: Argo CD is busy");
    await controller("up");
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, LIVE, TARGET]);
  });

  it("for a sync window: says so, and goes on when it opens", async () => {
    onTestFinished(() => window(false));
    await window(true);
    const run = await day.start(STAGING);
    expect(await run.card(/window/u)).toContain(
      "`sync` waits, and goes on by itself: A sync window of Argo CD keeps checkout-staging closed.",
    );
    expect(await run.reply(/window/u)).toMatch(/next try/u);
    await window(false);
    day.clock.skip(60_000);
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging")).toEqual([LIVE, TARGET]);
  });

  it("for a sync window that does not open: gives up when the step's time is over", async () => {
    onTestFinished(() => window(false));
    await window(true);
    const run = await day.start(STAGING);
    await run.card(/window/u);
    day.clock.skip(14 * 60_000);
    await failedAtSync(
      run,
      /Gave up after 15 min: A sync window of Argo CD keeps checkout-staging closed\. Start it again/u,
    );
  });

  it("for the controller, for ever: fails at the start deadline and says what will still happen", async () => {
    onTestFinished(() => controller("up"));
    await controller("down");
    const run = await day.start(STAGING);
    expect(await run.reply(/waiting for the Argo CD controller/u)).toContain("healthy* running");
    day.clock.skip(20_000);
    const card = await run.ended("failed");
    expect(card).toContain(
      "The Argo CD controller has not picked up the sync within 20 s. Check that the application controller runs.",
    );
    expect(card).toContain("it will be carried out when the controller comes back");
    await controller("up");
    await day.until(
      "the operation to be carried out",
      () => day.application("checkout-staging").operation === undefined,
    );
  });

  it("for the controller, for a while: goes on", async () => {
    onTestFinished(() => controller("up"));
    await controller("down");
    const run = await day.start(STAGING);
    await run.reply(/waiting for the Argo CD controller/u);
    await controller("up");
    await run.ended("succeeded");
  });
});
