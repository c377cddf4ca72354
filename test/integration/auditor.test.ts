import { readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { ANA, AppRig, BEN, GUS, PRIYA } from "../support/app-rig.ts";
import { auditExport, type Dossier } from "../support/auditor.ts";
import { runProgram } from "../support/process-rig.ts";

const HISTORIES = new URL("../fixtures/histories/", import.meta.url);

async function exported(dataFolder: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(["audit", "export", dataFolder]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("an auditor who has nothing but the export", () => {
  it("is told all of what happened to production", async () => {
    const rig = await AppRig.open();
    onTestFinished(() => rig[Symbol.asyncDispose]());
    // A promotion that the requester tries to approve, that somebody else may not approve, and that is approved then.
    await rig.type(ANA, "/promote checkout abc123 to prod");
    const gate = await rig.gate();
    await rig.press(ANA, gate, "gate_approve");
    await rig.told(ANA, /someone else has to decide/u);
    await rig.press(GUS, gate, "gate_approve");
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.card(/Promote checkout .*: succeeded/u);
    // The rules change, and so does somebody's mind.
    const { configurationFile } = rig.world;
    const text = await readFile(configurationFile, "utf8");
    await writeFile(
      configurationFile,
      text.replace("quorum: 1\n      expires: 1h\n\nservices", "quorum: 2\n      expires: 1h\n\nservices"),
    );
    await rig.application.reload();
    await rig.type(BEN, "/rollback checkout in prod to 2b4337b --unproven");
    await rig.until("the rollback", () => rig.application.store.events.listRuns({ limit: 5 }).length === 2);
    await rig.type(BEN, "/qd cancel " + (rig.application.store.events.listRuns({ limit: 1 })[0]?.id.slice(-4) ?? ""));
    await rig.until("the end", () => rig.application.store.events.listRuns({ openOnly: true, limit: 1 }).length === 0);
    await rig.type(ANA, `/promote checkout ${DEMO_COMMITS.documentation} to nowhere`);
    await rig.stop();
    const audit = auditExport(await exported(rig.world.dataFolder));
    expect(audit.gaps).toEqual([]);
    const [promotion, rollback] = audit.dossiers;
    expect(promotion).toMatchObject({
      request: { who: `T0HARBOR01/${ANA}`, what: "/promote checkout abc123 to prod" },
      isEmergency: false,
      decisions: [{ who: `T0HARBOR01/${PRIYA}`, what: "approve", groups: ["S0APPROVE1"] }],
      outcome: "succeeded",
      gaps: [],
    });
    expect(promotion?.refusals.map(({ who, what }) => [who, what])).toEqual([
      [`T0HARBOR01/${ANA}`, "approval.requester"],
      [`T0HARBOR01/${GUS}`, expect.stringMatching(/^approval\.(?:guest|stranger|not-in-group)$/u)],
    ]);
    expect(promotion?.ran.at(-1)).toMatchObject({
      app: "main/argocd/checkout-prod",
      digest: promotion?.shown[0]?.digest,
    });
    expect(promotion?.shown[0]?.checks).toContain("currentHealth");
    expect(rollback).toMatchObject({
      request: { who: `T0HARBOR01/${BEN}` },
      isEmergency: true,
      interventions: [{ who: `T0HARBOR01/${BEN}`, what: "run.cancel-requested" }],
      outcome: "cancelled",
      ran: [],
      gaps: [],
    });
    expect(audit.policies.map(({ changes }) => changes)).toEqual([
      ["first start with this log"],
      [expect.stringMatching(/prod/u)],
    ]);
    const quorums = audit.policies.map(
      ({ policy }) => /"name":"prod","approval":\{[^}]*\}[^}]*"quorum":(\d)/u.exec(JSON.stringify(policy))?.[1],
    );
    expect(quorums).toEqual(["1", "2"]);
    expect(audit.refusedRequests.at(-1)).toMatchObject({ who: `T0HARBOR01/${ANA}`, what: "input.environment" });
  });
});

/** What there was to know, in short: who asked, who agreed to what, what ran, how it ended. */
function brief({
  request,
  isEmergency,
  decisions,
  refusals,
  expiries,
  voided,
  ran,
  interventions,
  outcome,
  gaps,
}: Dossier) {
  return {
    request: `${request.who} ${request.what}`,
    isEmergency,
    decisions: decisions.map(({ who, what, groups }) => `${who} ${what} (${groups.join(", ")})`),
    refusals: refusals.map(({ who, what }) => `${who} ${what}`),
    expiries: expiries.length,
    voided,
    ran: ran.map(
      ({ app, revision, digest }) => `${app} ${revision.slice(0, 7)}${digest === undefined ? "" : " approved"}`,
    ),
    interventions: interventions.map(({ who, what }) => `${who} ${what}`),
    outcome,
    gaps,
  };
}

describe("of the plays of every release", async () => {
  const names = (await readdir(HISTORIES, { recursive: true })).filter((name) => name.endsWith(".jsonl")).toSorted();

  it.each(names)("an auditor is told what happened to production: %s", async (name) => {
    const { dossiers, policies, gaps } = auditExport(await readFile(new URL(name, HISTORIES), "utf8"));
    expect([gaps, dossiers.flatMap((dossier) => dossier.gaps)]).toEqual([[], []]);
    expect(policies.length).toBeGreaterThan(0);
    expect(dossiers.map(brief)).toMatchSnapshot();
  });
});
