import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ProgramEnd, ProgramOrder } from "../../../../src/programs/program-order.ts";
import type { AllowedProgram } from "../../../../src/steps/program/allowed-program.ts";
import { programRun } from "../../../../src/steps/program/program-run.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { StepBench } from "../../../support/step-bench.ts";

const ENDED: ProgramEnd = { exitCode: 0, endedBy: undefined, stdout: "all good\n", stderr: "", isCut: false };

const LINT: AllowedProgram = {
  path: "/usr/local/bin/lint",
  args: ["--strict"],
  options: false,
  env: { MODE: "ci" },
  variables: ["API_TOKEN"],
  repeat: "ask",
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quarterdeck-program-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

class Rig {
  readonly orders: ProgramOrder[] = [];
  readonly clock = new FakeClock();
  readonly bench: StepBench;
  lint: AllowedProgram = LINT;
  end: (order: ProgramOrder) => ProgramEnd | Promise<ProgramEnd> = () => ENDED;

  constructor() {
    const kind = programRun({
      clock: this.clock,
      programs: {
        run: async (order) => {
          this.orders.push(order);
          return await this.end(order);
        },
      },
      folders: { use: (_wanted, work) => work(folder) },
      preparation: {
        allowedProgram: (name) => (name === "lint" ? this.lint : undefined),
        exportFolder: () => Promise.reject(new Error("nothing is exported here")),
      },
    });
    this.bench = new StepBench(kind);
  }
}

describe("program/run", () => {
  it("runs the program of the configuration with the arguments and variables of the step", async () => {
    const rig = new Rig();
    const env = { API_TOKEN: "hunter2-hunter2" };
    const outcome = await rig.bench.run({ program: "lint", args: ["src", "a b; rm -rf /"], env, stdin: "in" });
    expect(outcome).toEqual({ status: "succeeded", output: { text: "all good", exitCode: 0 } });
    expect(rig.orders).toMatchObject([
      {
        program: "/usr/local/bin/lint",
        args: ["--strict", "src", "a b; rm -rf /"],
        env: { MODE: "ci", API_TOKEN: "hunter2-hunter2" },
        input: "in",
        folder,
      },
    ]);
  });

  it.each([
    ["a program that the configuration does not have", { program: "bash" }, "program.not-allowed"],
    ["an argument that would be an option", { program: "lint", args: ["src", "--fix"] }, "program.option-refused"],
    ["a variable that steps may not set", { program: "lint", env: { PATH: "/evil" } }, "program.variable-refused"],
  ])("refuses %s before a job is made", async (_what, input, code) => {
    const rig = new Rig();
    await expect(rig.bench.run(input)).rejects.toMatchObject({ code });
    expect(rig.orders).toEqual([]);
  });

  it("takes options where the configuration allows them", async () => {
    const rig = new Rig();
    rig.lint = { ...LINT, options: true };
    expect(await rig.bench.run({ program: "lint", args: ["--fix"] })).toMatchObject({ status: "succeeded" });
  });

  it("fails with another exit code than those of a success, and says what was printed last", async () => {
    const rig = new Rig();
    rig.end = ({ onLine }) => {
      onLine?.("src/a.ts: unused", "stdout");
      onLine?.("2 problems", "stderr");
      return { ...ENDED, exitCode: 3 };
    };
    const failed = await rig.bench.failure({ program: "lint" });
    expect(failed).toMatchObject({ code: "program.failed", retry: "backoff", details: { exitCode: 3 } });
    expect(failed.message).toBe("lint ended with 3. It said last: 2 problems");
    expect(rig.bench.artifacts.text("log")).toBe("src/a.ts: unused\n2 problems\n");
    rig.bench.attempt = 2;
    const input = { program: "lint", "success-codes": [0, 3] };
    expect(await rig.bench.output(input)).toMatchObject({ exitCode: 3 });
  });

  it("tells what it prints, but not more often than people read", async () => {
    const rig = new Rig();
    rig.end = async ({ onLine }) => {
      for (let line = 0; line < 1000; line += 1) onLine?.(`line ${line}`, "stdout");
      await rig.clock.advance(1000);
      onLine?.("the end", "stdout");
      return ENDED;
    };
    await rig.bench.run({ program: "lint" });
    expect(rig.bench.progress.map(({ lines }) => lines?.at(-1))).toEqual(["line 0", "the end"]);
  });

  it("fails when a signal ended it", async () => {
    const rig = new Rig();
    rig.end = () => ({ ...ENDED, exitCode: undefined, endedBy: "SIGKILL" });
    expect(await rig.bench.failure({ program: "lint" })).toMatchObject({ code: "program.killed", retry: "never" });
  });

  it("is left to a person when it was cut short, unless it is safe to repeat", async () => {
    const rig = new Rig();
    rig.end = () => Promise.reject(new Error("the process is killed"));
    await rig.bench.run({ program: "lint" });
    expect(await rig.bench.failure({ program: "lint" })).toMatchObject({ code: "step.interrupted", retry: "never" });
    expect(rig.orders).toHaveLength(1);
    rig.lint = { ...LINT, repeat: "safe" };
    rig.end = () => ENDED;
    expect(await rig.bench.run({ program: "lint" })).toMatchObject({ status: "succeeded" });
  });

  it("is run again under a new attempt, which somebody asked for", async () => {
    const rig = new Rig();
    rig.end = () => Promise.reject(new Error("the process is killed"));
    await rig.bench.run({ program: "lint" });
    rig.end = () => ENDED;
    rig.bench.attempt = 2;
    expect(await rig.bench.run({ program: "lint" })).toMatchObject({ status: "succeeded" });
  });

  it("runs nothing else than the file with the digest of the configuration", async () => {
    const rig = new Rig();
    rig.lint = { ...LINT, path: import.meta.filename, sha256: "0".repeat(64) };
    expect(await rig.bench.failure({ program: "lint" })).toMatchObject({ code: "program.altered" });
    rig.lint = { ...LINT, path: "/nowhere/lint", sha256: "0".repeat(64) };
    expect(await rig.bench.failure({ program: "lint" })).toMatchObject({ code: "program.missing" });
    expect(rig.orders).toEqual([]);
  });

  it("leaves nothing in its folder", async () => {
    const rig = new Rig();
    await rig.bench.run({ program: "lint" });
    expect(await readdir(folder)).toEqual([]);
  });
});
