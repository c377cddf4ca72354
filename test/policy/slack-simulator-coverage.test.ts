import { readFile } from "node:fs/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { blockProblems } from "../../src/simulator/slack-block-kit.ts";
import { slackBlockCoverage, slackMethodCoverage } from "../../src/simulator/slack-coverage.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";

const ROOT = new URL("../../", import.meta.url);

let slack: SlackSimulator;

beforeAll(async () => {
  slack = await startSlackSimulator({
    clock: systemClock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
  });
});

afterAll(() => slack.stop());

describe("the coverage table of the simulated Slack", () => {
  test("lists exactly the methods that are answered, besides those not started", () => {
    const started = Object.entries(slackMethodCoverage).filter(([, { status }]) => status !== "not started");
    expect(started.map(([name]) => name)).toEqual([...slack.routes.methods].toSorted((a, b) => a.localeCompare(b)));
  });

  test.each(Object.entries(slackMethodCoverage))("names a test that calls %s", async (name, coverage) => {
    expect(coverage.test === undefined).toBe(coverage.status === "not started");
    if (coverage.test === undefined) return;
    expect(await readFile(new URL(coverage.test, ROOT), "utf8")).toContain(name);
  });

  test("says of partial methods what is missing", () => {
    const silent = Object.entries(slackMethodCoverage).filter(
      ([, { status, note }]) => (status === "partial") !== (note !== undefined),
    );
    expect(silent).toEqual([]);
  });

  test.each(Object.entries(slackBlockCoverage))("tells the truth about the block %s", (type, status) => {
    const unsupported = `unsupported type: ${type}`;
    const refused = blockProblems([{ type }], "message").some(({ message }) => message === unsupported);
    expect(refused).toBe(status === "not started");
  });

  test("every control is called by a test", async () => {
    const tests = await readFile(new URL("test/integration/slack-simulator-controls.test.ts", ROOT), "utf8");
    const missing = slack.routes.controls.filter((name) => !tests.includes(`"${name}"`));
    expect(missing).toEqual([]);
  });
});
