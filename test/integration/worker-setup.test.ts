import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";

import { describe, expect, it, onTestFinished } from "vitest";

import { ServerProcess } from "../../src/demo/server-process.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { ANA } from "../support/app-rig.ts";
import { ENTRY, runProgram } from "../support/process-rig.ts";
import { hasRedis, RedisServer } from "../support/redis-server.ts";
import { SECRET, WorkerRig } from "../support/worker-rig.ts";
import { eventually } from "../support/eventually.ts";

const NEWER = "another-secret-that-takes-its-place-some-day";

async function open(): Promise<WorkerRig> {
  const rig = await WorkerRig.open();
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

describe.skipIf(!hasRedis)("a worker", () => {
  it("that lacks a token says which variable is missing, and where", async () => {
    const rig = await open();
    await Promise.all([rig.server(), rig.worker(1, { ARGOCD_TOKEN: "" })]);
    await rig.connected(1);
    await rig.rig.insist(ANA, "/promote checkout abc123 to staging");
    const failed =
      /worker [^ ]+ cannot speak to Argo CD: The secret ARGOCD_TOKEN is to be in the environment variable ARGOCD_TOKEN, which is not set/u;
    await rig.rig.message(
      "the failure",
      ({ text, blocks }) => failed.test(text) || failed.test(JSON.stringify(blocks)),
    );
    expect(rig.front.syncs).toEqual([]);
  });

  it("says that it is ready only when it has reached Redis", async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis[Symbol.asyncDispose]());
    await redis.kill();
    const said: string[] = [];
    const started = ServerProcess.start(
      {
        entry: ENTRY,
        role: "worker",
        cwd: tmpdir(),
        environment: { REDIS_URL: redis.url, QUARTERDECK_SECRET: SECRET },
        onLog: ({ message }) => void said.push(message),
      },
      process.env,
    );
    await eventually(() => expect(said).toContain("Redis cannot be used; everything waits for it and nothing is lost"));
    await redis.start();
    const worker = await started;
    onTestFinished(async () => void (await worker.kill("SIGKILL")));
    expect(said.filter((message) => ["ready", "connected to Redis"].includes(message))).toEqual([
      "connected to Redis",
      "ready",
    ]);
    expect(await worker.kill("SIGTERM")).toBe("exit code 0");
  });

  it("serves its server while their secret is replaced, workers first", async () => {
    const rig = await open();
    const [server, old] = await Promise.all([rig.server(), rig.worker(1)]);
    await rig.connected(1);
    await rig.worker(2, { QUARTERDECK_SECRET: `${NEWER} ${SECRET}` });
    await rig.connected(2);
    await old.kill("SIGTERM");
    expect(await rig.promote("checkout", DEMO_COMMITS.documentation)).toBe(1);
    await server.kill("SIGTERM");
    await rig.server({ QUARTERDECK_SECRET: `${NEWER} ${SECRET}` });
    expect(await rig.promote("checkout", "abc1236")).toBe(1);
    const others = rig.log.filter(({ level }) => level === "error");
    expect(others).toEqual([]);
  });

  it("with another secret is not heard, and people are told that no worker is connected", async () => {
    const rig = await open();
    await Promise.all([rig.server(), rig.worker(1, { QUARTERDECK_SECRET: NEWER })]);
    await rig.rig.insist(ANA, "/promote checkout abc123 to staging");
    await rig.rig.message("why it waits", ({ text, blocks }) => {
      return `${text} ${JSON.stringify(blocks)}`.includes("no worker is connected");
    });
    await rig.worker(2);
    await rig.rig.until("the sync", () => rig.front.syncs.length === 1);
  });
});

describe("the role worker", () => {
  it("says what it needs, and takes no arguments", async () => {
    const bare = await runProgram(["worker"]);
    expect([bare.code, bare.stderr]).toEqual([
      1,
      "REDIS_URL is missing; it is the address of the Redis that the server uses\n" +
        "QUARTERDECK_SECRET is missing; it is the server's own, which is in the file `secret` of its data folder when it is not in its environment\n",
    ]);
    expect((await runProgram(["worker", "--more"])).code).toBe(2);
  });

  it("loads neither a database nor Slack nor Git", async () => {
    const script = `
      import { registerHooks } from "node:module";
      const seen = [];
      registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
      await import(${JSON.stringify(new URL("../../src/app/worker.ts", import.meta.url).href)});
      console.log(JSON.stringify(seen));
      process.exit(0);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      maxBuffer: 16_000_000,
    });
    const loaded: unknown = JSON.parse(stdout);
    expect(loaded).toEqual(expect.arrayContaining([expect.stringContaining("src/dispatch/remote-worker.ts")]));
    // What an address of a repository looks like is known without Git.
    expect(stdout).not.toMatch(
      /better-sqlite3|drizzle|@slack|src\/store|src\/slack|src\/git\/(?!repository-url)|src\/inventory|src\/commands/u,
    );
  });
});
