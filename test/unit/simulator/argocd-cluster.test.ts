import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Clock } from "../../../src/platform/clock.ts";
import { healthOf, worstHealth } from "../../../src/simulator/cluster-health.ts";
import { keyOf, type Manifest, refOf } from "../../../src/simulator/cluster-manifest.ts";
import type { ImageBehaviour, LiveObject } from "../../../src/simulator/cluster-object.ts";
import { kubernetesTime, Pace } from "../../../src/simulator/cluster-pace.ts";
import { ClusterSimulator } from "../../../src/simulator/cluster-simulator.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const STARTS: ImageBehaviour = { kind: "starts", afterMs: 100 };

function deployment(image: string, replicas = 2, deadline = 5): Manifest {
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ image }] } };
  const spec = { replicas, progressDeadlineSeconds: deadline, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec };
}

function job(image: string, deadline?: number): Manifest {
  const spec = { template: { spec: { containers: [{ image }] } } };
  const seconds = deadline === undefined ? {} : { activeDeadlineSeconds: deadline };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name: "web" }, spec: { ...spec, ...seconds } };
}

class Rig {
  readonly clock = new FakeClock();
  readonly cluster: ClusterSimulator;
  #version = 0;
  #byte = 0;

  constructor(images: Readonly<Record<string, ImageBehaviour>> = {}, clock: Clock = this.clock) {
    this.cluster = new ClusterSimulator({
      pace: new Pace({ clock }),
      // Counted bytes: every pod gets a name of its own.
      random: {
        fraction: () => 0,
        bytes: (length) => Buffer.from(Array.from({ length }, () => (this.#byte += 7) % 256)),
      },
      nextVersion: () => (this.#version += 1),
      images,
      otherImages: STARTS,
    });
  }

  apply(manifest: Manifest): string {
    return this.cluster.apply({ ref: refOf(manifest, "shop"), manifest, application: "argocd/web" }).kind;
  }

  get pods(): readonly LiveObject[] {
    return this.cluster.store.ofApplication("argocd/web").filter(({ ref }) => ref.kind === "Pod");
  }

  /** `Healthy`, or the state with its message. */
  health(manifest: Manifest): string {
    const live = this.cluster.store.get(keyOf(refOf(manifest, "shop")));
    const health = live === undefined ? undefined : healthOf(live);
    return [health?.status ?? "gone", health?.message].filter((part) => part !== undefined).join(": ");
  }
}

function imagesOf(pods: readonly LiveObject[]): readonly string[] {
  return pods.map(({ status }) => (status.kind === "Pod" ? status.image : ""));
}

describe("a Deployment", () => {
  test("is seen a moment after it is applied, and healthy when its pods are ready", async () => {
    const rig = new Rig();
    expect(rig.apply(deployment("web:1"))).toBe("created");
    const waiting = "Progressing: Waiting for rollout to finish: ";
    expect(rig.health(deployment("web:1"))).toBe(
      `${waiting}observed deployment generation less than desired generation`,
    );
    await rig.clock.advance(100);
    expect(rig.health(deployment("web:1"))).toBe(`${waiting}0 of 2 updated replicas are available...`);
    await rig.clock.advance(200);
    expect(rig.health(deployment("web:1"))).toBe("Healthy");
    expect(rig.apply(deployment("web:1"))).toBe("unchanged");
  });

  test("tells how far the change of its pods is", async () => {
    const rig = new Rig();
    rig.apply(deployment("web:1"));
    await rig.clock.advance(1000);
    expect(rig.apply(deployment("web:2"))).toBe("configured");
    const told = new Set<string>();
    for (let step = 0; step < 100; step += 1) {
      await rig.clock.advance(10);
      told.add(rig.health(deployment("web:2")).replace("Progressing: Waiting for rollout to finish: ", ""));
    }
    expect([...told]).toEqual([
      "observed deployment generation less than desired generation",
      "1 out of 2 new replicas have been updated...",
      "1 old replicas are pending termination...",
      "Healthy",
    ]);
    expect(imagesOf(rig.pods)).toEqual(["web:2", "web:2"]);
  });

  test("keeps enough pods ready, and never has too many, whatever its size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), async (before, after) => {
        const rig = new Rig();
        rig.apply(deployment("web:1", before));
        await rig.clock.advance(2000);
        rig.apply(deployment("web:2", after));
        for (let step = 0; step < 300; step += 1) {
          await rig.clock.advance(10);
          const present = rig.pods.filter(({ deleting }) => !deleting);
          const ready = present.filter(({ status }) => status.kind === "Pod" && status.ready);
          expect(ready.length).toBeGreaterThanOrEqual(Math.min(before, after - Math.floor(after / 4)));
          expect(present.length).toBeLessThanOrEqual(Math.max(before, after + Math.ceil(after / 4)));
        }
        expect(imagesOf(rig.pods)).toEqual(Array.from({ length: after }, () => "web:2"));
        expect(rig.health(deployment("web:2", after))).toBe("Healthy");
      }),
      { numRuns: 8 },
    );
  });

  test.each([
    ["crashes", "CrashLoopBackOff"],
    ["hangs", "Running"],
    ["missing", "ImagePullBackOff"],
  ] as const)("whose image %s is Degraded after its deadline, with the old pods still there", async (kind, reason) => {
    const rig = new Rig({ "web:bad": { kind, afterMs: 50 } });
    rig.apply(deployment("web:1"));
    await rig.clock.advance(1000);
    rig.apply(deployment("web:bad"));
    await rig.clock.advance(4000);
    expect(rig.health(deployment("web:bad"))).toMatch(/^Progressing: .*1 out of 2 new replicas/u);
    await rig.clock.advance(2000);
    expect(rig.health(deployment("web:bad"))).toBe('Degraded: Deployment "web" exceeded its progress deadline');
    expect(rig.pods.map(({ status }) => (status.kind === "Pod" ? status.reason : ""))).toEqual([
      "Running",
      "Running",
      reason,
    ]);
  });

  test("recovers at once when the old template comes back", async () => {
    const rig = new Rig({ "web:bad": { kind: "hangs", afterMs: 0 } });
    rig.apply(deployment("web:1"));
    await rig.clock.advance(1000);
    rig.apply(deployment("web:bad"));
    await rig.clock.advance(10_000);
    rig.apply(deployment("web:1"));
    await rig.clock.advance(200);
    expect(rig.health(deployment("web:1"))).toBe("Healthy");
    expect(imagesOf(rig.pods)).toEqual(["web:1", "web:1"]);
  });

  test("that was rolled out goes back to Progressing, not to Degraded, when its pods crash", async () => {
    const rig = new Rig();
    rig.apply(deployment("web:1"));
    await rig.clock.advance(1000);
    rig.cluster.setPods("argocd/web", "crashing");
    await rig.clock.advance(60_000);
    expect(rig.health(deployment("web:1"))).toMatch(/^Progressing: .*0 of 2 updated replicas/u);
  });

  test("takes its pods with it when it is deleted", async () => {
    const rig = new Rig();
    rig.apply(deployment("web:1"));
    await rig.clock.advance(1000);
    rig.cluster.delete(keyOf(refOf(deployment("web:1"), "shop")));
    expect(rig.health(deployment("web:1"))).toBe("Progressing: Pending deletion");
    await rig.clock.advance(1000);
    expect(rig.cluster.store.ofApplication("argocd/web")).toEqual([]);
  });

  test("with replicas that are no number is refused in Kubernetes' words", () => {
    const manifest = { ...deployment("web:1"), spec: { replicas: "two" } };
    const rig = new Rig();
    expect(rig.cluster.apply({ ref: refOf(manifest, "shop"), manifest, application: "argocd/web" })).toEqual({
      kind: "rejected",
      message:
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    });
  });
});

describe("a Job", () => {
  test("completes with its pod", async () => {
    const rig = new Rig();
    rig.apply(job("task:1"));
    expect(rig.health(job("task:1"))).toBe("Progressing");
    await rig.clock.advance(200);
    expect(rig.health(job("task:1"))).toBe("Healthy: Reached expected number of succeeded pods");
  });

  test("fails with its pod", async () => {
    const rig = new Rig({ task: { kind: "crashes", afterMs: 10 } });
    rig.apply(job("task:1"));
    await rig.clock.advance(200);
    expect(rig.health(job("task:1"))).toBe("Degraded: Job has reached the specified backoff limit");
  });

  test("fails at its deadline", async () => {
    const rig = new Rig({ task: { kind: "hangs", afterMs: 0 } });
    rig.apply(job("task:1", 3));
    await rig.clock.advance(4000);
    expect(rig.health(job("task:1", 3))).toBe("Degraded: Job was active longer than specified deadline");
    expect(rig.pods).toEqual([]);
  });
});

test("the longest beginning of an image's name says how it behaves", async () => {
  const rig = new Rig({ "web:": { kind: "hangs", afterMs: 0 }, "web:1.5": STARTS });
  rig.apply(deployment("web:1.5.0"));
  await rig.clock.advance(1000);
  expect(rig.health(deployment("web:1.5.0"))).toBe("Healthy");
});

test("the worst of several states counts, and none is Healthy", () => {
  expect(worstHealth([])).toBe("Healthy");
  expect(worstHealth(["Healthy", "Suspended"])).toBe("Suspended");
  expect(worstHealth(["Missing", "Progressing"])).toBe("Missing");
  expect(worstHealth(["Unknown", "Degraded", "Missing"])).toBe("Unknown");
});

test("times are cut to whole seconds", () => {
  expect(kubernetesTime(Date.UTC(2026, 0, 1, 10, 0, 0, 999))).toBe("2026-01-01T10:00:00Z");
});

test("everything happens faster in proportion to the speed, and nothing after the stop", async () => {
  const clock = new FakeClock();
  const pace = new Pace({ clock, speed: 10 });
  const happened: string[] = [];
  pace.after(1000, () => happened.push("scaled"));
  pace.afterUnscaled(1000, () => happened.push("unscaled"));
  await clock.advance(100);
  expect(happened).toEqual(["scaled"]);
  pace.stop();
  await clock.advance(5000);
  expect(happened).toEqual(["scaled"]);
  expect(clock.pendingTimers).toBe(0);
});

test("a pod becomes ready even where the timers that are due together fire in the other order", async () => {
  const held: (() => void)[] = [];
  const lateFirst = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve(), setTimer: hold };
  function hold(_delayMs: number, action: () => void): { cancel: () => void } {
    held.push(action);
    return { cancel: () => undefined };
  }
  const rig = new Rig({}, lateFirst);
  rig.apply(deployment("web:1", 1));
  while (held.length > 0) held.pop()?.();
  expect(rig.pods.map(({ status }) => status)).toMatchObject([{ ready: true }]);
});
