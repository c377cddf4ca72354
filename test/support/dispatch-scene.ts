import { type TestContext } from "vitest";
import { z } from "zod";

import type { Outcome, Progress } from "../../src/domain/outcome.ts";
import type { Job, JobReports } from "../../src/engine/ports.ts";
import { type ActionContext, defineAction, type Repeat, type StepKind } from "../../src/engine/step-kind.ts";
import { BullmqRig, type BullmqRigOptions } from "./bullmq-rig.ts";
import { RedisServer } from "./redis-server.ts";
import { eventually } from "./eventually.ts";

/** Actions that end at once, and others that wait for the test; and everything that is reported. */
export class Bench implements JobReports {
  readonly executions: { readonly path: string; readonly context: ActionContext; readonly end: () => void }[] = [];
  readonly outcomes: [path: string, token: number, status: string][] = [];
  readonly handed: [path: string, token: number][] = [];
  readonly said: string[] = [];
  readonly checkpoints: unknown[] = [];
  readonly kinds = new Map(
    [
      this.#kind("test/quick", "safe"),
      this.#kind("test/large", "safe"),
      this.#kind("test/safe", "safe"),
      this.#kind("test/ask", "ask"),
    ].map((kind) => [kind.kind, kind]),
  );
  #token = 100;

  progress(_job: Job, { text }: Progress): void {
    this.said.push(text);
  }

  async checkpoint(_job: Job, data: unknown): Promise<void> {
    this.checkpoints.push(data);
  }

  outcome(job: Job, outcome: Outcome): void {
    const status = outcome.status === "failed" ? outcome.failure.code : outcome.status;
    if (outcome.status === "failed") this.said.push(outcome.failure.message);
    this.outcomes.push([job.effect.path, job.token, status]);
  }

  handedBack(job: Job): void {
    this.handed.push([job.effect.path, job.token]);
  }

  job(path: string, uses = "test/safe"): Job {
    this.#token += 1;
    return {
      effect: { run: "run_1", path, attempt: 1 },
      token: this.#token,
      uses,
      input: {},
      facts: { runTitle: "Promote", requester: "p_ana", requesterUser: "U1" },
      checkpointed: undefined,
      startedAt: 0,
    };
  }

  /** The execution of a step, once it is under way. */
  async execution(path: string, which = 0): Promise<(typeof this.executions)[number]> {
    return await until(() => this.executions.filter((execution) => execution.path === path)[which]);
  }

  async ended(path: string): Promise<string> {
    return await until(() => this.outcomes.find(([ended]) => ended === path)?.[2]);
  }

  #kind(kind: string, repeat: Repeat): StepKind {
    const run = (_input: unknown, context: ActionContext): Promise<Outcome & { status: "succeeded" }> => {
      const { path } = context.effect;
      if (kind === "test/large") {
        return Promise.resolve({ status: "succeeded", output: { text: "x".repeat(2_000_000) } });
      }
      if (kind === "test/quick") {
        this.executions.push({ path, context, end: () => undefined });
        return Promise.resolve({ status: "succeeded", output: {} });
      }
      return new Promise((resolve, reject) => {
        context.signal.addEventListener("abort", () => reject(new Error("aborted")));
        this.executions.push({ path, context, end: () => resolve({ status: "succeeded", output: {} }) });
      });
    };
    return defineAction({ kind, summary: "", repeat, input: z.looseObject({}), output: z.looseObject({}), run });
  }
}

/** What is looked for, as soon as it is there. */
export async function until<Value>(find: () => Value | undefined | Promise<Value | undefined>): Promise<Value> {
  return await eventually(async () => {
    const found = await find();
    if (found === undefined || found === false) throw new Error("not yet");
    return found;
  });
}

/** What one test uses; with tests that run beside one another each has to hand in its own way of tidying up. */
export class Scene {
  readonly bench = new Bench();
  readonly redis: RedisServer;
  readonly #context: TestContext;

  private constructor(redis: RedisServer, context: TestContext) {
    this.redis = redis;
    this.#context = context;
    context.onTestFinished(() => redis[Symbol.asyncDispose]());
  }

  static async open(context: TestContext, ...more: readonly string[]): Promise<Scene> {
    return new Scene(await RedisServer.start(...more), context);
  }

  rig(more: Partial<BullmqRigOptions> = {}): BullmqRig {
    const { bench, redis } = this;
    const rig = new BullmqRig({ url: redis.url, kinds: bench.kinds, reports: bench, ...more });
    this.#context.onTestFinished(() => rig[Symbol.asyncDispose]());
    return rig;
  }
}
