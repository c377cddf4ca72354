import { expect, it, onTestFinished } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";
import type { ImageBehaviour } from "../../src/simulator/cluster-object.ts";
import { type ShopSimulator, startShopSimulator } from "../../src/simulator/shop-simulator.ts";
import { httpProbe } from "../../src/steps/http/http-probe.ts";
import { metricsCheck } from "../../src/steps/metrics/metrics-check.ts";
import { systemLookup } from "../../src/steps/network/checked-addresses.ts";
import { httpSender } from "../../src/steps/network/http-call.ts";
import { socketLooker } from "../../src/steps/websocket/socket-look.ts";
import { websocketProbe } from "../../src/steps/websocket/websocket-probe.ts";
import { StepBench } from "../support/step-bench.ts";
import { ACCOUNTS, application, deployment, MemoryManifests } from "./argocd-simulator-world.ts";

const OLD = "a".repeat(40);
const NEW = "b".repeat(40);
const IMAGE = "registry.example.com/shop/web";

interface World {
  readonly argocd: ArgocdSimulator;
  readonly shop: ShopSimulator;
}

/** `web-prod` at the old commit, where the image of the new one behaves so. */
async function open(behaviour: ImageBehaviour): Promise<World> {
  const stack = new AsyncDisposableStack();
  onTestFinished(() => stack.disposeAsync());
  const manifests = new MemoryManifests(NEW)
    .add(OLD, { "web/prod": [deployment("web", `${IMAGE}:1.0.0`)] })
    .add(NEW, { "web/prod": [deployment("web", `${IMAGE}:1.1.0@sha256:${"0".repeat(64)}`)] });
  const argocd = await startArgocdSimulator({
    clock: systemClock,
    speed: 100,
    gitRepositories: manifests,
    applications: [application("web-prod", { liveRevisions: [OLD] })],
    accounts: ACCOUNTS,
    images: { [`${IMAGE}:1.1.0`]: behaviour },
  });
  stack.use(argocd);
  const shop = stack.use(await startShopSimulator({ clock: systemClock }));
  shop.connect(argocd.workloads);
  return { argocd, shop };
}

async function deploy({ argocd }: World): Promise<void> {
  await argocd.control({ action: "start-operation", application: "web-prod" });
  await expect.poll(() => argocd.workloads.of("web-prod")?.serving.map(({ revision }) => revision)).toEqual([NEW, NEW]);
}

const POLICY = { privateAddresses: "deny", allow: ["127.0.0.0/8"] } as const;
const deps = {
  clock: systemClock,
  send: httpSender({ clock: systemClock, lookup: systemLookup }),
  look: socketLooker({ clock: systemClock, lookup: systemLookup }),
  networkPolicy: () => POLICY,
};
const FAST = { interval: "500ms", "give-up-after": "1500ms" };

const ERRORS =
  '(sum(rate(http_requests_total{app="web-prod",code=~"5.."}[1m])) or vector(0)) / sum(rate(http_requests_total{app="web-prod"}[1m]))';

it("is good for every probe that looks at a version which runs well", async () => {
  const world = await open({ kind: "starts", afterMs: 100 });
  await deploy(world);
  const url = `${world.shop.url}/web-prod/health`;
  const assert = ["response.json.version == '1.1.0'", `response.json.revision == '${NEW}'`, "response.json.ready == 2"];
  const probe = await new StepBench(httpProbe(deps), Date.now()).output({ url, assert, "good-in-a-row": 2, ...FAST });
  expect(probe["targets"]).toMatchObject([{ looks: 2, bad: 0 }]);
  const feed = { url: `${world.shop.url.replace("http", "ws")}/web-prod/feed`, send: '{"type":"ping"}' };
  const answered = { assert: ["message.json.type == 'pong'", "message.json.version == '1.1.0'"], "good-in-a-row": 1 };
  await new StepBench(websocketProbe(deps), Date.now()).output({ ...feed, ...answered, ...FAST });
  const metric = { url: world.shop.url, query: ERRORS, below: 0.01 };
  const { values } = await new StepBench(metricsCheck(deps), Date.now()).output(metric);
  expect(values).toEqual([{ labels: {}, value: 0 }]);
});

it("shows what answers badly for a share of its requests in the metrics, though its pods are ready", async () => {
  const world = await open({ kind: "starts", afterMs: 100, answers: { failing: 0.1 } });
  await deploy(world);
  const statuses: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    statuses.push((await fetch(`${world.shop.url}/web-prod/health`)).status);
  }
  expect(statuses.filter((status) => status === 500)).toHaveLength(1);
  const metric = { url: world.shop.url, query: ERRORS, below: 0.01, for: "10s" };
  const failure = await new StepBench(metricsCheck(deps), Date.now()).failure(metric);
  expect(failure.code).toBe("metrics.beyond");
  expect(world.argocd.application("web-prod")?.status.health.status).toBe("Healthy");
});

it("is slow where the image is", async () => {
  const world = await open({ kind: "starts", afterMs: 100, answers: { latencyMs: 300 } });
  await deploy(world);
  const url = `${world.shop.url}/web-prod/health`;
  const failure = await new StepBench(httpProbe(deps), Date.now()).failure({ url, latency: "100ms", ...FAST });
  expect(failure.message).toContain("100 ms are the most");
});

it("answers with 503 where too few pods are ready, and opens no socket", async () => {
  const world = await open({ kind: "starts", afterMs: 100 });
  await world.argocd.control({ action: "set-pods", application: "web-prod", state: "crashing" });
  const answer = await fetch(`${world.shop.url}/web-prod/health`);
  expect([answer.status, await answer.json()]).toEqual([503, { ready: 0, error: "no pod is ready" }]);
  const feed = `${world.shop.url.replace("http", "ws")}/web-prod/feed`;
  const failure = await new StepBench(websocketProbe(deps), Date.now()).failure({ url: feed, ...FAST });
  expect(failure.message).toContain("503");
});

it("knows no other application, and no other address", async () => {
  const { shop } = await open({ kind: "starts", afterMs: 100 });
  for (const path of ["/nothing/health", "/web-prod/nothing", "/"]) {
    expect((await fetch(`${shop.url}${path}`)).status).toBe(404);
  }
});

it("takes queries by form too, and lets its Prometheus be away", async () => {
  const { shop } = await open({ kind: "starts", afterMs: 100 });
  const asked = { method: "POST", body: new URLSearchParams({ query: "1 + 1" }) };
  const answer = await fetch(`${shop.url}/api/v1/query`, asked);
  expect(await answer.json()).toMatchObject({ status: "success", data: { resultType: "scalar" } });
  shop.isPrometheusUp = false;
  const check = new StepBench(metricsCheck(deps), Date.now());
  const failure = await check.failure({ url: shop.url, query: ERRORS, below: 1, "away-for": "0s" });
  expect(failure.code).toBe("metrics.away");
});
