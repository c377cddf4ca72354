import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Artifact } from "../../src/domain/artifact.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import type { SlackFault } from "../../src/simulator/slack-faults.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";
import { FileUploads } from "../../src/slack/file-uploads.ts";
import type { WantedFile } from "../../src/slack/run-files.ts";
import { createSlackClients } from "../../src/slack/slack-clients.ts";
import { uploadBytes } from "../../src/slack/upload-bytes.ts";
import { MemoryArtifacts } from "../support/memory-artifacts.ts";
import { MemorySlotStore } from "../unit/slack/fake-slack.ts";
import { DEPLOYS, TEAM } from "./slack-rig.ts";
import { eventually } from "../support/eventually.ts";

/** Twenty times as fast, for waits between tries. */
const hurried: Clock = {
  ...systemClock,
  setTimer: (delayMs, action) => systemClock.setTimer(delayMs / 20, action),
  sleep: (delayMs, signal) => systemClock.sleep(delayMs / 20, signal),
};

const SLOT = "run_1/file/1/promote/attach";

let simulator: SlackSimulator;
let slots: MemorySlotStore;
let artifacts: MemoryArtifacts;
let uploads: FileUploads;
let settled: string[];
let posting: string[];
let postingAfterMs: number;
let warnings: string[];

function open(): FileUploads {
  const { apiUrl } = simulator;
  const logger = { ...silentLogger, warn: (text: string) => void warnings.push(text) };
  const client = createSlackClients({ botToken: "xoxb-demo", apiUrl, logger }).home;
  const botUser = () => slackDemoWorkspace.app.botUserId;
  const onSettled = (slot: string): void => void settled.push(slot);
  const reservePosting = ({ channel }: { readonly channel: string }): number => {
    posting.push(channel);
    return postingAfterMs;
  };
  const deps = { client, upload: uploadBytes, artifacts, slots, clock: hurried, logger, botUser };
  return new FileUploads({ ...deps, reservePosting, onSettled });
}

beforeEach(async () => {
  const tokens = { botToken: "xoxb-demo", appToken: "xapp-1-demo" };
  const common = { clock: systemClock, random: systemRandom, workspace: slackDemoWorkspace, acknowledgeMs: 3000 };
  simulator = await startSlackSimulator({ ...common, ...tokens });
  [slots, artifacts, settled, posting, warnings] = [new MemorySlotStore(), new MemoryArtifacts(), [], [], []];
  postingAfterMs = 0;
  uploads = open();
});

afterEach(async () => {
  await uploads[Symbol.asyncDispose]();
  await simulator[Symbol.asyncDispose]();
});

/** The card of the run, as the outbox would have posted it. */
async function postCard(): Promise<void> {
  const client = createSlackClients({ botToken: "xoxb-demo", apiUrl: simulator.apiUrl, logger: silentLogger }).outbox;
  await client.apiCall("chat.postMessage", { channel: DEPLOYS, text: "card" });
  const ts = simulator.world.messages.all(DEPLOYS)[0]?.ts;
  const place = { slot: "run_1/card", team: TEAM, channel: DEPLOYS, threadTs: undefined, ts };
  await slots.save({ ...place, sentHash: "x", postingSince: undefined, lostReason: undefined });
}

async function leave(content = "scan report"): Promise<WantedFile> {
  const artifact: Artifact = await artifacts.put({
    name: "report.txt",
    mediaType: "text/plain",
    content: Buffer.from(content),
  });
  return { slot: SLOT, run: "run_1", artifact, title: "report.txt · promote/attach" };
}

const arrived = () => eventually(() => expect(uploads.isSettled(SLOT)).toBe(true));
const shown = () => simulator.world.messages.all(DEPLOYS).filter(({ files }) => (files?.length ?? 0) > 0);

describe("files in the thread of a run", () => {
  it("are there with their content, once, however often they are wanted", async () => {
    await postCard();
    const file = await leave();
    uploads.want(file);
    uploads.want(file);
    await arrived();
    uploads.want(file);
    const [message, ...others] = shown();
    expect(others).toEqual([]);
    expect(message?.threadTs).toBe(slots.slot("run_1/card")?.ts);
    expect(slots.slot(SLOT)).toMatchObject({ ts: message?.ts, channel: DEPLOYS });
    const [asked] = simulator.world.journal.calls("files.getUploadURLExternal");
    expect(asked?.args).toMatchObject({ filename: "report.txt", length: "11" });
    expect(settled).toEqual([SLOT]);
    expect(posting).toEqual([DEPLOYS]);
  });

  it("wait until Slack's limits let another message be posted", async () => {
    await postCard();
    postingAfterMs = 3_600_000;
    uploads.want(await leave());
    await eventually(() => expect(posting).toEqual([DEPLOYS]));
    await uploads[Symbol.asyncDispose]();
    expect(simulator.world.journal.calls("upload")).toHaveLength(1);
    expect(simulator.world.journal.calls("files.completeUploadExternal")).toEqual([]);
    expect(slots.slot(SLOT)).toBeUndefined();
  });

  it("wait for the card", async () => {
    uploads.want(await leave());
    await eventually(() => expect(slots.slot("run_1/card")).toBeUndefined());
    expect(simulator.world.journal.calls("files.getUploadURLExternal")).toEqual([]);
    await postCard();
    await arrived();
    expect(shown()).toHaveLength(1);
  });

  it.each<readonly [string, string, SlackFault]>([
    ["the answer of the last call is lost", "files.completeUploadExternal", { kind: "reset", when: "after" }],
    ["the last call is lost", "files.completeUploadExternal", { kind: "reset", when: "before" }],
    ["Slack answers 503", "files.completeUploadExternal", { kind: "status", status: 503 }],
    ["Slack is too busy", "files.completeUploadExternal", { kind: "rate-limited", retryAfterSeconds: 1 }],
    ["the content is lost", "upload", { kind: "reset", when: "before" }],
    ["the content is not taken", "upload", { kind: "status", status: 500 }],
    ["there is no address for it", "files.getUploadURLExternal", { kind: "html" }],
  ])("are there once although %s", async (_what, method, fault) => {
    await postCard();
    simulator.world.faults.add({ method, fault, times: 1 });
    uploads.want(await leave());
    await arrived();
    expect(shown()).toHaveLength(1);
  });

  it("are found by the next process when this one dies before it knows", async () => {
    await postCard();
    simulator.world.faults.add({
      method: "files.completeUploadExternal",
      fault: { kind: "reset", when: "after" },
      times: 1,
    });
    simulator.world.faults.add({
      method: "conversations.replies",
      fault: { kind: "status", status: 503 },
      times: 1,
    });
    const file = await leave();
    uploads.want(file);
    await eventually(() => expect(shown()).toHaveLength(1));
    await uploads[Symbol.asyncDispose]();
    uploads = open();
    uploads.want(file);
    await arrived();
    expect(shown()).toHaveLength(1);
  });

  it("are given up when Slack refuses them, or nobody has them any more", async () => {
    await postCard();
    simulator.world.faults.add({
      method: "files.getUploadURLExternal",
      fault: { kind: "error", error: "missing_scope" },
      times: 1,
    });
    uploads.want(await leave());
    await arrived();
    expect(slots.slot(SLOT)).toMatchObject({ lostReason: "missing_scope" });
    const gone = { ...(await leave("other")), slot: "run_1/file/2/promote/attach" };
    artifacts.kept.length = 0;
    uploads.want(gone);
    await eventually(() => expect(uploads.isSettled(gone.slot)).toBe(true));
    expect(slots.slot(gone.slot)).toMatchObject({ lostReason: "artifact.missing" });
    expect(shown()).toEqual([]);
    expect(warnings).toHaveLength(2);
  });
});
