import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Readiness } from "../../src/web/readiness.ts";
import { verifyLog } from "../../src/audit/verify-log.ts";
import { openLog } from "../../src/store/store.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, PRIYA } from "../support/app-rig.ts";
import { ProcessRig } from "../support/process-rig.ts";
import { canMount, onDisk, ServerOnSmallDisk } from "../support/small-disk.ts";

// Skipped, and counted as skipped, where nobody may mount anything.
describe.skipIf(!canMount())("a server whose disk is full", () => {
  let rig: ProcessRig;
  let server: ServerOnSmallDisk;
  beforeAll(async () => {
    // So long that it is not over before the disk is full.
    rig = await ProcessRig.open({ settle: "2s" });
    server = await ServerOnSmallDisk.start(rig);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
  });

  const logged = (message: string): boolean => server.lines.some((line) => line.includes(`"${message}"`));
  const told = (user: string, says: RegExp): Promise<SlackMessage> =>
    rig.message(`a word to ${user}`, ({ viewer, text }) => viewer === user && says.test(text));
  const deployments = (): Readonly<Record<string, number>> =>
    Object.fromEntries(rig.world.argocd.state().applications.map((app) => [app.name, app.deployments]));

  it("tells whoever asks that it did not happen, and the run under way goes on when there is room again", async () => {
    await rig.type(ANA, "/promote checkout abc123 to prod");
    await rig.until("staging to be synced", () => deployments()["checkout-staging"] === 2);
    server.fill();
    expect(await rig.type(ANA, "/promote web main to prod")).toBe(
      "This could not be written down, so it did not happen. The disk of Quarterdeck is full; tell whoever runs it.",
    );
    await rig.until("the run to be held up", () =>
      logged("a turn of a run could not be recorded; it is taken up again from the log"),
    );
    expect(rig.said().some(({ text }) => /Step healthy in staging\W+succeeded/u.test(text))).toBe(false);
    server.free();
    await rig.message("staging done", ({ text }) => /Step healthy in staging\W+succeeded/u.test(text));
    expect(rig.said().filter(({ text }) => text.startsWith("Step healthy in staging"))).toHaveLength(1);
    expect(deployments()).toMatchObject({ "checkout-staging": 2, "checkout-prod": 1, "web-staging": 1 });
  });

  it("does not take an approval for given that it could not record", async () => {
    const gate = await rig.message("a request", ({ blocks }) => JSON.stringify(blocks).includes("gate_approve"));
    server.fill();
    await rig.press(PRIYA, gate, "gate_approve");
    expect((await told(PRIYA, /./u)).text).toBe(
      "This could not be written down, so it did not happen. The disk of Quarterdeck is full; tell whoever runs it.",
    );
    server.free();
    expect(deployments()).toMatchObject({ "checkout-prod": 1 });
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.message("the card to say so", ({ text }) => /to prod: succeeded/u.test(text));
    expect(deployments()).toMatchObject({ "checkout-staging": 2, "checkout-prod": 2, "web-staging": 1, "web-prod": 1 });
  });

  it("has an unbroken log of what happened, and of nothing else", async () => {
    expect(await rig.type(ANA, "/promote web main to staging")).toMatch(/^Looking into it/u);
    await rig.message("the second card", ({ text }) => /Promote web .*: succeeded/u.test(text));
    const copy = rig.path("copy");
    mkdirSync(copy);
    for (const file of ["quarterdeck.db", "quarterdeck.db-wal"])
      cpSync(join(server.dataFolder, file), join(copy, file));
    using opened = openLog(copy);
    const rows = [...opened.log.rows()];
    expect(verifyLog({ rows, people: opened.log.people() })).toMatchObject({ status: "intact" });
    const count = (type: string): number => rows.filter((row) => row.type === type).length;
    expect({ asked: count("intent.received"), runs: count("run.started"), approvals: count("gate.decided") }).toEqual({
      asked: 3,
      runs: 2,
      approvals: 1,
    });
  });

  it("says to those who watch it that it is of no use, until there is room again", async () => {
    const ready = async (): Promise<readonly unknown[]> => {
      const response = await fetch(`http://127.0.0.1:${rig.world.environment["PORT"]}/readyz`);
      const { log }: Readiness = JSON.parse(await response.text());
      return [response.status, log];
    };
    expect(await ready()).toEqual([200, "ready"]);
    server.fill();
    expect(await ready()).toEqual([503, expect.stringMatching(/^(?:full|failing)$/u)]);
    await rig.type(ANA, "/promote web main to prod");
    expect(await ready()).toEqual([503, "failing"]);
    server.free();
    await rig.type(ANA, "/promote web main to staging");
    expect(await ready()).toEqual([200, "ready"]);
  });
});

describe.skipIf(!canMount())("a start on a disk", () => {
  it.each([
    ["full", "size=8k", "the disk is full: free some space"],
    ["read-only", "ro", "it cannot be written: check the owner, the permissions and how the disk is mounted"],
  ])("that is %s says so and ends", async (_, options, says) => {
    await using rig = await ProcessRig.open();
    const { command, environment } = rig.server();
    const { status, stderr } = spawnSync("unshare", onDisk(options, command), { env: environment, encoding: "utf8" });
    expect(stderr).toContain(rig.world.dataFolder);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/\n {4}at /u);
    expect(status).toBe(1);
  });
});
