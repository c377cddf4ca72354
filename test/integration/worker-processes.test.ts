import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import type { ServerProcess } from "../../src/demo/server-process.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { Passing } from "../support/argocd-front.ts";
import { ANA, PRIYA } from "../support/app-rig.ts";
import { hasRedis } from "../support/redis-server.ts";
import { SECRET, WorkerRig, workerToken } from "../support/worker-rig.ts";

const isSync = ({ method, path }: Passing): boolean => method === "POST" && path.includes("/sync");

describe.skipIf(!hasRedis)("a server with workers in other processes", () => {
  let rig: WorkerRig;
  let server: ServerProcess;
  let closeMonitor = (): void => undefined;
  const workers: ServerProcess[] = [];
  /** Everything that Redis was told, until it was killed. */
  const commands: string[] = [];

  beforeAll(async () => {
    rig = await WorkerRig.open();
    const monitor = await rig.redis.client().monitor();
    monitor.on("monitor", (_time: string, words: readonly string[]) => commands.push(words.join(" ")));
    monitor.on("error", () => undefined);
    closeMonitor = () => monitor.disconnect();
    const [started, ...both] = await Promise.all([rig.server(), rig.worker(1), rig.worker(2)]);
    server = started;
    workers.push(...both);
    await rig.connected(2);
  });
  afterAll(async () => {
    closeMonitor();
    await rig[Symbol.asyncDispose]();
  });

  /** Lets a worker that comes to where `fits` holds stand still for so long there, and resolves when it goes on. */
  function standStillAt(fits: (passing: Passing) => boolean, ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    rig.front.before = async (passing) => {
      const worker = workers[[1, 2].findIndex((number) => passing.token === workerToken(number))];
      if (worker === undefined || !fits(passing)) return;
      rig.front.before = () => undefined;
      process.kill(worker.pid, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, ms));
      process.kill(worker.pid, "SIGCONT");
      over.resolve();
    };
    return over.promise;
  }

  const gone = (): number => rig.rig.log.filter(({ message }) => message.startsWith("a worker is gone")).length;

  it("leaves its work to a worker that stands still for less than two seconds", async () => {
    const over = standStillAt(isSync, 1800);
    expect(await rig.promote("web", DEMO_COMMITS.documentation)).toBe(1);
    await over;
    expect(gone()).toBe(0);
  });

  it("gives it to another one after that; who comes back finds that it may do nothing more", async () => {
    let isBack = false;
    const over = standStillAt(({ method }) => method === "GET", 8000).then(() => (isBack = true));
    expect(await rig.promote("web", "abc1236")).toBe(1);
    expect(isBack).toBe(false);
    expect(gone()).toBe(1);
    await over;
    const executed = (): number => rig.log.filter(({ message }) => message === "a step was executed").length;
    await rig.rig.until("both to have ended", () => executed() >= 3);
    expect(rig.front.syncs.filter((name) => name === "web-staging")).toHaveLength(2);
  });

  it("has a promotion to prod done with a Redis that is emptied and killed in the middle", async () => {
    await rig.rig.insist(ANA, "/promote checkout abc123 to prod");
    const gate = await rig.rig.message("the gate", ({ blocks, threadTs }) => {
      return threadTs !== undefined && JSON.stringify(blocks).includes("gate_approve");
    });
    // What waits for people leaves nothing of it there.
    const keys = await rig.redis.command("KEYS", "*");
    for (const key of z.array(z.string()).parse(keys))
      expect(key).toMatch(/:jobs:(?:meta|id|events|marker|stalled-check)$/u);
    rig.front.before = async (passing) => {
      if (!isSync(passing)) return;
      rig.front.before = () => undefined;
      await rig.redis.command("FLUSHALL");
      await rig.redis.kill();
      setTimeout(() => void rig.redis.start(), 1000);
    };
    await rig.rig.press(PRIYA, gate, "gate_approve");
    const isDone = /Promote checkout abc1236 to prod: succeeded/u;
    await rig.rig.message("checkout in prod", ({ text, threadTs }) => threadTs === undefined && isDone.test(text));
    expect(rig.front.syncs.filter((name) => name === "checkout-prod")).toHaveLength(1);
  });

  it("may be killed while a worker is at work: what it finds again is handed out anew, and done once", async () => {
    const restarted = Promise.withResolvers<void>();
    rig.front.after = async (passing) => {
      if (!isSync(passing)) return;
      rig.front.after = () => undefined;
      await server.kill("SIGKILL");
      server = await rig.server();
      restarted.resolve();
    };
    expect(await rig.promote("payments", DEMO_COMMITS.documentation)).toBe(1);
    await restarted.promise;
  });

  it("is told at once by a worker that is ended, which hands back what it has", async () => {
    const [before, ended] = [gone(), Promise.withResolvers<string>()];
    rig.front.before = async (passing) => {
      const index = [1, 2].findIndex((number) => passing.token === workerToken(number));
      if (index === -1 || passing.method !== "GET") return;
      rig.front.before = () => undefined;
      ended.resolve((await workers[index]?.kill("SIGTERM")) ?? "");
    };
    expect(await rig.promote("payments", "abc1236")).toBe(1);
    expect(await ended.promise).toBe("exit code 0");
    const told = rig.rig.log.find(({ message }) => message === "a worker has ended");
    expect(told?.["handedBack"]).toEqual([expect.stringContaining("for-each[staging]/sync/1")]);
    expect(gone()).toBe(before);
  });

  it("keeps no secret in Redis, nor do its workers in their logs", async () => {
    expect(commands.some((command) => command.includes("web-staging"))).toBe(true);
    const text = [...commands, JSON.stringify(rig.log), JSON.stringify(rig.rig.log)].join("\n");
    for (const secret of [SECRET, workerToken(1), workerToken(2), rig.rig.world.environment["ARGOCD_TOKEN"] ?? ""]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString("base64"));
    }
  });
});
