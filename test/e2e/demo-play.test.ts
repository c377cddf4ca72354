import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import type { Play } from "../../src/demo/play.ts";
import { PLAYS } from "../../src/demo/play-list.ts";
import { runProgram } from "../support/process-rig.ts";
import { hasRedis } from "../support/redis-server.ts";

/** Faster than a cluster is, so that all of them fit into a few minutes. */
const SPEED = "3";
/** The real Ansible takes its time where much else runs. */
const LONGEST_MS = 170_000;
/** A story that did not end as it should says why on standard error. */
const PLAYED = { code: 0, stderr: expect.any(String), end: expect.stringContaining("✓ Slack: no call") };
/** How Slack reaches the server makes no difference to the tools of a chain, which take their time. */
const WITHOUT_TOOLS = PLAYS.filter(({ settings }) => settings?.blueprints === undefined);
const TOOLED = PLAYS.filter(({ settings }) => settings?.blueprints?.some(({ programs }) => programs !== undefined));
const COMMIT = Number.parseInt(execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).slice(0, 7), 16);
/** Each commit tries a third of the plays over either way; the next ones the others. Every play is tried in process. */
const third = (plays: readonly Play[], which: number): readonly Play[] =>
  plays.filter((_play, index) => (index + COMMIT + which) % 3 === 0);
const WAYS: readonly (readonly [string, readonly string[], readonly Play[]])[] = [
  ["in process", [], PLAYS],
  [
    "with Redis and two workers",
    ["--over", "redis"],
    third(
      PLAYS.filter((play) => !TOOLED.includes(play)),
      0,
    ),
  ],
  ["over HTTP", ["--over", "http"], third(WITHOUT_TOOLS, 1)],
];

describe.concurrent.each(WAYS)("the plays, %s", (_way, over, plays) => {
  // Skipped, and counted as skipped, where there is no Redis to start.
  it.skipIf(over.includes("redis") && !hasRedis).each(plays.map(({ name, summary }) => ({ name, summary })))(
    `$name: $summary`,
    async ({ name }) => {
      const args = ["demo", "--play", name, "--speed", SPEED, ...over];
      const { code, stdout, stderr } = await runProgram(args, { longestMs: LONGEST_MS });
      // A story in which Slack or Argo CD goes down has its warnings; an error would be ours.
      expect(stderr).not.toContain("server error");
      expect({ code, stderr, end: stdout.slice(-1500) }).toEqual(PLAYED);
    },
  );
});

// On workers, so that both are tried there: real programs on workers have tests of their own.
describe.concurrent("the plays whose commands run programs, with Redis and two workers", () => {
  it.skipIf(!hasRedis).each(third(TOOLED, 0).map(({ name, summary }) => ({ name, summary })))(
    "$name, played by stand-ins: $summary",
    async ({ name }) => {
      const args = ["demo", "--play", name, "--speed", SPEED, "--stand-ins", "--over", "redis"];
      const { code, stdout, stderr } = await runProgram(args, { longestMs: LONGEST_MS });
      expect({ code, stderr, end: stdout.slice(-1500) }).toEqual(PLAYED);
      expect(stdout).toContain(": a stand-in, as was asked for");
      expect(stdout).not.toContain(": the real one");
    },
  );
});

describe.concurrent("quarterdeck demo --play", () => {
  it("tells the story of a promotion, checks how it ended, and exits with 0", async ({ expect: check }) => {
    const { code, stdout, stderr } = await runProgram(["demo", "--play"]);
    check(stderr).toBe("");
    check(code).toBe(0);
    for (const line of [
      "ana types /promote checkout abc123 to prod",
      "(only ana sees this): You asked for this run, so someone else has to decide on it.",
      "priya presses gate_approve",
      "Promote checkout abc1236 to prod: succeeded.",
      "✓ Argo CD: checkout-prod was synced exactly once",
      "✓ Log: the chain is unbroken",
    ]) {
      check(stdout).toContain(line);
    }
  });

  it("ends the same when the server is killed between every two steps", async ({ expect: check }) => {
    const { code, stdout } = await runProgram(["demo", "--play", "crash"]);
    check(stdout).toContain("✓ Argo CD: checkout-prod was synced exactly once");
    check(stdout).toContain("✓ Slack: one card, and it says that the run succeeded");
    check(code).toBe(0);
    check(stdout.match(/SIGKILL to the server/gu)).toHaveLength(9);
  });

  it("says which plays there are when it is asked for another", async () => {
    const { code, stderr } = await runProgram(["demo", "--play", "hamlet"]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `There is no play "hamlet". There is: ${[...PLAYS.map(({ name }) => name), "crash"].join(", ")}.\n`,
    );
  });
});
