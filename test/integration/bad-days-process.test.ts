import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA, PRIYA } from "../support/app-rig.ts";
import { ProcessRig } from "../support/process-rig.ts";

let rig: ProcessRig;
beforeAll(async () => {
  rig = await ProcessRig.open();
});
afterEach(() => rig.killAll());
afterAll(() => rig[Symbol.asyncDispose]());

const errors = (): unknown => rig.log.filter(({ level }) => level === "error");

function isGate({ blocks }: SlackMessage): boolean {
  return JSON.stringify(blocks).includes("gate_approve");
}

async function timed<Value>(action: Promise<Value>): Promise<{ readonly value: Value; readonly ms: number }> {
  const start = performance.now();
  return { value: await action, ms: performance.now() - start };
}

describe("SIGTERM in the middle of a run", () => {
  it("ends the server within seconds, and the next start goes on with the run", async () => {
    const first = await rig.start();
    await rig.type(ANA, "/promote checkout abc123 to prod");
    await rig.message("staging under way", ({ text }) => text.startsWith("Step healthy in staging"));
    const end = await timed(first.kill("SIGTERM"));
    expect(end.value).toBe("exit code 0");
    expect(end.ms).toBeLessThan(8000);
    expect(errors()).toEqual([]);

    await rig.start();
    await rig.press(PRIYA, await rig.message("a request for approval", isGate), "gate_approve");
    await rig.message("the card to say so", ({ text }) => /to prod: succeeded/u.test(text));
    const { applications } = rig.world.argocd.state();
    const checkout = applications.filter(({ service }) => service === "checkout");
    expect(checkout.map(({ deployments }) => deployments)).toEqual([2, 2]);
    expect(errors()).toEqual([]);
  });
});

describe("SIGTERM at another moment", () => {
  // The second connection to Slack opens half a second after the first.
  it.each([0, 300])("ends a server that has been ready for %d ms", async (afterMs) => {
    const server = await rig.start();
    await rig.while(() => true, afterMs);
    const end = await timed(server.kill("SIGTERM"));
    expect(end.value).toBe("exit code 0");
    expect(end.ms).toBeLessThan(4000);
  });

  it("ends a server to which Slack does not answer, also from its start on", async () => {
    // How long a start takes at all is a matter of what else the machine does.
    const usual = await timed(rig.start());
    await usual.value.kill("SIGTERM");
    onTestFinished(rig.world.slack.startOutage("silence"));
    const start = await timed(rig.start());
    const end = await timed(start.value.kill("SIGTERM"));
    expect(start.ms).toBeLessThan(2 * usual.ms + 5000);
    expect(end.value).toBe("exit code 0");
    expect(end.ms).toBeLessThan(8000);
  });

  it("ends a server at once the second time", async () => {
    const server = await rig.start();
    await rig.type(ANA, "/promote web main to prod");
    await rig.message("staging under way", ({ text }) => text.startsWith("Promote web"));
    // What is still to be shown holds the end up.
    onTestFinished(rig.world.slack.startOutage("silence"));
    const before = rig.log.length;
    const ended = server.kill("SIGTERM");
    await rig.until("it to stop", () => rig.log.slice(before).some(({ message }) => message === "stopping"));
    const end = await timed(server.kill("SIGTERM"));
    expect(end.ms).toBeLessThan(1500);
    expect(await ended).toBe("SIGTERM");
  });
});

describe("a second server on the same data folder", () => {
  it("refuses, names the first and where it is, and leaves it in peace; a killed one is no obstacle", async () => {
    const first = await rig.start();
    const second = await rig.run(["serve"], { PORT: "9090" });
    expect(second.code).toBe(1);
    expect(second.stdout).toBe("");
    expect(second.stderr).toContain(`the data folder ${rig.world.dataFolder} is in use by process ${first.pid} on `);
    expect(second.stderr).toContain(`at http://127.0.0.1:${rig.world.environment["PORT"]}`);
    expect(second.stderr).toContain("end it first, or name another data folder with QUARTERDECK_DATA");
    expect(await rig.type(ANA, "/qd status")).toContain("checkout: staging");
    await first.kill("SIGKILL");
    const third = await rig.start();
    expect(await third.kill("SIGTERM")).toBe("exit code 0");
  });
});

describe("a start on a bad day", () => {
  it("without Slack is a start all the same, and people are answered as soon as Slack is back", async () => {
    const restore = rig.world.slack.startOutage("reset");
    onTestFinished(restore);
    await rig.start();
    expect(rig.log.map(({ message }) => message)).toContain(
      "Slack cannot be reached; it is tried again in the background",
    );
    expect(await rig.type(ANA, "/qd status")).toBeUndefined();
    restore();
    expect(await rig.insist(ANA, "/qd status")).toContain("checkout: staging");
  });

  it("without any network is a start all the same, and the server stays until it is told to stop", async () => {
    const nowhere = "http://127.0.0.1:9";
    const configuration = await rig.configuration("no-network.yaml", (text) =>
      text.replaceAll(/http:\/\/127\.0\.0\.1:\d+/gu, nowhere),
    );
    const environment = { QUARTERDECK_CONFIG: configuration, SLACK_API_URL: `${nowhere}/api/` };
    const server = await rig.start({ ...environment, QUARTERDECK_DATA: rig.path("data-no-network") });
    const tries = () => rig.log.filter(({ message }) => message === "no connection to Slack").length;
    const before = tries();
    const again = rig.until("another try to reach Slack", () => tries() > before + 1);
    expect(await Promise.race([again, server.exited])).toBeUndefined();
    expect(await server.kill("SIGTERM")).toBe("exit code 0");
  });

  it("without Argo CD is a start all the same; the log and whoever asks are told", async () => {
    const { argocd } = rig.world;
    const configuration = await rig.configuration("nowhere.yaml", (text) =>
      text.replace(argocd.url, "http://127.0.0.1:9"),
    );
    await rig.start({ QUARTERDECK_CONFIG: configuration, QUARTERDECK_DATA: rig.path("elsewhere") });
    await rig.type(ANA, "/promote payments main to prod");
    const told = await rig.message(
      "an answer about Argo CD",
      ({ viewer, text }) => viewer === ANA && /Argo/u.test(text),
    );
    expect(told.text).toMatch(/Argo CD cannot be reached.*Check the address.*Nothing was started/u);
    const warnings = rig.log.filter((line) => line["argocd"] === "main");
    expect(warnings.map(({ level }) => level)).toContain("warn");
    expect(JSON.stringify(warnings)).toContain("127.0.0.1:9");
  });
});
