import { createHmac, randomBytes } from "node:crypto";

import { Queue } from "bullmq";
import type { Redis } from "ioredis";

import { systemClock } from "../../src/platform/clock.ts";
import { tryJson } from "../../src/platform/try-json.ts";
import type { Arena } from "./arena.ts";
import { CANARY } from "./chaos-world.ts";
import type { ChaosRedis } from "./chaos-redis.ts";
import { objectOf, textOf } from "./evidence.ts";

/** What somebody with all rights in Redis did, and what became of it. */
export interface Attack {
  /** Jobs put into the queue: forged, altered, foreign, malformed and replayed ones. */
  readonly jobs: number;
  /** How many of them workers took out of the queue and were done with. */
  readonly taken: number;
  /** Reports and answers sent in the name of workers and of the server. */
  readonly reports: number;
  /** How many reports the server says that it refused meanwhile. */
  readonly refusedReports: number;
}

const LISTEN_MS = 15_000;
const ENOUGH_ENVELOPES = 6;
const TAKEN_WITHIN_MS = 120_000;
const JOBS_EVERY = 25;

/** Listens to everything for a while, and then puts jobs and reports of every wrong sort into Redis while the others go on. */
export async function attack(arena: Arena, each: number): Promise<Attack> {
  const { redis } = arena;
  if (redis === undefined) throw new Error("there is no Redis to attack");
  const heard = await Eavesdropper.listen(redis);
  await arena.while(() => heard.jobs.length < ENOUGH_ENVELOPES || heard.arrived.length < each, LISTEN_MS);
  // Before the attack: what nobody reads of a MONITOR fills the memory of Redis, and would be the worse attack of the two.
  await heard[Symbol.asyncDispose]();
  const before = await refusedReports(arena);
  const client = redis.client();
  const queue = new Queue("jobs", { connection: client, prefix: heard.prefix });
  queue.on("error", () => undefined);
  try {
    let [jobs, reports] = [0, 0];
    for (let number = 0; number < each; number += 1) {
      for (const [sort, envelope] of Object.entries(jobsOf(heard, number))) {
        const options = { jobId: `intruder-${sort}-${number}`, removeOnComplete: false, removeOnFail: false };
        await queue.add("step", { envelope }, options);
        jobs += 1;
      }
      for (const text of reportsOf(heard, number)) {
        await client.publish(`${heard.prefix}:reports`, text);
        reports += 1;
      }
      await client.publish(
        `${heard.prefix}:workers`,
        sign(heard.kid, { epoch: "x", worker: "*", received: [], content: { type: "roll-call" } }),
      );
      if (number % JOBS_EVERY === 0) await systemClock.sleep(50);
    }
    const taken = await takenOf(queue, jobs);
    return { jobs, taken, reports, refusedReports: (await refusedReports(arena)) - before };
  } finally {
    await queue.close();
    client.disconnect();
  }
}

interface Heard {
  readonly text: string;
  readonly worker: string;
  /** Empty where it asks for nothing. */
  readonly request: string;
  readonly seq: number;
}

/** Everything that goes through Redis, as whoever has its password sees it. */
class Eavesdropper implements AsyncDisposable {
  /** Signed jobs, as they were put into the queue. */
  readonly jobs: string[] = [];
  prefix = "";
  readonly #reports: Heard[] = [];
  /** By worker, the newest report of which the server has said that it has it. */
  readonly #answered = new Map<string, number>();
  readonly #monitor: Redis;
  readonly #client: Redis;

  private constructor(client: Redis, monitor: Redis) {
    this.#client = client;
    this.#monitor = monitor;
    monitor.on("monitor", (_time: string, args: readonly string[]) => this.#hear(args));
  }

  static async listen(redis: ChaosRedis): Promise<Eavesdropper> {
    const client = redis.client();
    return new Eavesdropper(client, await client.monitor());
  }

  /** Reports that the server has had: one that was lost on its way would count when somebody says it again. */
  get arrived(): readonly string[] {
    return this.#reports.filter(({ worker, seq }) => seq <= (this.#answered.get(worker) ?? 0)).map(({ text }) => text);
  }

  /** The id of the key with which jobs are signed. */
  get kid(): string {
    return textOf(objectIn(this.jobs[0] ?? "{}"), "kid");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#monitor.disconnect();
    this.#client.disconnect();
    await Promise.resolve();
  }

  #hear(args: readonly string[]): void {
    for (const text of args) {
      const envelope = text.startsWith('{"envelope":') ? textOf(objectIn(text), "envelope") : "";
      if (envelope !== "" && !this.jobs.includes(envelope)) this.jobs.push(envelope);
    }
    const [command = "", channel = "", text = ""] = args;
    if (command.toLowerCase() !== "publish") return;
    const body = objectIn(textOf(objectIn(text), "body"));
    const content = objectOf(body, "content");
    const worker = textOf(body, "worker");
    if (channel.endsWith(":reports")) {
      this.prefix = channel.slice(0, -":reports".length);
      this.#reports.push({ text, worker, request: textOf(content, "request"), seq: Number(body["seq"]) });
    } else this.#noteAnswer(worker, { received: body["received"], answers: content["answers"] });
  }

  #noteAnswer(worker: string, { received, answers }: { readonly received: unknown; readonly answers: unknown }): void {
    const requests: readonly unknown[] = Array.isArray(received) ? received : [];
    const known = this.#reports.filter((report) => report.worker === worker && requests.includes(report.request));
    const newest = Math.max(this.#answered.get(worker) ?? 0, Number(answers ?? 0), ...known.map(({ seq }) => seq));
    this.#answered.set(worker, newest);
  }
}

function jobsOf({ jobs, kid }: Eavesdropper, number: number): Readonly<Record<string, string>> {
  const real = jobs[number % jobs.length] ?? "{}";
  const envelope = objectIn(real);
  const body = objectIn(textOf(envelope, "body"));
  const input = { ...objectOf(body, "input"), app: `main/argocd/${CANARY}-${number % 2 === 0 ? "prod" : "staging"}` };
  const wanted = { ...body, input, token: number + 1 };
  return {
    forged: sign(kid, wanted),
    altered: JSON.stringify({ ...envelope, body: JSON.stringify(wanted) }),
    foreign: sign(randomBytes(6).toString("hex"), wanted),
    malformed: malformed(number),
    replayed: real,
  };
}

const MALFORMED = ["", "null", "[]", "{}", '{"v":1}', '{"v":1,"kid":{},"body":[],"mac":0}', "\u0000", "{".repeat(5000)];
const HUGE_EVERY = 40;

function malformed(number: number): string {
  return number % HUGE_EVERY === HUGE_EVERY - 1 ? "x".repeat(2_000_000) : (MALFORMED[number % MALFORMED.length] ?? "");
}

/** An outcome for whatever is under way, a report that was heard before, one of another installation, and none at all. */
function reportsOf({ arrived, jobs, kid }: Eavesdropper, number: number): readonly string[] {
  const heard = arrived[number % arrived.length] ?? "{}";
  const { worker = "somebody" } = objectIn(textOf(objectIn(heard), "body"));
  const reportKid = textOf(objectIn(heard), "kid");
  const body = objectIn(textOf(objectIn(jobs[number % jobs.length] ?? "{}"), "body"));
  const effect = objectOf(body, "effect");
  const key = `${textOf(effect, "run")}/${textOf(effect, "path")}/${String(effect["attempt"])}`;
  const outcome = { status: "succeeded", output: {} };
  const content = { type: "outcome", request: String(number), key, token: body["token"], outcome };
  const report = {
    epoch: objectIn(textOf(objectIn(heard), "body"))["epoch"],
    worker,
    seq: 1_000_000 + number,
    content,
  };
  return [sign(reportKid, report), heard, sign(kid, report), malformed(number % (HUGE_EVERY - 1))];
}

/** Signed as ours are, by somebody who has not our key. */
function sign(kid: string, body: object): string {
  const text = JSON.stringify(body);
  const mac = createHmac("sha256", randomBytes(32)).update(`1\n${kid}\n${text}`).digest("base64url");
  return JSON.stringify({ v: 1, kid, body: text, mac });
}

async function takenOf(queue: Queue, total: number): Promise<number> {
  const end = performance.now() + TAKEN_WITHIN_MS;
  for (;;) {
    const counts = await queue.getJobCounts("completed", "failed");
    const taken = (counts["completed"] ?? 0) + (counts["failed"] ?? 0);
    if (taken >= total || performance.now() > end) return taken;
    await systemClock.sleep(100);
  }
}

async function refusedReports({ world }: Arena): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${world.demo.environment["PORT"]}/metrics`);
  const lines = (await response.text()).split("\n");
  return lines
    .filter((line) => line.startsWith("quarterdeck_worker_reports_refused_total"))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  const value = tryJson(text);
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
