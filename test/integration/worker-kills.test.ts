import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ServerProcess } from "../../src/demo/server-process.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { Passing } from "../support/argocd-front.ts";
import { hasRedis } from "../support/redis-server.ts";
import { WorkerRig, workerToken } from "../support/worker-rig.ts";

interface More {
  readonly first?: () => void;
  /** How much later it is killed; in this very moment when absent. */
  readonly deadAfterMs?: number;
  readonly afterwards?: () => void;
}

const isSync = ({ method, path }: Passing): boolean => method === "POST" && path.includes("/sync");

describe.skipIf(!hasRedis)("a worker that is killed while it executes a sync", () => {
  let rig: WorkerRig;
  const workers: ServerProcess[] = [];

  beforeAll(async () => {
    rig = await WorkerRig.open();
    const started = await Promise.all([rig.server(), rig.worker(1), rig.worker(2)]);
    workers.push(...started.slice(1));
    await rig.connected(2);
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  /** Kills whichever worker comes first to where `hook` lets the test have its say, and starts another one in its place. */
  function killAt(hook: "before" | "after", fits: (passing: Passing) => boolean, more: More = {}): Promise<void> {
    const killed = Promise.withResolvers<void>();
    rig.front[hook] = async (passing) => {
      const index = workers.findIndex((_worker, number) => passing.token === workerToken(number + 1));
      if (index === -1 || !fits(passing)) return;
      rig.front[hook] = () => undefined;
      const kill = async (): Promise<void> => {
        await workers[index]?.kill("SIGKILL");
        more.afterwards?.();
        workers[index] = await rig.worker(index + 1);
        killed.resolve();
      };
      more.first?.();
      if (more.deadAfterMs === undefined) await kill();
      else setTimeout(() => void kill(), more.deadAfterMs);
    };
    return killed.promise;
  }

  it("before it wrote down its checkpoint: the other one does it", async () => {
    const killed = killAt("before", ({ method }) => method === "GET");
    expect(await rig.promote("checkout", DEMO_COMMITS.documentation)).toBe(1);
    await killed;
  });

  it("after its checkpoint, before Argo CD heard of it: the other one does it", async () => {
    const killed = killAt("before", isSync);
    expect(await rig.promote("web", "abc1236")).toBe(1);
    await killed;
  });

  it("after Argo CD took it, before the answer: the other one finds it and does nothing", async () => {
    const killed = killAt("after", isSync);
    expect(await rig.promote("payments", "abc1236")).toBe(1);
    await killed;
  });

  it("after the answer, before the server heard of it: the other one finds it and does nothing", async () => {
    const killed = killAt("after", isSync, {
      first: () => rig.redis.signal("SIGSTOP"),
      // It has the answer, and nobody to tell.
      deadAfterMs: 200,
      afterwards: () => rig.redis.signal("SIGCONT"),
    });
    expect(await rig.promote("checkout", DEMO_COMMITS.hostileSubject)).toBe(1);
    await killed;
  });
});
