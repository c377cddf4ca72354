import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { ProgramEnd } from "../../../../src/programs/program-order.ts";
import { trivyImage } from "../../../../src/steps/trivy/trivy-image.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { recording, ToolBench } from "../../../support/tool-bench.ts";

const DIRTY = "registry.example.com/checkout@sha256:7d5225e2801d8c75facfbd98b49a74b7f73606c6dcae95334add95e6c5bf2e0c";
const CLEAN = "registry.example.com/checkout@sha256:f08b292f7d6332341c725db947365182e5d6d933467417d8bf548dc4fd59b9f3";
const OLD = { "end-of-life": "allow" };

const FINDINGS = {
  exitCode: 3,
  stdout: recording("trivy/image-findings.json"),
  stderr: recording("trivy/image-findings.stderr"),
};
const NONE = {
  exitCode: 0,
  stdout: recording("trivy/image-clean.json"),
  stderr: recording("trivy/image-clean.stderr"),
};

async function bench(answer: Partial<ProgramEnd>): Promise<{ tools: ToolBench; step: StepBench } & AsyncDisposable> {
  const tools = await ToolBench.open(() => answer);
  const step = new StepBench(trivyImage(tools.deps));
  return { tools, step, [Symbol.asyncDispose]: () => tools[Symbol.asyncDispose]() };
}

/** What the tests change of a report. */
interface Report {
  SchemaVersion: number;
  ArtifactName: string;
  Metadata: { OS?: unknown; RepoDigests: string[] };
  Results?: { Class: string; Packages: unknown }[];
}

/** Its only result. */
function resultOf({ Results: [result] = [] }: Report): { Class: string; Packages: unknown } {
  if (result === undefined) throw new TypeError("the recorded report has a result");
  return result;
}

/** The clean report with something of it changed. */
function changed(change: (report: Report) => void): Partial<ProgramEnd> {
  const report: Report = JSON.parse(NONE.stdout);
  change(report);
  return { ...NONE, stdout: JSON.stringify(report) };
}

describe("trivy/image", () => {
  it("fails on what is beyond a threshold, names the worst five, and keeps the report", async () => {
    await using rig = await bench(FINDINGS);
    const outcome = await rig.step.run({ image: DIRTY, ...OLD, "fail-on": { critical: 0, high: 5 } });
    expect(outcome).toMatchObject({
      status: "failed",
      failure: {
        code: "trivy.findings",
        retry: "never",
        message: expect.stringContaining("checkout@sha256:7d5225e2801d has 2 critical (0 allowed)"),
      },
    });
    const { details } = outcome.status === "failed" ? outcome.failure : {};
    expect(details?.["counts"]).toMatchObject({ critical: 2, medium: 3 });
    expect(details?.["worst"]).toHaveLength(5);
    expect(JSON.stringify(outcome)).toContain("CVE-2019-14697 (critical) in musl 1.1.20-r4, fixed in 1.1.20-r5");
    expect(rig.step.artifacts.text("trivy-report.json")).toContain("CVE-2019-14697");
    expect(rig.step.artifacts.text("log")).toContain("Detected OS");
  });

  it("succeeds within the thresholds, and says what was found for an approval", async () => {
    await using rig = await bench(FINDINGS);
    const output = await rig.step.output({ image: DIRTY, ...OLD, "fail-on": { critical: 2 } });
    expect(output).toMatchObject({
      image: DIRTY,
      digest: DIRTY.split("@")[1],
      counts: { critical: 2, medium: 3 },
      system: { family: "alpine", version: "3.10.2", endOfLife: true },
      check: {
        name: "trivy/image checkout@sha256:7d5225e2801d",
        result: "2 critical, 3 medium (alpine 3.10.2 gets no fixes any more)",
      },
    });
    expect(await rig.tools.leftovers()).toEqual([]);
  });

  it("takes a whole report with nothing in it for clean", async () => {
    await using rig = await bench(NONE);
    expect(await rig.step.output({ image: CLEAN, ...OLD })).toMatchObject({
      counts: { critical: 0, high: 0, medium: 0, low: 0, unknown: 0 },
      worst: [],
    });
  });

  it("asks for findings by an exit code that no error has, from the registry alone, and hands nothing in as an option", async () => {
    await using rig = await bench(NONE);
    await rig.step.run({ image: CLEAN, ...OLD, database: { offline: true, repository: "mirror.example.com/db:2" } });
    const { args, env } = rig.tools.last.order;
    expect(args).toEqual(expect.arrayContaining(["--exit-code=3", "--image-src=remote", "--scanners=vuln"]));
    expect(args.at(-1)).toBe(CLEAN);
    expect(env).toMatchObject({ TRIVY_SKIP_DB_UPDATE: "true", TRIVY_DB_REPOSITORY: "mirror.example.com/db:2" });
  });

  it("gives the scanner no secret but the credentials of the one registry, in a file of its own", async () => {
    await using rig = await bench(FINDINGS);
    const password = "a-password-of-the-registry";
    const outcome = await rig.step.run({ image: DIRTY, ...OLD, registry: { user: "scanner", password } });
    const { order, files } = rig.tools.last;
    const auth = Buffer.from(`scanner:${password}`).toString("base64");
    expect(files["docker/config.json"]).toBe(JSON.stringify({ auths: { "registry.example.com": { auth } } }));
    expect(JSON.stringify([order.args, order.env, outcome])).not.toContain(password);
    expect(await rig.tools.leftovers()).toEqual([]);
  });

  it.each([
    ["registry.example.com/checkout:1.4.2", "image/resolve"],
    ["--config=/etc/passwd", "no image"],
    ["registry.example.com/checkout@sha256:abc", "no image"],
  ])("refuses %s before anything runs", async (image, said) => {
    await using rig = await bench(NONE);
    const failure = await rig.step.failure({ image });
    expect(failure.message).toContain(said);
    expect(rig.tools.seen).toEqual([]);
  });

  it("lets a finding pass that is on the list with a reason, until its last day", async () => {
    await using rig = await bench(FINDINGS);
    const ignore = [
      { id: "CVE-2019-14697", in: "musl", reason: "nothing computes with x87 here", until: "2026-11-30" },
      { id: "CVE-2019-10744", reason: "only used in the build", until: "2026-11-30" },
    ];
    rig.tools.now = Date.UTC(2026, 10, 30, 23, 59);
    expect(await rig.step.output({ image: DIRTY, ...OLD, ignore })).toMatchObject({
      ignored: 2,
      counts: { critical: 0 },
      check: { result: expect.stringContaining("3 medium; 2 ignored") },
    });
    rig.tools.now = Date.UTC(2026, 11, 1);
    const failure = await rig.step.failure({ image: DIRTY, ...OLD, ignore });
    expect(failure).toMatchObject({ code: "trivy.ignore-expired", retry: "never" });
    expect(failure.message).toContain("CVE-2019-14697 (until 2026-11-30)");
  });

  it.each([
    [{ id: "CVE-2019-14697", reason: "  ", until: "2026-11-30" }, "say why"],
    [{ id: "CVE-2019-14697", until: "2026-11-30" }, "reason"],
    [{ id: "CVE-2019-14697", reason: "later", until: "2026-02-30" }, "no such day"],
    [{ id: "CVE-2019-14697", reason: "later" }, "until"],
  ])("takes no entry %j for one of the list", async (entry, said) => {
    await using rig = await bench(FINDINGS);
    await expect(rig.step.run({ image: DIRTY, ...OLD, ignore: [entry] })).rejects.toThrow(said);
    expect(rig.tools.seen).toEqual([]);
  });

  it("counts only what can be mended where that is asked for", async () => {
    const report = JSON.parse(FINDINGS.stdout);
    delete report.Results[0].Vulnerabilities[2].FixedVersion;
    await using rig = await bench({ ...FINDINGS, stdout: JSON.stringify(report) });
    const input = { image: DIRTY, ...OLD, "fail-on": { critical: 1 } };
    expect(await rig.step.failure(input)).toMatchObject({ code: "trivy.findings" });
    expect(await rig.step.output({ ...input, "fixable-only": true })).toMatchObject({ counts: { critical: 1 } });
  });
});

describe("what is never a clean image", () => {
  it.each([
    ["no database", { exitCode: 1, stderr: recording("trivy/image-no-database.stderr") }, "trivy.no-database"],
    ["no such image", { exitCode: 1, stderr: recording("trivy/image-not-found.stderr") }, "trivy.not-found"],
    ["an error that nobody knows", { exitCode: 1, stderr: "FATAL\tFatal error\tsomething" }, "trivy.failed"],
    ["an error with a report", { ...NONE, exitCode: 1 }, "trivy.failed"],
    ["a kill", { ...NONE, exitCode: undefined, endedBy: "SIGKILL" }, "trivy.failed"],
    ["no output", { exitCode: 0, stdout: "" }, "trivy.unreadable-output"],
    ["half an output", { exitCode: 0, stdout: NONE.stdout.slice(0, 900) }, "trivy.unreadable-output"],
    ["the end of an output", { ...NONE, isCut: true }, "trivy.unreadable-output"],
    ["findings with the exit code of none", { ...FINDINGS, exitCode: 0 }, "trivy.unreadable-output"],
    ["none with the exit code of findings", { ...NONE, exitCode: 3 }, "trivy.unreadable-output"],
    ["a report of another version", changed((report) => (report.SchemaVersion = 3)), "trivy.unreadable-output"],
    ["a report on another image", changed((report) => (report.ArtifactName = DIRTY)), "trivy.unreadable-output"],
    [
      "a report with another digest",
      changed((report) => (report.Metadata.RepoDigests = [DIRTY])),
      "trivy.unreadable-output",
    ],
    ["no results", changed((report) => delete report.Results), "trivy.nothing-scanned"],
    ["no packages", changed((report) => (resultOf(report).Packages = null)), "trivy.nothing-scanned"],
    ["packages of an unknown system", changed((report) => delete report.Metadata.OS), "trivy.unknown-system"],
    ["a system without packages", changed((report) => (resultOf(report).Class = "lang-pkgs")), "trivy.unknown-system"],
  ])("%s", async (_what, answer, code) => {
    await using rig = await bench(answer);
    const failure = await rig.step.failure({ image: CLEAN, ...OLD, "from-scratch": true });
    expect(failure.code).toBe(code);
  });

  it("a system that gets no fixes any more, unless that is said to be allowed", async () => {
    await using rig = await bench(NONE);
    expect(await rig.step.failure({ image: CLEAN })).toMatchObject({ code: "trivy.end-of-life", retry: "never" });
  });

  it("an image without a system, unless it is said to be made from scratch", async () => {
    const scratch = changed((report) => {
      delete report.Metadata.OS;
      resultOf(report).Class = "lang-pkgs";
    });
    await using rig = await bench(scratch);
    expect(await rig.step.failure({ image: CLEAN })).toMatchObject({ code: "trivy.unknown-system" });
    expect(await rig.step.output({ image: CLEAN, "from-scratch": true })).toMatchObject({ system: { family: "" } });
  });

  it("an outage, which a retry may end", async () => {
    await using rig = await bench({
      exitCode: 1,
      stderr: "FATAL run error: remote error: dial tcp 192.0.2.1:443: i/o timeout",
    });
    expect(await rig.step.failure({ image: CLEAN })).toMatchObject({ code: "trivy.unreachable", retry: "backoff" });
  });
});

describe("the scanner itself", () => {
  const tool = { args: [], options: false, variables: [], repeat: "safe" as const };

  it("is the one that the configuration names, and is not run when it is another", async () => {
    await using rig = await bench(NONE);
    const program = {
      ...tool,
      path: join(rig.tools.folder, "trivy"),
      env: { HTTPS_PROXY: "http://proxy.example.com" },
      sha256: "0".repeat(64),
    };
    await writeFile(program.path, "somebody else's");
    rig.tools.preparation = { ...rig.tools.preparation, allowedProgram: () => program };
    const step = new StepBench(trivyImage(rig.tools.deps));
    expect(await step.failure({ image: CLEAN, ...OLD })).toMatchObject({ code: "program.altered" });
    expect(rig.tools.seen).toEqual([]);
  });

  it("finds in its environment what the configuration says", async () => {
    await using rig = await bench(NONE);
    const program = { ...tool, path: "/opt/trivy", env: { TRIVY_CACHE_DIR: "/var/cache/trivy" } };
    rig.tools.preparation = { ...rig.tools.preparation, allowedProgram: () => program };
    await new StepBench(trivyImage(rig.tools.deps)).output({ image: CLEAN, ...OLD });
    expect(rig.tools.last.order).toMatchObject({ program: "/opt/trivy", env: { TRIVY_CACHE_DIR: "/var/cache/trivy" } });
    expect(rig.tools.last.order.args).toContain("--cache-dir=/var/cache/trivy");
  });
});
