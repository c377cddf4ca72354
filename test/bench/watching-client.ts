import { z } from "zod";

import { ApplicationCache } from "../../src/argocd/application-cache.ts";
import type { Application } from "../../src/argocd/application.ts";
import { ArgocdClient } from "../../src/argocd/argocd-client.ts";
import { ArgocdHttp } from "../../src/argocd/argocd-http.ts";
import type { ArgocdServer } from "../../src/argocd/argocd-server.ts";
import { judgeHealth } from "../../src/argocd/failing-resources.ts";
import { WatchStream, type WatchListener } from "../../src/argocd/watch-stream.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { argocdWait } from "../../src/steps/argocd-wait.ts";
import { applicationNames, NAMESPACE, SHA, TOKEN } from "./bench-applications.ts";
import { BenchEngine, stepOf } from "./bench-engine.ts";
import { answerCalls, cpuMs } from "./bench-process.ts";
import { nothing } from "./engine-chain.ts";

const Start = z.object({
  url: z.string(),
  ca: z.string(),
  applications: z.number(),
  folder: z.string(),
  compareEveryMs: z.number(),
});
type Start = z.infer<typeof Start>;

const SERVER = "bench";
// The proof is complete with the first frame that says Healthy; nothing gives up while the benchmark lasts.
const TIMING = { settleMs: 0, degradedGraceMs: 3_600_000, startDeadlineMs: 3_600_000 };

/** One waiting run for each application: the wait, and a step after it that notes when it was started. */
class Watcher {
  readonly #engine: BenchEngine;
  readonly #wait: ReturnType<typeof argocdWait>;
  readonly #applicationOf = new Map<string, string>();
  /** When the bytes arrived with which an application was Healthy for the first time since it was expected. */
  readonly #healthyMs = new Map<string, number>();
  readonly #onWaiting = new Map<string, () => void>();
  readonly #proofs = new Map<string, PromiseWithResolvers<number>>();
  #lastBytesMs = 0;

  private constructor(engine: BenchEngine, wait: ReturnType<typeof argocdWait>) {
    this.#engine = engine;
    this.#wait = wait;
  }

  static async open({ url, ca, folder, compareEveryMs }: Start): Promise<Watcher> {
    const [clock, random, logger] = [systemClock, systemRandom, silentLogger];
    const http = new ArgocdHttp({ url, ca, token: TOKEN, clock, mayWrite: () => true });
    const client = new ArgocdClient({ http, clock, random });
    const late: { watcher?: Watcher } = {};
    const streamHealth = (): ReturnType<WatchStream["health"]> => stream.health();
    const cache = new ApplicationCache({ client, clock, random, logger, filter: {}, compareEveryMs, streamHealth });
    const stream = new WatchStream({
      http: { stream: async (call) => stamped(await http.stream(call), () => late.watcher?.noteBytes()) },
      clock,
      random,
      logger,
      filter: {},
      listener: listening(cache, (application) => late.watcher?.noteFrame(application)),
    });
    const server: ArgocdServer = { url, uiUrl: () => url, client, cache };
    const git = { commitsBetween: (): Promise<{ kind: "same" }> => Promise.resolve({ kind: "same" }) };
    const wait = argocdWait({ servers: new Map([[SERVER, server]]), clock, git, timingOf: () => TIMING });
    const kinds = [wait, nothing((run) => late.watcher?.noteStarted(run))];
    const engine = await BenchEngine.open({
      folder,
      kinds,
      onChanged: (_run, view) => late.watcher?.noteChanged(view()),
    });
    late.watcher = new Watcher(engine, wait);
    cache.start();
    stream.start();
    return late.watcher;
  }

  /** Starts a run that waits for the application; resolves once it has looked at it and rests. */
  async wait(name: string): Promise<void> {
    const run = this.#engine.newRunId();
    this.#applicationOf.set(run, name);
    const waiting = new Promise<void>((resolve) => void this.#onWaiting.set(run, resolve));
    const input = { app: `${SERVER}/${NAMESPACE}/${name}`, revision: SHA };
    await this.#engine.start(run, [
      stepOf("healthy", this.#wait, input),
      stepOf(
        "next",
        nothing(() => undefined),
      ),
    ]);
    await waiting;
  }

  /** From here on the frames of the application are looked at. */
  expect(name: string): void {
    this.#healthyMs.delete(name);
    this.#proofs.set(name, Promise.withResolvers());
  }

  /** Resolves with the time from the frame that completed the proof of the application to the start of the step after it. */
  async proven(name: string): Promise<number> {
    return (await this.#proofs.get(name)?.promise) ?? Number.NaN;
  }

  noteBytes(): void {
    this.#lastBytesMs = performance.now();
  }

  noteFrame(application: Application): void {
    const { name } = application.metadata;
    if (!this.#proofs.has(name) || this.#healthyMs.has(name)) return;
    if (judgeHealth(application, true).status === "Healthy") this.#healthyMs.set(name, this.#lastBytesMs);
  }

  noteStarted(run: string): void {
    const name = this.#applicationOf.get(run) ?? "";
    this.#applicationOf.delete(run);
    this.#proofs.get(name)?.resolve(performance.now() - (this.#healthyMs.get(name) ?? Number.NaN));
  }

  noteChanged({ id, otherSteps }: RunView): void {
    const text = otherSteps[0]?.progress?.text ?? "";
    if (!text.startsWith("Waiting for resources") && !text.startsWith("Degraded")) return;
    this.#onWaiting.get(id)?.();
    this.#onWaiting.delete(id);
  }
}

async function* stamped(body: AsyncIterable<Uint8Array>, onBytes: () => void): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) {
    onBytes();
    yield bytes;
  }
}

function listening(cache: ApplicationCache, onFrame: (application: Application) => void): WatchListener {
  return {
    opened: () => cache.opened(),
    unreadable: () => cache.unreadable(),
    closed: () => cache.closed(),
    frame(type, application) {
      onFrame(application);
      return cache.frame(type, application);
    },
  };
}

const started: { watcher?: Watcher } = {};

function watcher(): Watcher {
  if (started.watcher === undefined) throw new TypeError("the watching client was not started");
  return started.watcher;
}

answerCalls({
  /** Resolves when one run waits for each application. */
  async start(argument) {
    const start = Start.parse(argument);
    started.watcher = await Watcher.open(start);
    await Promise.all(applicationNames(start.applications).map((name) => watcher().wait(name)));
  },
  wait: (argument) => watcher().wait(z.string().parse(argument)),
  expect: (argument) => watcher().expect(z.string().parse(argument)),
  proven: (argument) => watcher().proven(z.string().parse(argument)),
  usage: () => ({ cpuMs: cpuMs() }),
});
