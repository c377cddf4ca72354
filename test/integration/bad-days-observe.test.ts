import { readFile, writeFile } from "node:fs/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { demoImage } from "../../src/simulator/git-demo-manifests.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { PRIYA } from "../support/app-rig.ts";
import { type AskedRun, BadDay } from "../support/bad-day.ts";
import { pressAndHear, pressButton } from "../support/gate-clicks.ts";

async function setMode(day: BadDay, mode: "act" | "observe"): Promise<void> {
  const { configurationFile: file } = day.rig.world;
  const text = (await readFile(file, "utf8")).replace(/^mode: .*\n/mu, "");
  await writeFile(file, `${text}\nmode: ${mode}\n`);
  await day.rig.application.reload();
}

describe("observe mode is switched on while a request for an approval is open", () => {
  let day: BadDay;
  let run: AskedRun;

  beforeAll(async () => {
    day = await BadDay.open();
    run = await day.start("/promote checkout abc123 to prod");
    await run.gate();
    await setMode(day, "observe");
  });
  afterAll(() => day[Symbol.asyncDispose]());

  it("nobody can approve: they are told why and what can be done, and nothing is synced", async () => {
    const told = await pressAndHear(day, { user: PRIYA, message: await run.gate() });
    expect(told).toMatch(/only observes here.*Press Approve again when .* "mode: observe" out of quarterdeck\.yaml/u);
    expect(told).toContain("until then a run can be rejected or cancelled");
    expect(run.eventsOf("gate.decided")).toEqual([]);
    expect(day.deployments("checkout-prod")).toEqual([DEMO_COMMITS.checkoutLive]);
  });

  it("the same request counts as soon as Quarterdeck acts again", async () => {
    await setMode(day, "act");
    await pressButton(day, { user: PRIYA, message: await run.gate() });
    await run.ended("succeeded");
    expect(day.deployments("checkout-prod")).toEqual([DEMO_COMMITS.checkoutLive, DEMO_COMMITS.target]);
  });
});

describe("observe mode is switched on while a run is under way", () => {
  let day: BadDay;

  beforeAll(async () => {
    day = await BadDay.open();
  });
  afterAll(() => day[Symbol.asyncDispose]());

  it("what has not begun in Argo CD waits, says why, and begins when Quarterdeck acts again", async () => {
    await day.fault({ kind: "reset-before", matching: "^POST .*/sync" });
    const run = await day.start("/promote payments main to staging");
    await day.until("a sync that did not get through", () => run.eventsOf("step.failed").length > 0);
    await setMode(day, "observe");
    const before = day.argocd.writes.length;
    await day.noFaults();
    expect(await run.reply(/Quarterdeck only observes for now/u)).toContain(
      "so nothing is changed in payments-staging",
    );
    expect(run.eventsOf("step.postponed").at(-1)?.code).toBe("argocd.observing");
    expect(day.argocd.writes.slice(before)).toEqual([]);
    await setMode(day, "act");
    await run.ended("succeeded");
    expect(day.deployments("payments-staging")).toHaveLength(2);
  });

  it("what Argo CD does already is not ended by a cancel, which says so", async () => {
    const behaviour = { kind: "starts", afterMs: 60_000 } as const;
    await day.argocd.control({ action: "set-image", prefix: demoImage("web-migrate", ""), behaviour });
    const run = await day.start(`/promote web ${DEMO_COMMITS.webPrices} to staging`);
    await day.until("the sync to run", () => day.application("web-staging").status.operationState?.phase === "Running");
    await setMode(day, "observe");
    const before = day.argocd.writes.length;
    expect(await day.ask(`/qd cancel ${run.id.slice(-4)}`)).toContain("is being cancelled");
    await day.until("the run to end", () => run.state.finishedAt !== undefined);
    const card = await run.card(/could not be ended/u);
    expect(card).toMatch(/The sync of web-staging could not be ended, and goes on\..*Quarterdeck only observes/u);
    expect(day.argocd.writes.slice(before)).toEqual([]);
  });
});
