import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import {
  demoAccounts,
  demoApplications,
  DEMO_IMAGES,
  DEMO_OTHER_IMAGES,
  DEMO_PROJECT,
  DEMO_TOKEN,
} from "../../src/simulator/argocd-demo-world.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";
import type { ApplicationState } from "../../src/simulator/argocd-state.ts";
import { createDemoRepository, DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";

const REPOSITORY = "http://git.example.com/acme/deploy.git";

describe("the demo's Argo CD", () => {
  let folder: string;
  let simulator: ArgocdSimulator;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "demo-world-"));
    await createDemoRepository(folder);
  });
  afterEach(() => simulator.stop());
  afterAll(() => rm(folder, { recursive: true }));

  async function start(): Promise<void> {
    simulator = await startArgocdSimulator({
      clock: systemClock,
      speed: 50,
      gitRepositories: { [REPOSITORY]: folder },
      applications: demoApplications(REPOSITORY),
      accounts: demoAccounts(),
      images: DEMO_IMAGES,
      otherImages: DEMO_OTHER_IMAGES,
    });
  }

  function call(method: string, path: string, body?: object): Promise<Response> {
    return fetch(simulator.url + path, {
      method,
      headers: { authorization: `Bearer ${DEMO_TOKEN}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function sync(name: string, revision: string): Promise<number> {
    const body = { project: DEMO_PROJECT, revision };
    return (await call("POST", `/api/v1/applications/${name}/sync`, body)).status;
  }

  function stateOf(name: string): ApplicationState | undefined {
    return simulator.state().applications.find((application) => application.name === name);
  }

  test("begins with seven applications, each live and healthy at an older commit than main", async () => {
    await start();
    const { applications } = simulator.state();
    expect(applications.map(({ name, sync: state, health }) => `${name} ${state} ${health}`)).toEqual([
      "checkout-prod OutOfSync Healthy",
      "checkout-staging OutOfSync Healthy",
      "payments-prod OutOfSync Healthy",
      "payments-qa OutOfSync Healthy",
      "payments-staging OutOfSync Healthy",
      "web-prod OutOfSync Healthy",
      "web-staging OutOfSync Healthy",
    ]);
    expect(new Set(applications.map(({ targetRevision }) => targetRevision))).toEqual(
      new Set([DEMO_COMMITS.webPrices]),
    );
    expect(stateOf("checkout-prod")).toMatchObject({ liveRevision: DEMO_COMMITS.checkoutLive, deployments: 1 });
  });

  test("a sync at abc123 ends Synced and Healthy with the new image", async () => {
    await start();
    expect(await sync("checkout-staging", DEMO_COMMITS.target)).toBe(200);
    await expect
      .poll(() => stateOf("checkout-staging"))
      .toMatchObject({
        liveRevision: DEMO_COMMITS.target,
        sync: "Synced",
        health: "Healthy",
        images: [expect.stringContaining("checkout:1.5.0@sha256:")],
      });
    expect(stateOf("checkout-prod")).toMatchObject({ liveRevision: DEMO_COMMITS.checkoutLive });
  });

  test("the commit after it turns Degraded, with a pod that crashes while the old ones stay", async () => {
    await start();
    expect(await sync("checkout-prod", DEMO_COMMITS.degrading)).toBe(200);
    await expect.poll(() => stateOf("checkout-prod")?.health).toBe("Degraded");
    expect(stateOf("checkout-prod")).toMatchObject({
      liveRevision: DEMO_COMMITS.degrading,
      operation: { phase: "Succeeded" },
    });
    const pods = stateOf("checkout-prod")?.pods ?? [];
    expect(pods.filter(({ reason }) => reason === "CrashLoopBackOff")).not.toHaveLength(0);
    expect(pods.filter(({ ready }) => ready).length).toBeGreaterThanOrEqual(3);
  });

  test("web runs its hooks around the sync, and refuses a commit whose manifests cannot be read", async () => {
    await start();
    expect(await sync("web-staging", DEMO_COMMITS.webPrices)).toBe(200);
    await expect.poll(() => stateOf("web-staging")?.operation?.phase).toBe("Succeeded");
    expect(stateOf("web-staging")?.operation?.message).toBe("successfully synced (no more tasks)");
    expect(await sync("web-staging", DEMO_COMMITS.webBroken)).toBe(200);
    await expect.poll(() => stateOf("web-staging")?.operation?.phase).toBe("Error");
    expect(stateOf("web-staging")?.operation?.message).toContain('Failed to unmarshal "service.json"');
  });

  test("knows who wrote a commit, and refuses one that is not there", async () => {
    await start();
    const path = (revision: string): string => `/api/v1/applications/checkout-prod/revisions/${revision}/metadata`;
    const found = await call("GET", path(DEMO_COMMITS.target.slice(0, 8)));
    expect(await found.json()).toMatchObject({
      author: "Chen Wei <chen@example.com>",
      message: expect.stringMatching(/^checkout: 1\.5\.0, pay in instalments\n/u),
      tags: ["checkout-1.5.0"],
    });
    expect((await call("GET", path("f".repeat(40)))).status).toBe(500);
    expect(await sync("checkout-prod", "checkout-1.4.2")).toBe(200);
    expect(stateOf("checkout-prod")?.operation?.revision).toBe(DEMO_COMMITS.checkoutLive);
  });

  test("its account has just the rights that it needs", async () => {
    await start();
    const can = async (action: string): Promise<unknown> =>
      (await call("GET", `/api/v1/account/can-i/applications/${action}/${DEMO_PROJECT}/checkout-prod`)).json();
    expect(await can("sync")).toEqual({ value: "yes" });
    expect(await can("update")).toEqual({ value: "no" });
  });
});
