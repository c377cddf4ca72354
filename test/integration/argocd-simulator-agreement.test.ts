import { afterEach, describe, expect, test } from "vitest";

import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import type { ControlInput } from "../../src/simulator/argocd-control-command.ts";
import type { ArgocdSimulatorOptions } from "../../src/simulator/argocd-simulator.ts";
import { FakeClock } from "../support/fake-clock.ts";
import {
  type Answer,
  application,
  at,
  deployment,
  distinct,
  hook,
  judged,
  listAt,
  MemoryManifests,
  type Recording,
  recording,
  service,
  settings,
  SimulatedWorld,
  Watch,
} from "./argocd-simulator-world.ts";

const A = "a699effa64c2fe18c4138a3c24a6103822c1a000";

const checkout = (tag: string, extra: object = {}): object[] => [
  deployment("checkout", `registry.example.com/checkout:${tag}`, extra),
  service("checkout"),
];

let world: SimulatedWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

interface Story {
  readonly name: string;
  /** Where the recording's second 0 lies within a second of the clock, so that the same times fall into the same seconds. */
  readonly phaseMs: number;
  readonly options: Omit<ArgocdSimulatorOptions, "clock" | "accounts">;
  /** Runs before the recording begins. */
  readonly before?: (world: SimulatedWorld) => Promise<unknown>;
  /** What happened between the calls, by the second of the recording. */
  readonly meanwhile?: readonly Meanwhile[];
}

interface Meanwhile {
  readonly t: number;
  readonly run: (world: SimulatedWorld) => unknown;
}

interface Bodies {
  readonly real: unknown;
  readonly simulated: unknown;
}

/** What the simulator did beside what the real server had done. */
class Replay {
  readonly answers: { readonly request: string; readonly real: unknown; readonly simulated: unknown }[] = [];
  readonly bodies: Bodies[] = [];
  realFrames: readonly unknown[] = [];
  simulatedFrames: readonly unknown[] = [];

  add({ t, request: { method, path, body }, response }: Recording["calls"][number], answer: Answer): void {
    const isCompared = response.status >= 400 || answer.status >= 400 || isPlain(response.body);
    const shown = (status: number, text: unknown): object =>
      isCompared ? { status, text: undated(text) } : { status };
    this.bodies.push({ real: response.body, simulated: answer.body });
    this.answers.push({
      request: `${t} ${method} ${path} ${JSON.stringify(body)}`,
      real: shown(response.status, response.body),
      simulated: shown(answer.status, answer.body),
    });
  }

  /** Statuses of all answers, and the bodies of refusals and of small answers. */
  expectSameAnswers(): void {
    expect(this.answers.map(({ request, simulated }) => ({ request, answer: simulated }))).toEqual(
      this.answers.map(({ request, real }) => ({ request, answer: real })),
    );
  }

  /** The distinct texts that `read` makes of the bodies, on both sides. */
  compared(read: (body: unknown) => readonly string[]): { real: readonly string[]; simulated: readonly string[] } {
    return {
      real: distinct(this.bodies.flatMap(({ real }) => read(real))),
      simulated: distinct(this.bodies.flatMap(({ simulated }) => read(simulated))),
    };
  }

  /** The distinct states that the watch showed. */
  get states(): { real: readonly string[]; simulated: readonly string[] } {
    const read = (frame: unknown): string => judged(at(frame, "result.application"));
    return { real: distinct(this.realFrames.map(read)), simulated: distinct(this.simulatedFrames.map(read)) };
  }
}

async function nothing(): Promise<void> {}

/** Sends the recorded calls at their recorded times. */
async function replay({ name, phaseMs, options, before = nothing, meanwhile = [] }: Story): Promise<Replay> {
  const recorded = await recording(name);
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 9) + phaseMs);
  world = await SimulatedWorld.start(clock, options);
  await before(world);
  const startMs = clock.now() - (clock.now() % 1000) + 1000 + phaseMs;
  await world.until(startMs, 0);
  const result = new Replay();
  const opened = recorded.watched[0]?.t ?? Number.POSITIVE_INFINITY;
  let watch: Watch | undefined;
  let pending = [...meanwhile];
  for (const call of recorded.calls) {
    const start = call.t - call.ms / 1000;
    for (const { t, run } of pending.filter((step) => step.t <= start)) {
      await world.until(startMs, t);
      await run(world);
    }
    pending = pending.filter((step) => step.t > start);
    await world.until(startMs, start);
    if (opened <= start) watch ??= new Watch(world, recorded.watchPath);
    result.add(call, await world.call({ ...call.request, headers: sentHeaders(call.request.headers) }));
  }
  await world.until(startMs, recorded.lastSecond + 0.5);
  await world.during(fetch(`${world.simulator.url}/healthz`));
  watch?.stop();
  result.realFrames = recorded.watched.map(({ line }) => line);
  result.simulatedFrames = watch?.frames ?? [];
  return result;
}

// The recordings do not hold the tokens that were sent.
function sentHeaders(headers: Record<string, string> | null): Record<string, string> | null {
  if (headers?.["Authorization"]?.includes("altered signature") !== true) return headers;
  return { ...headers, Authorization: `Bearer ${accountToken("quarterdeck")}x` };
}

// Whole Applications, lists of them, trees, and what tells one server from another are not compared.
function isPlain(body: unknown): boolean {
  const others = ["metadata", "nodes", "items", "Version", "url"];
  return typeof body === "object" && body !== null && !others.some((name) => name in body);
}

function undated(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body).replaceAll(/iat: [\dTZ:-]+/gu, "iat: TIME"));
}

/** What a sync did to each object. */
function results(body: unknown): readonly string[] {
  const resources = listAt(body, "status.operationState.syncResult.resources");
  const names = ["kind", "name", "status", "message", "hookType", "hookPhase", "syncPhase"];
  return resources.length === 0 ? [] : [lines(resources, names)];
}

/** What became of each object. The answer to a POST has no health of the objects; while an operation runs the two may be apart. */
function objects(body: unknown): readonly string[] {
  const resources = listAt(body, "status.resources");
  if (resources.length === 0 || at(body, "operation") !== undefined) return [];
  return [lines(resources, ["kind", "name", "status", "health.status", "requiresPruning", "hook", "syncWave"])];
}

/** What was asked for, compared and synced, where there are several sources. */
function revisions(body: unknown): readonly string[] {
  const paths = ["operation.sync.revisions", "status.sync.revision", "status.sync.revisions"];
  const all = [...paths, "status.operationState.syncResult.revisions"].map((path) => at(body, path));
  return at(body, "status.sync") === undefined ? [] : [JSON.stringify(all)];
}

function lines(items: readonly unknown[], paths: readonly string[]): string {
  return items.map((item) => paths.map((path) => JSON.stringify(at(item, path) ?? null)).join(" ")).join("\n");
}

function control(command: ControlInput): (into: SimulatedWorld) => Promise<void> {
  return (into) => into.simulator.control(command);
}

describe("the simulator beside recordings of a real server", () => {
  test("sync-manual-to-healthy: the same answers and the same states in the same order", async () => {
    const manifests = new MemoryManifests(A).add(A, { "checkout/staging": checkout("1.0.0") });
    const result = await replay({
      name: "sync-manual-to-healthy",
      phaseMs: 500,
      options: { gitRepositories: manifests, applications: [application("checkout-staging")] },
    });
    result.expectSameAnswers();
    expect(result.states.simulated).toEqual(result.states.real);
  });

  test("degraded-after-sync: Succeeded and still Healthy in the second of the end, then Progressing, then Degraded", async () => {
    const good = "f08ca6572a4368aa2f76fcb86a7cd5af70c88bfc";
    const bad = "57ff2b5c322fe542f56949d501463cce73e9b6d4";
    const old = "a9328243f17f23c2f133da50118175e723769479";
    const manifests = new MemoryManifests(good)
      .add(old, { "checkout/staging": checkout("1.1.0") })
      .add(good, { "checkout/staging": checkout("1.2.0") })
      .add(bad, { "checkout/staging": checkout("9.9.9", { progressDeadlineSeconds: 6 }) });
    const result = await replay({
      name: "degraded-after-sync",
      phaseMs: 720,
      options: {
        gitRepositories: manifests,
        applications: [application("checkout-staging", { liveRevisions: [old] })],
        images: { "registry.example.com/checkout:9": { kind: "hangs", afterMs: 0 } },
      },
      meanwhile: [{ t: 1.5, run: () => void (manifests.main = bad) }],
    });
    result.expectSameAnswers();
    // The recording's watch was opened a second after the first sync, which the simulator's shows from the beginning.
    const { real, simulated } = result.states;
    expect(simulated.slice(simulated.indexOf(real[0] ?? ""))).toEqual(real);
  });

  const webAt = (deadline?: number, tag = "7.1.0"): object[] => [
    hook("web-migrate", "PreSync", `registry.example.com/web-migrate:${tag}`, deadline),
    settings("web-wave0", 0),
    service("web"),
    settings("web-wave1", 1),
    deployment("web", `registry.example.com/web:${tag}`, {}, { "argocd.argoproj.io/sync-wave": "2" }),
    hook("web-warmup", "PostSync", `registry.example.com/web:${tag}`),
  ];
  const hangs = { kind: "hangs", afterMs: 0 } as const;

  test("hook-success-waves: Healthy, even Synced and Healthy, long before the operation ends", async () => {
    const failing = "c67b0a063d6439cd013e6329e76870ead073c1c5";
    const good = "ad14cac903b4984320a85211c12df83a06876f6e";
    const manifests = new MemoryManifests(failing)
      .add(failing, { "web/staging": webAt(1, "7.0.0") })
      .add(good, { "web/staging": webAt() });
    const result = await replay({
      name: "hook-success-waves",
      phaseMs: 100,
      options: {
        gitRepositories: manifests,
        applications: [application("web-staging")],
        images: {
          "registry.example.com/web-migrate:7.0.0": hangs,
          "registry.example.com/web-migrate:7.1.0": { kind: "starts", afterMs: 1000 },
        },
      },
      before: async ({ simulator, clock }) => {
        await simulator.control({ action: "start-operation", application: "web-staging" });
        await clock.advance(10_000);
        manifests.main = good;
      },
    });
    result.expectSameAnswers();
    // The real controller looked at the Deployment when its pods were ready, the simulated one also before that.
    const between = "operation, Running, Synced, Progressing, -";
    expect(result.states.simulated.filter((state) => state !== between)).toEqual(result.states.real);
  });

  test("hook-failure: the operation fails with its PreSync hook, and nothing is applied", async () => {
    const terminated = "a9328243f17f23c2f133da50118175e723769479";
    const failing = "c67b0a063d6439cd013e6329e76870ead073c1c5";
    const manifests = new MemoryManifests(terminated)
      .add(terminated, { "web/staging": webAt(undefined, "7.0.0") })
      .add(failing, { "web/staging": webAt(3, "7.0.0") });
    const result = await replay({
      name: "hook-failure",
      phaseMs: 300,
      options: {
        gitRepositories: manifests,
        applications: [application("web-staging")],
        images: { "registry.example.com/web-migrate": hangs },
      },
      before: async (before) => {
        await before.simulator.control({ action: "start-operation", application: "web-staging" });
        await before.clock.advance(5000);
        await before.call({
          method: "DELETE",
          path: "/api/v1/applications/web-staging/operation",
          headers: { "content-type": "application/json" },
        });
        await before.clock.advance(3000);
        manifests.main = failing;
      },
    });
    result.expectSameAnswers();
    expect(result.states.simulated).toEqual(result.states.real);
  });

  test("operation-in-progress-and-terminate", async () => {
    const revision = "a9328243f17f23c2f133da50118175e723769479";
    const manifests = new MemoryManifests(revision).add(revision, { "web/staging": webAt() });
    const result = await replay({
      name: "operation-in-progress-and-terminate",
      phaseMs: 300,
      options: {
        gitRepositories: manifests,
        applications: [application("web-staging")],
        images: { "registry.example.com/web-migrate": hangs },
      },
    });
    result.expectSameAnswers();
    expect(result.states.simulated).toEqual(result.states.real);
  });

  test("pin-older-revision: succeeds, and stays OutOfSync at the newer one", async () => {
    const newer = "57ff2b5c322fe542f56949d501463cce73e9b6d4";
    const manifests = new MemoryManifests(newer)
      .add(A, { "checkout/prod": checkout("1.0.0") })
      .add(newer, { "checkout/prod": checkout("9.9.9") });
    const result = await replay({
      name: "pin-older-revision",
      phaseMs: 400,
      options: { gitRepositories: manifests, applications: [application("checkout-prod")] },
      before: async (before) => {
        await before.send({ method: "POST", path: "/api/v1/applications/checkout-prod/sync", body: { dryRun: true } });
        await before.clock.advance(3000);
      },
    });
    result.expectSameAnswers();
    // The real controller compared once when the first of the two objects was there; the simulated one applies them at once.
    const half = [
      "operation, Running, OutOfSync, Healthy, -",
      "no operation, Succeeded, OutOfSync, Healthy, compared before the end",
    ];
    const { real, simulated } = result.states;
    const first = real.indexOf(half[0] ?? "");
    expect(real.slice(first, first + 2)).toEqual(half);
    const stale = "no operation, Succeeded, OutOfSync, Missing, compared before the end";
    expect(simulated).toEqual([...real.slice(0, first), stale, ...real.slice(first + 2)]);
  });

  test("sync-refusals: every spelling of a revision is taken or refused in the same words", async () => {
    const manifests = new MemoryManifests(A).add(A, {
      "checkout/prod": checkout("1.0.0"),
      "payments/prod": checkout("1.0.0"),
      "payments/staging": checkout("1.0.0"),
    });
    const result = await replay({
      name: "sync-refusals",
      phaseMs: 0,
      options: {
        gitRepositories: manifests,
        applications: ["checkout-prod", "payments-prod", "payments-staging"].map((name) => application(name)),
      },
    });
    result.expectSameAnswers();
  });

  test("auto-sync: pins refused, the target accepted, pushes followed, patches applied or refused", async () => {
    const second = "26a5eba62bd954aeea147ece91baecc526b35c70";
    const elsewhere = "a8a50efe80ee6db308a662d56e5be1bf5af1d900";
    const third = "65d3158da88dcf1d1ffb7220dcff10cfe214e735";
    const manifests = new MemoryManifests(A)
      .add(A, { "payments/prod": checkout("1.0.0"), "checkout/staging": checkout("1.0.0") })
      .add(second, { "payments/prod": checkout("2.0.0") })
      .add(elsewhere, { "payments/prod": checkout("2.0.0") })
      .add(third, { "payments/prod": checkout("2.0.0"), "checkout/staging": checkout("1.0.0") });
    const payments = application("payments-prod");
    const syncPolicy = { automated: {}, syncOptions: ["CreateNamespace=true"] };
    const result = await replay({
      name: "auto-sync",
      phaseMs: 0,
      options: {
        gitRepositories: manifests,
        applications: [
          { ...payments, spec: { ...payments.spec, syncPolicy }, liveRevisions: [A] },
          application("checkout-staging"),
        ],
      },
      meanwhile: [
        { t: 3.5, run: () => void (manifests.main = second) },
        { t: 10.26, run: () => void (manifests.main = elsewhere) },
        { t: 14.5, run: () => void (manifests.main = third) },
      ],
    });
    result.expectSameAnswers();
    // Which of the two writes, that of the operation or that of the comparison, comes first is a race in both.
    const coarse = (states: readonly string[]): readonly string[] =>
      distinct(states.map((state) => state.replace(/, compared.*$/u, "").replace(/no state|Running/u, "in progress")));
    expect(coarse(result.states.simulated)).toEqual(coarse(result.states.real));
  });

  test("sync-windows: four kinds of window, a rollback that gets stuck in one", async () => {
    const branch = "ad14cac903b4984320a85211c12df83a06876f6e";
    const pushed = "35ea9d37706c0d8c1854914194cbe06ae007cfdc";
    const manifests = new MemoryManifests(branch)
      .add(A, { "checkout/prod": checkout("1.0.0"), "payments/prod": checkout("1.0.0") })
      .add(branch, { "checkout/prod": checkout("1.1.0"), "payments/prod": checkout("1.0.0") })
      .add(pushed, { "checkout/prod": checkout("1.1.0"), "payments/prod": checkout("1.2.0") });
    const payments = application("payments-prod", { liveRevisions: [A] });
    const applications = ["checkout-prod"];
    const deny = { kind: "deny" as const, schedule: "* * * * *", duration: "2h", applications };
    const allow = { kind: "allow" as const, schedule: "0 3 1 1 *", duration: "1h", applications, isActive: false };
    const windows = (...list: Extract<ControlInput, { action: "set-sync-windows" }>["windows"]) =>
      control({ action: "set-sync-windows", project: "default", windows: list });
    const result = await replay({
      name: "sync-windows",
      phaseMs: 0,
      options: {
        gitRepositories: manifests,
        applications: [
          application("checkout-prod", { liveRevisions: [A] }),
          { ...payments, spec: { ...payments.spec, syncPolicy: { automated: {} } } },
        ],
      },
      meanwhile: [
        { t: 0, run: windows(deny) },
        { t: 17, run: windows({ ...deny, manualSync: true }) },
        { t: 37, run: windows(allow) },
        { t: 54, run: windows({ ...allow, manualSync: true }) },
      ],
    });
    result.expectSameAnswers();
  });

  test("prune: skipped without being asked for, done when asked for", async () => {
    const extra = "2dd96085fa4350de9edb40e269746497a9d24714";
    const without = "25be61d7d77e8152c4edb6145d31b4484731fc55";
    const manifests = new MemoryManifests(extra)
      .add(A, { "checkout/staging": checkout("1.2.0") })
      .add(extra, { "checkout/staging": [settings("extra"), ...checkout("1.0.0")] })
      .add(without, { "checkout/staging": checkout("1.0.0") });
    const result = await replay({
      name: "prune",
      phaseMs: 0,
      options: { gitRepositories: manifests, applications: [application("checkout-staging", { liveRevisions: [A] })] },
      meanwhile: [{ t: 1.05, run: () => void (manifests.main = without) }],
    });
    result.expectSameAnswers();
    const done = result.compared(results);
    expect(done.simulated).toEqual(done.real);
  });

  test("reads-and-errors: every refusal in the same words", async () => {
    const manifests = new MemoryManifests(A).add(A, { "checkout/prod": checkout("1.0.0") });
    const names = ["checkout-prod", "checkout-staging", "payments-prod", "payments-staging", "web-prod", "web-staging"];
    const result = await replay({
      name: "reads-and-errors",
      phaseMs: 0,
      options: { gitRepositories: manifests, applications: names.map((name) => application(name)) },
    });
    result.expectSameAnswers();
  });

  test("invalid-manifests: an unknown kind, then a schema violation, then a good commit", async () => {
    const [old, unknown, broken, mended, last] = [
      "25be61d7d77e8152c4edb6145d31b4484731fc55",
      "64f53f5e26cc23e89ac959a24ccf26069addf8b3",
      "3e68f4fbbb34c1b3538098c469274f10ee75db1f",
      "8bba67be5441fb3b4bb6ddacb80d93be58728bbe",
      "c526b690da572624048c0f4a1f751e2a21023beb",
    ];
    const widget = { apiVersion: "nope.dev/v1", kind: "Widget", metadata: { name: "w" } };
    const good = { "checkout/staging": checkout("1.0.0") };
    const manifests = new MemoryManifests(unknown)
      .add(old, good)
      .add(unknown, { "checkout/staging": [...checkout("1.0.0"), widget] })
      .add(broken, { "checkout/staging": [...checkout("1.0.0"), deployment("w", "x", { replicas: "many" })] })
      .add(mended, good)
      .add(last, good);
    const result = await replay({
      name: "invalid-manifests",
      phaseMs: 0,
      options: {
        gitRepositories: manifests,
        applications: [application("checkout-staging", { liveRevisions: [old] })],
      },
      meanwhile: [
        { t: 1.25, run: () => void (manifests.main = broken) },
        { t: 2.5, run: () => void (manifests.main = mended) },
        { t: 3.75, run: () => void (manifests.main = last) },
      ],
    });
    result.expectSameAnswers();
    // The first of the real ones is that of a sync before the recording.
    const done = result.compared(results);
    expect(done.simulated).toEqual(done.real.slice(1));
  });

  test("pin-with-missing-and-extra: what only the branch has is Missing, what only the pin has is to be pruned", async () => {
    const [branch, pin] = ["7b567b59301fbc66e122a9aaf5890906c633df79", "8acd35d14f89034ab95bdce67a94bb7ff5e33607"];
    const manifests = new MemoryManifests(branch)
      .add(A, { "checkout/prod": checkout("1.0.0") })
      .add(branch, { "checkout/prod": [settings("coming"), ...checkout("1.0.0"), deployment("coming", "x")] })
      .add(pin, { "checkout/prod": [settings("leaving"), ...checkout("1.0.0")] });
    const result = await replay({
      name: "pin-with-missing-and-extra",
      phaseMs: 0,
      options: { gitRepositories: manifests, applications: [application("checkout-prod", { liveRevisions: [A] })] },
    });
    result.expectSameAnswers();
    // The first of the real ones is that of a sync before the recording.
    const done = result.compared(results);
    expect(done.simulated).toEqual(done.real.slice(1));
    const became = result.compared(objects);
    expect(became.simulated).toEqual(became.real);
  });

  test("multi-source: the revision is ignored, revisions and positions are obeyed", async () => {
    const branch = "35ea9d37706c0d8c1854914194cbe06ae007cfdc";
    const folders = { "checkout/staging": checkout("1.0.0") };
    const manifests = new MemoryManifests(branch).add(A, folders).add(branch, folders);
    const { spec } = application("multi");
    const [target, repoURL] = ["main", "https://git.example.com/acme/deploy.git"];
    const sources = [
      { repoURL, path: "checkout/staging", targetRevision: target },
      { repoURL, targetRevision: target, ref: "values" },
    ];
    const { project, destination, syncPolicy } = spec;
    const result = await replay({
      name: "multi-source",
      phaseMs: 0,
      options: {
        gitRepositories: manifests,
        applications: [{ ...application("multi"), spec: { project, destination, syncPolicy, sources } }],
      },
    });
    result.expectSameAnswers();
    const done = result.compared(results);
    expect(done.simulated).toEqual(done.real);
    const named = result.compared(revisions);
    expect(named.simulated).toEqual(named.real);
  });
});
