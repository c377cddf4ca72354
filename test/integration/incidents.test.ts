import { rm } from "node:fs/promises";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { demoImage } from "../../src/simulator/git-demo-manifests.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { words } from "../support/bad-day.ts";
import { WatchDay } from "../support/watch-day.ts";

let watch: WatchDay;

beforeAll(async () => {
  watch = await WatchDay.open();
});

afterAll(() => watch[Symbol.asyncDispose]());

// What fell ill a short time ago would make the next one a storm.
beforeEach(() => watch.day.clock.skip(6 * 60_000));

const DEGRADED = /checkout in prod is Degraded/u;
const HEALTHY = /checkout in prod is healthy again after/u;

describe("an application that is Degraded outside of runs", () => {
  it("is one alert, which is edited through flaps and restarts to its end", async () => {
    await watch.pods("degraded", "checkout-prod");
    const alert = await watch.message(DEGRADED);
    expect(words(alert)).toMatch(/^:rotating_light: <!subteam\^S0ONCALL01> \*checkout in prod is Degraded\* since /u);
    expect(words(alert)).toMatch(/• `Pod\/checkout-[a-z0-9-]+` Degraded: back-off restarting failed container/u);
    expect(words(alert)).toContain(`Open in Argo CD\n${watch.day.argocd.url}/applications/argocd/checkout-prod`);
    await watch.pods("ready", "checkout-prod");
    const over = await watch.message(HEALTHY);
    expect(over.ts).toBe(alert.ts);
    expect(words(over)).not.toContain("subteam");
    await watch.pods("degraded", "checkout-prod");
    expect((await watch.message(/It has recovered and fallen back once/u)).ts).toBe(alert.ts);
    await watch.restart(() => watch.pods("ready", "checkout-prod"));
    const end = await watch.message(/healthy again after[^]*It recovered and fell back once/u);
    expect(end.ts).toBe(alert.ts);
    expect(watch.facts("incident.opened")).toHaveLength(1);
    expect(watch.messages.filter((message) => words(message).includes("checkout in prod"))).toHaveLength(1);
  });

  it("that falls ill while the server is down is an alert at the next start", async () => {
    await watch.restart(() => watch.pods("degraded", "payments-qa"));
    const alert = await watch.message(/payments in qa is Degraded/u);
    await watch.pods("ready", "payments-qa");
    expect((await watch.message(/payments in qa is healthy again/u)).ts).toBe(alert.ts);
  });

  it("that is deleted meanwhile ends its incident", async () => {
    await watch.pods("degraded", "web-prod");
    const alert = await watch.message(/web in prod is Degraded/u);
    await watch.day.remove("web-prod");
    expect((await watch.message(/web in prod is gone from Argo CD after/u)).ts).toBe(alert.ts);
    await watch.day.renew("web-prod");
  });
});

const ENDED = /^:white_check_mark: \*checkout in staging is healthy again after/u;

describe("a run that fails because the application is Degraded", () => {
  it("tells of it itself: there is no second alert, and its end is told below the first", async () => {
    const { day } = watch;
    const run = await day.start("/promote checkout e6c07a9 to staging");
    await run.ended("failed");
    const alert = await watch.message(/Promote checkout e6c07a9 to staging failed in staging/u);
    const told = (): boolean => watch.facts("incident.opened").some(({ toldBy }) => toldBy === run.id);
    await day.until("the incident to be recorded", told);
    const prefix = demoImage("checkout", "1.6.0");
    await day.argocd.control({ action: "set-image", prefix, behaviour: { kind: "starts" } });
    await watch.pods("ready", "checkout-staging");
    const below = (): boolean => watch.messages.some((each) => each.threadTs === alert.ts && ENDED.test(words(each)));
    await day.until("its end to be told below the alert of the run", below);
    expect(watch.messages.some(({ text }) => text.includes("checkout in staging is Degraded"))).toBe(false);
    await day.argocd.control({ action: "set-image", prefix, behaviour: { kind: "crashes", afterMs: 800 } });
    await day.renew("checkout-staging");
  });
});

describe("what somebody did in Argo CD", () => {
  it("is blamed for what came of it, stands in the history, and can be rolled back with one click", async () => {
    const { day } = watch;
    await (await day.start("/promote checkout abc123 to staging")).ended("succeeded");
    const revisions = [DEMO_COMMITS.degrading];
    await day.argocd.control({
      action: "start-operation",
      application: "checkout-staging",
      revisions,
      username: "bob",
    });
    const alert = await watch.message(/checkout in staging is Degraded/u);
    expect(words(alert)).toMatch(/\*Last change:\* `e6c07a9` was deployed [^,]+, by `bob` in Argo CD\./u);
    expect(words(alert)).toContain("checkout in staging goes from e6c07a9 to abc1236, which was last proven there on");
    const history = await day.ask("/qd history checkout");
    expect(history).toContain("Sync of checkout staging by bob succeeded");
    expect(history).toContain("Promote checkout abc1236 to staging");
    const runs = day.runCount;
    await day.rig.press("U0ANA00001", alert, "command_0");
    await day.until("the rollback to begin", () => day.runCount > runs);
    const over = await watch.message(/checkout in staging is healthy again after[^]*by `bob` in Argo CD/u);
    expect(over.ts).toBe(alert.ts);
    expect(JSON.stringify(over.blocks)).not.toContain("command_");
  });

  it("is not told twice, also over restarts", async () => {
    await watch.restart();
    const history = await watch.day.ask("/qd history checkout");
    expect(history.match(/by bob succeeded/gu)).toHaveLength(1);
  });
});

describe("many applications that fall ill together", () => {
  const names = Array.from({ length: 50 }, (_, index) => `shop-${index}`);

  it("are one message, which follows them to the end", async () => {
    const { argocd } = watch.day;
    const path = { path: "web/staging", targetRevision: "main" };
    const repoURL = watch.day.rig.world.git.repositoryUrl("harbor/deploy.git");
    for (const name of names) {
      const destination = { server: "https://kubernetes.default.svc", namespace: name };
      const spec = { project: "shop", source: { repoURL, ...path }, destination };
      const definition = { name, spec, liveRevisions: [DEMO_COMMITS.webLive] };
      await argocd.control({ action: "create-application", definition });
    }
    await watch.seen(57);
    const before = watch.messages.length;
    await watch.pods("degraded", ...names);
    const storm = await watch.message(/50 applications became unhealthy together/u);
    expect(watch.messages).toHaveLength(before + 1);
    await watch.pods("ready", ...names);
    const over = await watch.message(/All 50 applications are healthy again/u);
    expect(over.ts).toBe(storm.ts);
    expect(watch.messages).toHaveLength(before + 1);
  });
});

describe("what is Degraded already when Quarterdeck sees it for the first time", () => {
  it("is one summary that calls nobody", async () => {
    await watch.restart(async () => {
      await watch.pods("degraded", "checkout-prod", "payments-prod");
      await rm(`${watch.day.rig.world.dataFolder}/quarterdeck.db`, { force: true });
      for (const more of ["-wal", "-shm"]) {
        await rm(`${watch.day.rig.world.dataFolder}/quarterdeck.db${more}`, { force: true });
      }
    });
    const summary = await watch.message(/2 applications were unhealthy already when Quarterdeck first saw them/u);
    expect(words(summary)).not.toContain("subteam");
    expect(words(summary)).toMatch(/• <[^|]*\|checkout in prod> Degraded since/u);
    await watch.pods("ready", "checkout-prod", "payments-prod");
    expect((await watch.message(/All 2 applications are healthy again/u)).ts).toBe(summary.ts);
  });
});
