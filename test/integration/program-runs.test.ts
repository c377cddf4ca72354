import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { LocalPrograms } from "../../src/programs/local-programs.ts";
import type { ProgramEnd, ProgramOrder } from "../../src/programs/program-order.ts";
import { eventually } from "../support/eventually.ts";

const CHILD = new URL("../support/program-owner-child.ts", import.meta.url).pathname;
const Told = z.object({ exitCode: z.int(), isCut: z.boolean(), lines: z.int(), mib: z.number() });

const isLinux = process.platform === "linux";
const STOP = { signal: "SIGTERM", graceMs: 300 } as const;

let folder: string;
let programs: LocalPrograms;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck programs "));
  programs = open();
});
afterEach(async () => {
  await programs[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function open(environment: Record<string, string | undefined> = process.env): LocalPrograms {
  return new LocalPrograms({ folder, environment, clock: systemClock, logger: silentLogger });
}

function run(program: string, args: readonly string[], more: Partial<ProgramOrder> = {}): Promise<ProgramEnd> {
  return programs.run({ program, args, folder, signal: new AbortController().signal, ...more });
}

function sh(script: string, more: Partial<ProgramOrder> = {}): Promise<ProgramEnd> {
  return run("sh", ["-c", script], more);
}

/** The state of a process: undefined when it is gone, or has ended and only waits to be collected. */
async function stateOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  const state = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[0];
  return state === "Z" || state === "X" ? undefined : state;
}

async function numberIn(file: string): Promise<number> {
  const look = async (): Promise<number> => {
    const text = (await readFile(join(folder, file), "utf8")).trim();
    if (!/^\d+$/u.test(text)) throw new Error("not yet");
    return Number(text);
  };
  // On a busy machine another Node takes seconds to begin.
  return await eventually(look);
}

describe("a program", () => {
  it("gets its arguments one by one, whatever is in them", async () => {
    const args = ["a b", "$HOME", "; rm -rf /", "`id`", "*", "", "ü\n"];
    const end = await run("node", ["-e", "console.log(JSON.stringify(process.argv.slice(1)))", "--", ...args]);
    expect(JSON.parse(end.stdout)).toEqual(args);
  });

  it("sees nothing of our environment but what it needs, and what is named", async () => {
    programs = open({
      PATH: process.env["PATH"],
      SLACK_BOT_TOKEN: "xoxb-canary",
      LANG: "de_DE.UTF-8",
      TMPDIR: "/var/tmp",
    });
    const end = await run("node", ["-p", "JSON.stringify(process.env)"], { env: { TF_VAR_region: "eu" } });
    const { QUARTERDECK_PROGRAM: mark, ...environment } = z
      .record(z.string(), z.string())
      .parse(JSON.parse(end.stdout));
    expect(mark).toMatch(/^[0-9a-f]{16}\//u);
    expect(environment).toEqual({
      PATH: process.env["PATH"],
      HOME: folder,
      LANG: "de_DE.UTF-8",
      TMPDIR: "/var/tmp",
      TF_VAR_region: "eu",
    });
  });

  it("reads what it is given, and nothing otherwise", async () => {
    expect((await run("cat", [], { input: "given" })).stdout).toBe("given");
    expect((await run("cat", [])).stdout).toBe("");
  });

  it("says how it ended, with what it wrote to each of its outputs", async () => {
    const lines: string[] = [];
    const onLine = (line: string, from: string): void => void lines.push(`${from}: ${line}`);
    const end = await sh("echo out; echo err >&2; printf last; exit 3", { onLine });
    expect(end).toEqual({ exitCode: 3, endedBy: undefined, stdout: "out\nlast", stderr: "err\n", isCut: false });
    expect(lines.toSorted()).toEqual(["stderr: err", "stdout: last", "stdout: out"]);
    expect(await sh("kill -9 $$")).toMatchObject({ exitCode: undefined, endedBy: "SIGKILL" });
  });

  it("may write what is no text", async () => {
    const { stdout } = await sh(String.raw`printf 'a\377\376b\n\303'`);
    expect(stdout).toBe("a\uFFFD\uFFFDb\n\uFFFD");
  });

  it("that is not there is named, wherever it was to be", async () => {
    const missing = { code: "program.missing", details: { program: "no-such-tool" } };
    await expect(run("no-such-tool", [])).rejects.toMatchObject(missing);
    await expect(run("/nowhere/tool", [])).rejects.toMatchObject({ code: "program.missing" });
    await writeFile(join(folder, "tool"), "#!/bin/sh\n");
    // Not executable, and a working folder is no place to look in.
    await expect(run(join(folder, "tool"), [])).rejects.toMatchObject({ code: "program.missing" });
    await expect(run("./tool", [])).rejects.toMatchObject({ code: "program.missing" });
    await expect(run("tool", [], { env: { PATH: ".:" } })).rejects.toMatchObject({ code: "program.missing" });
  });

  it("that cannot be started says why", async () => {
    const gone = run("true", [], { folder: join(folder, "gone") });
    await expect(gone).rejects.toMatchObject({ code: "program.unusable" });
    await expect(run("true", ["a\0b"])).rejects.toMatchObject({ code: "program.argument" });
  });

  it("is waited for when it has closed its outputs", async () => {
    const end = await sh("exec >&- 2>&-; sleep 0.2; echo done > done");
    expect(end.exitCode).toBe(0);
    expect(await readFile(join(folder, "done"), "utf8")).toBe("done\n");
  });

  it("is not waited for because of others that have its outputs, and those are ended", async () => {
    const end = await sh("sleep 300 & echo $! > child; echo said; exit 0");
    expect(end).toMatchObject({ exitCode: 0, stdout: "said\n" });
    expect(await stateOf(await numberIn("child"))).toBeUndefined();
  });

  it.runIf(isLinux)("leaves nobody behind who went into a session of their own", async () => {
    const script = "require('child_process').spawn('sleep',['300'],{detached:true,stdio:'ignore'}).unref()";
    await sh(`setsid sh -c 'echo $$ > child; exec sleep 300' & node -e "${script}"; sleep 0.2`);
    expect(await stateOf(await numberIn("child"))).toBeUndefined();
  });
});

describe("a program that is stopped", () => {
  it("is told as its order says, and may save what it must", async () => {
    const stop = new AbortController();
    const reason = new Error("the run was cancelled");
    const running = sh("trap 'echo saved > state; exit 0' INT; echo $$ > started; sleep 300 & wait", {
      signal: stop.signal,
      stop: { signal: "SIGINT", graceMs: 10_000 },
    });
    await numberIn("started");
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(await readFile(join(folder, "state"), "utf8")).toBe("saved\n");
  });

  it("is dead with all that it started within a second after its grace, whatever it ignores", async () => {
    const stop = new AbortController();
    const stubborn = "trap '' TERM INT HUP; while true; do sleep 300; done";
    const running = sh(`sh -c "trap '' TERM; echo \\$\\$ > child; sleep 300; sleep 300" & ${stubborn}`, {
      signal: stop.signal,
      stop: STOP,
    });
    const child = await numberIn("child");
    const at = performance.now();
    stop.abort(new Error("the run was cancelled"));
    await expect(running).rejects.toThrow("the run was cancelled");
    expect(performance.now() - at).toBeLessThan(STOP.graceMs + 1000);
    expect(await stateOf(child)).toBeUndefined();
  });

  it("is not even started when that was before", async () => {
    const signal = AbortSignal.abort(new Error("not wanted"));
    await expect(sh("echo > started", { signal })).rejects.toThrow("not wanted");
    await expect(readFile(join(folder, "started"))).rejects.toThrow("ENOENT");
  });

  it("is stopped by the end of the process that runs it, too", async () => {
    const running = sh("echo $$ > started; sleep 300", { stop: STOP });
    const ended = running.catch((error: unknown) => error);
    const pid = await numberIn("started");
    await programs[Symbol.asyncDispose]();
    expect(await ended).toMatchObject({ code: "program.closing" });
    expect(await stateOf(pid)).toBeUndefined();
  });

  it.runIf(isLinux)(
    "and was left behind by a process that was killed, is ended by the next one before anything is run",
    async () => {
      const script = "trap 'echo told > told; exit 0' TERM; echo $$ > started; sleep 300 & wait";
      const owner = execa("node", [CHILD, folder, "sh", "-c", script], { reject: false, cleanup: true });
      const left = await numberIn("started");
      owner.kill("SIGKILL");
      await owner;
      expect(await stateOf(left)).toBeDefined();
      expect((await run("cat", ["told"])).stdout).toBe("told\n");
      expect(await stateOf(left)).toBeUndefined();
    },
  );

  it.runIf(isLinux)("is left alone while the process that started it lives", async () => {
    const owner = execa("node", [CHILD, folder, "sh", "-c", "echo $$ > started; sleep 300"], { reject: false });
    const working = await numberIn("started");
    await run("true", []);
    expect(await stateOf(working)).toBeDefined();
    owner.kill("SIGKILL");
    await owner;
    await open().run({ program: "true", args: [], folder, signal: new AbortController().signal });
    expect(await stateOf(working)).toBeUndefined();
  });
});

describe("a gibibyte of output", () => {
  it.each([
    ["without a line end", "head -c 1073741824 /dev/zero", 1],
    [
      "of short lines",
      "yes 0123456789012345678901234567890123456789012345678901234567890 | head -c 1073741824",
      17_000_000,
    ],
  ])("%s takes at most 32 MiB of memory", { timeout: 120_000 }, async (_what, script, leastLines) => {
    const { stdout } = await execa("node", [CHILD, folder, "sh", "-c", script]);
    const told = Told.parse(JSON.parse(stdout.split("\n").at(-1) ?? ""));
    console.log(`1 GiB ${_what}: ${told.mib.toFixed(1)} MiB`);
    expect(told).toMatchObject({ exitCode: 0, isCut: true });
    expect(told.lines).toBeGreaterThanOrEqual(leastLines);
    expect(told.mib).toBeLessThanOrEqual(32);
  });
});
