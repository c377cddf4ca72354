import { Queue } from "bullmq";
import { describe, expect, it, type TestContext } from "vitest";

import { sealEnvelope } from "../../src/dispatch/envelope.ts";
import { writeJob } from "../../src/dispatch/wire.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { type BullmqRig, newKeys } from "../support/bullmq-rig.ts";
import { Scene, until } from "../support/dispatch-scene.ts";
import { hasRedis } from "../support/redis-server.ts";

/** Somebody who can write to Redis and knows no secret. */
class Stranger {
  readonly #queue: Queue;
  readonly #client: ReturnType<Scene["redis"]["client"]>;
  readonly #listener: ReturnType<Scene["redis"]["client"]>;
  readonly #prefix: string;
  /** Every message that went through Redis: channel and text. */
  readonly overheard: (readonly [channel: string, text: string])[] = [];

  constructor(scene: Scene, rig: BullmqRig, own: TestContext) {
    this.#prefix = `quarterdeck:${rig.keys.job.id}`;
    this.#client = scene.redis.client();
    this.#listener = scene.redis.client();
    this.#queue = new Queue("jobs", { connection: { url: scene.redis.url }, prefix: this.#prefix });
    own.onTestFinished(async () => {
      this.#client.disconnect();
      this.#listener.disconnect();
      await this.#queue.close();
    });
  }

  async listen(): Promise<void> {
    this.#listener.on("pmessage", (_pattern: string, channel: string, text: string) => {
      this.overheard.push([channel, text]);
    });
    await this.#listener.psubscribe(`${this.#prefix}:*`);
  }

  /** Puts something into the queue; resolves when a worker has taken it. */
  async enqueue(data: unknown): Promise<void> {
    await this.#queue.add("step", data, { removeOnComplete: true, removeOnFail: true });
    await until(async () => ((await this.#queue.getJobCountByTypes("wait", "active")) === 0 ? true : undefined));
  }

  async say(channel: string, text: string): Promise<void> {
    await this.#client.publish(channel, text);
  }

  get reports(): string {
    return `${this.#prefix}:reports`;
  }

  /** What of the overheard says so, on that channel. */
  heard(channel: string, says: string): readonly string[] {
    return this.overheard.filter(([on, text]) => on === channel && text.includes(says)).map(([, text]) => text);
  }
}

describe.skipIf(!hasRedis).concurrent("a worker", () => {
  it("executes no job that its server did not make", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    await rig.worker();
    const stranger = new Stranger(scene, rig, own);
    const body = writeJob({ job: bench.job("evil", "test/quick"), connection: undefined }, "1.0.0");
    const good = JSON.parse(sealEnvelope(rig.keys.job, body));
    const changed = { ...good, body: good.body.replace("evil", "worse") };
    const unsigned = { ...good, mac: "" };
    const foreign = sealEnvelope(newKeys().job, body);
    const otherPurpose = JSON.stringify({ ...JSON.parse(sealEnvelope(rig.keys.report, body)), kid: rig.keys.job.id });
    for (const envelope of [
      JSON.stringify(changed),
      JSON.stringify(unsigned),
      foreign,
      otherPurpose,
      "{}",
      "no JSON",
    ]) {
      await stranger.enqueue({ envelope });
    }
    await stranger.enqueue({ envelope: JSON.stringify({ ...good, more: 1 }) });
    await stranger.enqueue(["evil"]);
    const refused = rig.log.filter(({ message }) => message === "a job that our server did not make was refused");
    expect(refused.map(({ reason }) => reason)).toEqual(["forged", "foreign", "malformed"]);
    // Signed well, but the server never handed it out, or has long had its outcome.
    await stranger.enqueue({ envelope: sealEnvelope(rig.keys.job, body) });
    await rig.logged("a job was not begun");
    expect(bench.executions).toEqual([]);
  });

  it("executes a job once, however often it is put into the queue again", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    await Promise.all([rig.worker(), rig.worker()]);
    const stranger = new Stranger(scene, rig, own);
    const job = bench.job("a");
    const envelope = sealEnvelope(rig.keys.job, writeJob({ job, connection: undefined }, "1.0.0"));
    rig.dispatcher.dispatch(job);
    const { end } = await bench.execution("a");
    for (let again = 0; again < 4; again += 1) await stranger.enqueue({ envelope });
    end();
    expect(await bench.ended("a")).toBe("succeeded");
    for (let again = 0; again < 4; again += 1) await stranger.enqueue({ envelope });
    expect(bench.executions).toHaveLength(1);
    expect(bench.outcomes).toHaveLength(1);
  });

  it("is not spoken for: reports that are forged, or said again, change nothing", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    await rig.worker();
    const stranger = new Stranger(scene, rig, own);
    await stranger.listen();
    const first = bench.job("a");
    rig.dispatcher.dispatch(first);
    const { context, end } = await bench.execution("a");
    await context.checkpoint({ before: 1 });
    end();
    await bench.ended("a");
    const outcome = await until(() => stranger.heard(stranger.reports, '\\"type\\":\\"outcome\\"')[0]);
    // The same effect again, under a newer token: the old words are about the old one.
    rig.dispatcher.dispatch({ ...first, token: first.token + 1000 });
    const again = await bench.execution("a", 1);
    for (const text of stranger.heard(stranger.reports, "")) await stranger.say(stranger.reports, text);
    const forged = outcome.replace(`\\"token\\":${first.token}`, `\\"token\\":${first.token + 1000}`);
    expect(forged).not.toBe(outcome);
    await stranger.say(stranger.reports, forged);
    await stranger.say(stranger.reports, "x".repeat(2_000_000));
    await until(() => (rig.refused.has("too-large") ? true : undefined));
    expect(rig.refused).toEqual(new Set(["replayed", "forged", "too-large"]));
    await again.context.checkpoint({ before: 2 });
    expect(bench.outcomes).toHaveLength(1);
    expect(bench.checkpoints).toEqual([{ before: 1 }, { before: 2 }]);
    again.end();
    await until(() => bench.outcomes.length === 2 || undefined);
  });

  it("is not told by anybody else: answers that are forged are refused", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    await rig.worker();
    const stranger = new Stranger(scene, rig, own);
    const job = bench.job("a");
    rig.dispatcher.dispatch(job);
    const { context, end } = await bench.execution("a");
    const content = { type: "stop", key: "run_1/a/1", token: job.token, reason: "hands up", silently: true };
    const stop = sealEnvelope(newKeys().answer, { epoch: "", worker: "*", received: [], content });
    await stranger.say(`quarterdeck:${rig.keys.job.id}:worker:worker-1`, stop);
    await rig.logged("an answer that our server did not make was refused");
    expect(context.signal.aborted).toBe(false);
    end();
    await bench.ended("a");
  });

  it("that ends hands back what may be repeated, and waits for what may not", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig({ shutdownGraceMs: 5000 });
    const worker = await rig.worker();
    const safe = bench.job("safe");
    rig.dispatcher.dispatch(safe);
    rig.dispatcher.dispatch(bench.job("ask", "test/ask"));
    const [interrupted, asked] = await Promise.all([bench.execution("safe"), bench.execution("ask")]);
    const ended = worker[Symbol.asyncDispose]();
    expect(interrupted.context.signal.aborted).toBe(true);
    expect(asked.context.signal.aborted).toBe(false);
    asked.end();
    await ended;
    expect(await bench.ended("ask")).toBe("succeeded");
    await until(() => bench.handed[0]);
    expect(bench.handed).toEqual([["safe", safe.token]]);
    expect(bench.outcomes.map(([path]) => path)).toEqual(["ask"]);
  });

  it("is not taken for gone while it waits for what may not be interrupted", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig({ shutdownGraceMs: 20_000 });
    const worker = await rig.worker();
    const stranger = new Stranger(scene, rig, own);
    rig.dispatcher.dispatch(bench.job("ask", "test/ask"));
    const { end } = await bench.execution("ask");
    await stranger.listen();
    const ended = worker[Symbol.asyncDispose]();
    // Of silence for as long as eight of them take it would have been gone.
    await until(() => stranger.heard(stranger.reports, '\\"type\\":\\"beat\\"')[8]);
    end();
    await ended;
    expect(await bench.ended("ask")).toBe("succeeded");
  });

  it("that ends before an action that is not safe to repeat has ended leaves it to a person", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    const worker = await rig.worker({ shutdownGraceMs: 1 });
    rig.dispatcher.dispatch(bench.job("ask", "test/ask"));
    await bench.execution("ask");
    await worker[Symbol.asyncDispose]();
    expect(await bench.ended("ask")).toBe("worker.lost");
    expect(bench.handed).toEqual([]);
  });

  it("keeps an action that is not safe to repeat for the next server when its own died", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    await redis.command("ACL", "SETUSER", "first", "on", ">first-password", "~*", "&*", "+@all");
    const first = scene.rig({ url: redis.url.replace("//", "//first:first-password@") });
    const worker = await first.worker({ url: redis.url });
    const [under, over] = [bench.job("under way", "test/ask"), bench.job("over", "test/ask")];
    first.dispatcher.dispatch(under);
    first.dispatcher.dispatch(over);
    const [isUnderWay, isOver] = [await bench.execution("under way"), await bench.execution("over")];
    // To everybody else the server is dead from here on.
    await redis.command("ACL", "SETUSER", "first", "off");
    await redis.command("CLIENT", "KILL", "USER", "first");
    isOver.end();

    const second = scene.rig({ keys: first.keys });
    for (const job of [under, over]) second.dispatcher.dispatch({ ...job, mayHaveBegun: true });
    expect(await bench.ended("over")).toBe("succeeded");
    await isUnderWay.context.checkpoint({ plan: 1 });
    isUnderWay.end();
    expect(await bench.ended("under way")).toBe("succeeded");
    expect([bench.checkpoints, bench.executions.length]).toEqual([[{ plan: 1 }], 2]);
    await worker[Symbol.asyncDispose]();
  });

  it("of an older version leaves what it does not know to another one, visibly", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    const old = new Map([...bench.kinds].filter(([name]) => name !== "test/quick"));
    await rig.worker({ id: "old-one", version: "0.9.0", kinds: old });
    rig.dispatcher.dispatch(bench.job("a", "test/quick"));
    const text = "Waiting for a worker that knows test/quick: old-one (version 0.9.0) cannot";
    await until(() => bench.said.find((said) => said === text));
    await rig.worker({ id: "new-one" });
    expect(await bench.ended("a")).toBe("succeeded");
  });

  it("that nobody else stands in for fails the step after a while, by name and version", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    // Half a minute passes in three seconds, for both of them.
    const clock: Clock = {
      ...systemClock,
      monotonic: () => systemClock.monotonic() * 10,
      setTimer: (delayMs, action) => systemClock.setTimer(delayMs / 10, action),
    };
    const rig = scene.rig({ clock });
    const old = new Map([...bench.kinds].filter(([name]) => name !== "test/quick"));
    await rig.worker({ id: "old-one", version: "0.9.0", kinds: old });
    rig.dispatcher.dispatch(bench.job("a", "test/quick"));
    expect(await bench.ended("a")).toBe("step.unknown-kind");
    expect(bench.said.at(-1)).toBe(
      "No worker that is connected knows test/quick: old-one (version 0.9.0) cannot, and none came within 30 s. " +
        "Run the same version of the program everywhere, then retry.",
    );
  });

  it("fails a step whose output nobody would read", async (own) => {
    const scene = await Scene.open(own);
    const rig = scene.rig();
    await rig.worker();
    rig.dispatcher.dispatch(scene.bench.job("a", "test/large"));
    expect(await scene.bench.ended("a")).toBe("envelope.too-large");
    rig.dispatcher.dispatch({ ...scene.bench.job("b", "test/quick"), input: { text: "x".repeat(2_000_000) } });
    expect(await scene.bench.ended("b")).toBe("envelope.too-large");
  });

  it("hears of a server that starts beside its own, as does whoever reads the log", async (own) => {
    const scene = await Scene.open(own);
    const rig = scene.rig();
    await rig.worker();
    scene.rig({ keys: rig.keys });
    const line = await until(() => rig.log.find(({ message }) => message.startsWith("another server uses this Redis")));
    expect(line.level).toBe("error");
  });
});

describe.skipIf(!hasRedis).concurrent("a job that no worker has taken", () => {
  it("ends at once when it is cancelled, and is not begun later", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    const job = bench.job("a");
    rig.dispatcher.dispatch(job);
    await rig.logged("connected to Redis");
    rig.dispatcher.cancel(job.effect, "the run has moved on");
    expect(await bench.ended("a")).toBe("cancelled");
    await rig.worker();
    rig.dispatcher.dispatch(bench.job("b", "test/quick"));
    await bench.ended("b");
    expect(bench.executions.map(({ path }) => path)).toEqual(["b"]);
  });
});
