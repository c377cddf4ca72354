import { describe, expect, it } from "vitest";

import { clockSkew } from "../../../src/doctor/clock-skew.ts";
import { doctorReport } from "../../../src/doctor/doctor-report.ts";
import { type Finding, Subject } from "../../../src/doctor/finding.ts";
import { gitRepositories } from "../../../src/doctor/git-repositories.ts";
import { logFile } from "../../../src/doctor/log-file.ts";
import { nodeVersion } from "../../../src/doctor/program.ts";
import { redis } from "../../../src/doctor/redis.ts";
import { type Probe, runProbes } from "../../../src/doctor/run-probes.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const about = new Subject("git", "it");
const said = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ level, subject, what }) => `${level} ${subject}: ${what}`);
const probe = (look: Probe["look"]): Probe => ({ area: "git", subject: "it", look });

describe("the checks", () => {
  it("are all made, whatever fails and whatever never answers", async () => {
    const clock = new FakeClock();
    const aborted: boolean[] = [];
    const looking = runProbes(
      [
        probe(() => Promise.resolve([about.ok("well")])),
        probe(() => Promise.reject(new AppError("it broke", { code: "x" }))),
        probe((signal) => {
          signal.addEventListener("abort", () => aborted.push(true));
          return new Promise(() => undefined);
        }),
      ],
      { clock, limitMs: 15_000 },
    );
    await clock.advance(15_000);
    expect(said(await looking)).toEqual(["ok it: well", "problem it: it broke", "problem it: no answer within 15 s"]);
    expect(aborted).toEqual([true]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("are told by area, with why and how to mend, on one line each", () => {
    const trouble = { what: "bro\nken\u001B[31m", why: "because", mend: "so" };
    const report = doctorReport([
      about.ok("fine"),
      new Subject("slack", "token").problem(trouble),
      about.warning(trouble),
    ]);
    expect(report.exitStatus).toBe(1);
    expect(report.text).toBe(`Slack
  PROBLEM  token: bro ken [31m
           why:  because
           mend: so

Git
  ok       it: fine
  warning  it: bro ken [31m
           why:  because
           mend: so

1 problem, 1 warning, 1 ok`);
    expect(report.json).toMatchObject({ ok: false, problems: 1, warnings: 1 });
  });

  it("end well with warnings alone", () => {
    expect(doctorReport([about.warning({ what: "w", why: "y", mend: "m" })]).exitStatus).toBe(0);
  });
});

describe("what is checked", () => {
  it.each([
    ["24.12.0", "ok"],
    ["24.21.0", "ok"],
    ["26.0.0", "ok"],
    ["24.11.9", "problem"],
    ["22.20.0", "problem"],
  ])("is the version of Node: %s", (version, level) => {
    expect(nodeVersion(version, ">=24.12").level).toBe(level);
  });

  it.each([
    [0, "ok it: its clock and this machine's agree"],
    [29_000, "ok it: its clock and this machine's agree"],
    [60_000, "warning it: this machine's clock is 60 s ahead of it"],
    [-60_000, "warning it: this machine's clock is 60 s behind it"],
    [600_000, "problem it: this machine's clock is 600 s ahead of it"],
  ])("is the clock: %d ms away", (away, says) => {
    const now = Date.UTC(2026, 0, 1);
    expect(said(clockSkew(about, new Date(now).toUTCString(), now + away))).toEqual([says]);
    expect(clockSkew(about, undefined, now)).toEqual([]);
    expect(clockSkew(about, "nonsense", now)).toEqual([]);
  });

  it("is each repository by itself", async () => {
    const findings = await gitRepositories({
      repositories: ["a", "b", "c", "written", "write-protected"].map((name) => `https://git.test/${name}`),
      branches: (repository) => {
        if (/writ/u.test(repository)) return Promise.resolve(["main"]);
        if (repository.endsWith("a")) return Promise.resolve(["main", "release/1", "other"]);
        if (repository.endsWith("b")) return Promise.resolve([]);
        return Promise.reject(new AppError("it is refused", { code: "git.authentication" }));
      },
      allowed: () => ["main", "release/*"],
      isWritable: (repository) => repository.includes("writ"),
      tryPush: (repository, branch) =>
        repository.endsWith("written")
          ? Promise.resolve()
          : Promise.reject(new AppError(`${branch} cannot be pushed`, { code: "git.no-push-right" })),
    });
    expect(said(findings)).toEqual([
      "ok https://git.test/a: can be read; deployed from main, release/1",
      "problem https://git.test/b: none of its branches (there is none) is one of those that may be deployed from (main, release/*)",
      "problem https://git.test/c: it is refused",
      "ok https://git.test/written: can be read and written; deployed from main",
      "problem https://git.test/write-protected: main cannot be pushed",
    ]);
  });

  it.each([
    [{ version: "7.4.1", policy: "noeviction" }, ["ok REDIS_URL: version 7.4.1"]],
    [{ version: "5.0.0", policy: "" }, ["problem REDIS_URL: it is version 5.0.0"]],
    [
      { version: "7.0.0", policy: "allkeys-lru" },
      ["warning REDIS_URL: with full memory it throws keys away (allkeys-lru)"],
    ],
  ])("is Redis: %j", async (facts, says) => {
    expect(said(await redis(() => Promise.resolve(facts)))).toEqual(says);
  });

  it.each([
    ["store.missing", "ok"],
    ["store.older", "ok"],
    ["store.corrupt", "problem"],
    ["store.newer", "problem"],
  ])("is the log: %s", (code, level) => {
    const open = (): never => {
      throw new AppError("it cannot be opened", { code });
    };
    expect(logFile(open)[0]?.level).toBe(level);
  });
});
