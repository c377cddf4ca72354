import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { HttpFault } from "../../src/simulator/argocd-faults.ts";
import { demoImage } from "../../src/simulator/git-demo-manifests.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { ANA } from "../support/app-rig.ts";
import { words } from "../support/bad-day.ts";
import { ProcessRig } from "../support/process-rig.ts";

const NEVER = { kind: "starts", afterMs: 600_000 } as const;
const WEB = `/promote web ${DEMO_COMMITS.webPrices} to staging`;
const RUN = /run_[0-9A-Z]{4}/u;

let rig: ProcessRig;
beforeAll(async () => {
  rig = await ProcessRig.open();
  await rig.world.argocd.control({ action: "set-image", prefix: demoImage("web-migrate", ""), behaviour: NEVER });
  await rig.world.argocd.control({ action: "set-image", prefix: demoImage("checkout", "1.5.0"), behaviour: NEVER });
});
afterEach(async () => {
  await rig.world.argocd.control({ action: "clear-faults" });
  await rig.killAll();
});
afterAll(() => rig[Symbol.asyncDispose]());

function phaseOf(application: string): string | undefined {
  return rig.world.argocd.application(application)?.status.operationState?.phase;
}

function isAsked(write: RegExp): boolean {
  return rig.world.argocd.writes.some((one) => write.test(one));
}

function cards(): readonly SlackMessage[] {
  return rig.said().filter((message) => message.threadTs === undefined && RUN.test(words(message)));
}

interface Phase {
  readonly command: string;
  /** Whether the run is where it is to be cancelled. */
  readonly isThere: () => boolean;
  /** Whether the server is to die; at once when absent. */
  readonly isDue?: () => boolean;
}

/** Cancels a run, kills the server as soon as that is acknowledged, and starts another; the card in the end. */
async function cancelAndKill({ command, isThere, isDue }: Phase): Promise<string> {
  const known = new Set(cards().map(({ ts }) => ts));
  const find = (): SlackMessage | undefined => cards().find(({ ts }) => !known.has(ts));
  await rig.start();
  await rig.insist(ANA, command);
  await rig.until("the card", () => find() !== undefined);
  await rig.until("the run to be there", isThere);
  const card = find();
  const now = (): string => (card === undefined ? "" : words(cards().find(({ ts }) => ts === card.ts) ?? card));
  const [run = ""] = RUN.exec(now()) ?? [];
  expect(await rig.type(ANA, `/qd cancel ${run} because the server dies`)).toBeDefined();
  if (isDue !== undefined) await rig.until("the moment to die", isDue);
  await rig.killAll();
  await rig.start();
  await rig.until(`the end of ${run}`, () => /Cancelled after/u.test(now()));
  expect(now()).toContain(`Cancelled by <@${ANA}>`);
  expect(now()).toContain("the server dies");
  expect(await rig.insist(ANA, "/qd queue")).toContain("0 held by runs, 0 waiting");
  return now();
}

async function spoil(fault: HttpFault): Promise<void> {
  await rig.world.argocd.control({ action: "add-fault", fault });
}

describe("the server is killed in the moment after a cancel was acknowledged", () => {
  it("at a gate: nobody can approve any more", async () => {
    const isThere = (): boolean => rig.said().some((message) => words(message).includes("one approval needed"));
    await cancelAndKill({ command: "/promote payments abc123 to prod", isThere });
    for (const message of rig.said()) expect(JSON.stringify(message.blocks)).not.toContain("gate_approve");
    expect(rig.world.argocd.writes.filter((write) => write.includes("payments-prod"))).toEqual([]);
  });

  it("while its sync is on its way to Argo CD: says what is known of it", async () => {
    await spoil({ kind: "hang", matching: "^POST .*/web-staging/sync", times: 1 });
    const card = await cancelAndKill({ command: WEB, isThere: () => isAsked(/web-staging\/sync/u) });
    // Where the server died before the cancel was decided, the next one posted the sync once more, and then ended it.
    const isPostedAgain = phaseOf("web-staging") === "Failed";
    expect(card).toContain(isPostedAgain ? "The sync of web-staging was ended." : "which shows nothing of it");
    expect(phaseOf("web-staging")).not.toBe("Running");
  });

  it("while Argo CD syncs: the sync is ended", async () => {
    const card = await cancelAndKill({ command: WEB, isThere: () => phaseOf("web-staging") === "Running" });
    expect(card).toContain("The sync of web-staging was ended. Live: 41360f4, as before");
    expect(phaseOf("web-staging")).toBe("Failed");
  });

  it("while it ends the sync: the next server does it", async () => {
    const end = "/web-staging/operation";
    const before = rig.world.argocd.writes.length;
    const isDue = (): boolean => rig.world.argocd.writes.slice(before).some((write) => write.includes(end));
    await spoil({ kind: "reset-after", matching: `^DELETE .*${end}`, times: 1 });
    const card = await cancelAndKill({ command: WEB, isThere: () => phaseOf("web-staging") === "Running", isDue });
    expect(card).toContain("The sync of web-staging was ended.");
    expect(phaseOf("web-staging")).toBe("Failed");
  });

  it("while it waits for health: what is applied stays, and is named", async () => {
    const isThere = (): boolean => phaseOf("checkout-staging") === "Succeeded" && isAsked(/checkout-staging\/sync/u);
    const card = await cancelAndKill({ command: "/promote checkout abc123 to staging", isThere });
    expect(card).toMatch(/The sync of checkout-staging had succeeded before it could be ended\. Live: abc1236/u);
    const sync = rig.world.argocd.writes.filter((write) => write.includes("checkout-staging/sync"));
    expect(sync).toHaveLength(1);
  });
});
