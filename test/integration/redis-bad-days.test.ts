import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import { Scene, until } from "../support/dispatch-scene.ts";
import { hasRedis } from "../support/redis-server.ts";

describe.skipIf(!hasRedis).concurrent("jobs through a Redis", () => {
  it("that is emptied in the middle are all executed once, within five seconds", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    const rig = scene.rig();
    await rig.worker({ concurrency: 1 });
    for (const path of ["a", "b", "c"]) rig.dispatcher.dispatch(bench.job(path));
    const first = await bench.execution("a");
    await redis.command("FLUSHALL");
    const began = performance.now();
    first.end();
    (await bench.execution("b")).end();
    (await bench.execution("c")).end();
    await until(() => bench.outcomes.length === 3 || undefined);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(bench.executions.map(({ path }) => path)).toEqual(["a", "b", "c"]);
    expect(bench.handed).toEqual([]);
  });

  it("that is killed and comes back empty go on within five seconds, those under way included", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    const rig = scene.rig();
    await rig.worker({ concurrency: 1 });
    for (const path of ["a", "b"]) rig.dispatcher.dispatch(bench.job(path));
    const first = await bench.execution("a");
    await redis.kill();
    rig.dispatcher.dispatch(bench.job("c"));
    await rig.logged("Redis cannot be used; everything waits for it and nothing is lost");
    await until(() => bench.said.find((text) => text.startsWith("Waiting for Redis: ")));
    first.end();
    await redis.start();
    const began = performance.now();
    for (const path of ["b", "c"]) (await bench.execution(path)).end();
    await until(() => bench.outcomes.length === 3 || undefined);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(bench.executions.map(({ path }) => path).toSorted()).toEqual(["a", "b", "c"]);
    expect(bench.handed).toEqual([]);
  });

  it("that stands still for seconds are not taken from the worker that has them", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    const rig = scene.rig();
    await rig.worker();
    rig.dispatcher.dispatch(bench.job("a"));
    const { context, end } = await bench.execution("a");
    redis.signal("SIGSTOP");
    const checkpoint = context.checkpoint({ before: 7 });
    setTimeout(() => redis.signal("SIGCONT"), 4000);
    await checkpoint;
    end();
    expect(await bench.ended("a")).toBe("succeeded");
    expect(bench.checkpoints).toEqual([{ before: 7 }]);
    expect(bench.handed).toEqual([]);
  });

  it("that is away when the server starts wait, and say so", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    await redis.kill();
    const rig = scene.rig();
    rig.dispatcher.dispatch(bench.job("a", "test/quick"));
    const worker = rig.worker();
    await until(() => bench.said.find((text) => /Waiting for Redis: it cannot be reached/u.test(text)));
    await redis.start();
    await worker;
    expect(await bench.ended("a")).toBe("succeeded");
  });

  it("wait for a worker, and say so", async (own) => {
    const scene = await Scene.open(own);
    const { bench } = scene;
    const rig = scene.rig();
    rig.dispatcher.dispatch(bench.job("a", "test/quick"));
    await until(() => bench.said.find((text) => text === "Waiting: no worker is connected"));
    await rig.worker();
    expect(await bench.ended("a")).toBe("succeeded");
  });

  it("that is full wait until there is room, while what is under way ends", async (own) => {
    const scene = await Scene.open(own, "--maxmemory-policy", "noeviction");
    const { bench, redis } = scene;
    const rig = scene.rig();
    await rig.worker();
    rig.dispatcher.dispatch(bench.job("a"));
    const { context, end } = await bench.execution("a");
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    await context.checkpoint({ before: 1 });
    end();
    expect(await bench.ended("a")).toBe("succeeded");
    rig.dispatcher.dispatch(bench.job("b", "test/quick"));
    await until(() => bench.said.find((text) => text === "Waiting for Redis: it is full (maxmemory)"));
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    expect(await bench.ended("b")).toBe("succeeded");
  });

  it("that is a read-only replica wait until it is not", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    const rig = scene.rig();
    await rig.worker();
    await redis.command("REPLICAOF", "127.0.0.1", "1");
    rig.dispatcher.dispatch(bench.job("a", "test/quick"));
    await until(() => bench.said.find((text) => /Waiting for Redis: /u.test(text)));
    await redis.command("REPLICAOF", "NO", "ONE");
    expect(await bench.ended("a")).toBe("succeeded");
  });

  it("whose password is another one wait, and say why without the password", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    await redis.command("CONFIG", "SET", "requirepass", "right-password");
    const rig = scene.rig({ url: redis.url.replace("//", "//:wrong-password@") });
    rig.dispatcher.dispatch(bench.job("a", "test/quick"));
    const line = await rig.logged("Redis cannot be used; everything waits for it and nothing is lost");
    expect(line["why"]).toBe("it does not accept the user name and password");
    await until(() => bench.said.find((text) => /does not accept the user name and password/u.test(text)));
    expect(JSON.stringify([rig.log, bench.said])).not.toContain("wrong-password");
    expect(rig.log.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("that others use too touch nothing of theirs, and leave next to nothing", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    const client = redis.client();
    own.onTestFinished(() => client.disconnect());
    await client.set("bull:jobs:wait", "theirs");
    await client.set("quarterdeck", "theirs");
    const rig = scene.rig();
    await rig.worker();
    const memory = async (): Promise<number> => {
      const keys = (await client.keys("*")).filter((key) => !key.endsWith(":events"));
      const sizes = await Promise.all(keys.map((key) => client.memory("USAGE", key)));
      return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    };
    const run = async (from: number): Promise<number> => {
      for (let index = from; index < from + 100; index += 1)
        rig.dispatcher.dispatch(bench.job(`s${index}`, "test/quick"));
      await until(() => bench.outcomes.length === from + 100 || undefined);
      return await memory();
    };
    const [first] = [await run(0), await run(100)];
    const last = await run(200);
    expect(last).toBeLessThan(first + 2000);
    expect((await client.keys("*")).filter((key) => !key.startsWith(`quarterdeck:${rig.keys.job.id}:`))).toEqual(
      expect.arrayContaining(["bull:jobs:wait", "quarterdeck"]),
    );
    expect(await client.xlen(`quarterdeck:${rig.keys.job.id}:jobs:events`)).toBeLessThan(400);
    await rig[Symbol.asyncDispose]();
    expect(await client.mget("bull:jobs:wait", "quarterdeck")).toEqual(["theirs", "theirs"]);
  });

  it("whose user may do only what the documentation says is all that is needed", async (own) => {
    const scene = await Scene.open(own);
    const { bench, redis } = scene;
    const text = await readFile(new URL("../../docs/workers.md", import.meta.url), "utf8");
    const [, name = "", ...rules] = /^user .*$/mu.exec(text)?.[0].split(" ") ?? [];
    await redis.command("ACL", "SETUSER", name, ...rules);
    const rig = scene.rig({ url: redis.url.replace("//", `//${name}:PASSWORD@`) });
    await rig.worker();
    rig.dispatcher.dispatch(bench.job("a"));
    const { context, end } = await bench.execution("a");
    await context.checkpoint({ before: 1 });
    end();
    expect(await bench.ended("a")).toBe("succeeded");
    expect(rig.log.filter(({ level }) => level !== "debug" && level !== "info")).toEqual([]);
    const errors = rig.log.filter(({ message }) => message === "a job could not be fetched");
    expect(errors).toEqual([]);
  });
});
