import { describe, expect, it } from "vitest";

import type { PlanNode } from "../../../src/domain/plan.ts";
import type { RunEvent } from "../../../src/domain/run-event.ts";
import { runView } from "../../../src/domain/run-view.ts";
import { runPage } from "../../../src/web/run-page.ts";
import { promotePlan, RunSpec, step } from "../../support/run-spec.ts";
import {
  AT,
  begun,
  decided,
  ended,
  evidenceOf,
  failedStep,
  finished,
  GATE,
  HEALTHY,
  opened,
  PLAIN,
  runFailed,
  type SampleOptions,
  started,
  subjectOf,
  SYNC,
  type Texts,
  viewOf,
} from "../slack/sample-run.ts";

const NOW = AT + 3_600_000;
const NAMES: Readonly<Record<string, string>> = { p_ana: "Ana", p_bo: "Bo <b>the</b> builder" };

const APPROVED = [
  started(),
  begun(GATE, "approval", "gate"),
  opened(),
  decided("approve", "looks good"),
  ended(GATE),
  begun(SYNC, "argocd/sync", "action"),
];

function page(events: readonly RunEvent[], options: SampleOptions = {}) {
  const nameOf = (pseudonym: string): string => NAMES[pseudonym] ?? "somebody";
  return runPage({
    view: viewOf(events, options),
    events,
    nameOf,
    now: NOW,
    until: NOW + 1,
    linkOf: ({ digest }) => `files/${digest}`,
    pageCommand: "/deck page",
  });
}

/** What a reader sees, on one line. */
function words(events: readonly RunEvent[], options: SampleOptions = {}): string {
  const { body = "" } = page(events, options);
  return body
    .replace(/<style>.*<\/style>/su, "")
    .replaceAll(/<[^>]*>/gu, " ")
    .replaceAll(/\s+/gu, " ");
}

describe("the page of a chain", () => {
  const clusters = Array.from({ length: 4 }, (_, index) => `'eu-${index}'`).join(", ");
  const steps: PlanNode[] = [
    step("verify", "program/run"),
    { type: "parallel", key: "parallel", branches: [step("scan", "program/run"), step("lint", "program/run")] },
    {
      type: "for-each",
      key: "for-each",
      items: `[${clusters}]`,
      as: "cluster",
      atATime: 3,
      steps: [step("patch", "program/run")],
    },
  ];

  function chainWords(spec: RunSpec): string {
    const view = runView({ state: spec.state, progress: new Map(), queue: [] });
    const { body = "" } = runPage({
      view,
      events: spec.events,
      nameOf: () => "Ana",
      now: NOW,
      until: NOW + 1,
      linkOf: () => "",
      pageCommand: "/deck page",
    });
    return body.replaceAll(/<[^>]*>/gu, " ").replaceAll(/\s+/gu, " ");
  }

  it("has its blocks in their order, with what stands how in them and what was found", () => {
    const spec = new RunSpec([], promotePlan({ steps, onFailure: [], finally: [step("clean", "program/run")] }));
    spec.succeed("/verify", { check: { name: "Signature", result: "signed by ci@acme.test" } });
    spec.succeed("/scan", { worst: "HIGH", high: 2 });
    expect(chainWords(spec)).toContain(
      "Steps Steps verify Succeeded program/run · took 0 ms Signature: signed by ci@acme.test " +
        "Side by side Running running: 1 · succeeded: 1 scan Succeeded program/run · took 0 ms high 2 · worst HIGH lint Running",
    );
    spec.succeed("/lint");
    spec.fail("[eu-1]/patch", { code: "x", message: "no route" });
    for (const key of ["eu-0", "eu-2"]) spec.succeed(`[${key}]/patch`);
    const text = chainWords(spec);
    expect(text).toContain("Failed in eu-1 patch no route");
    expect(text).toContain("Each cluster Failed failed: 1 · succeeded: 2 · not reached yet: 1 eu-0 Succeeded patch");
    expect(text).toContain("At the end clean Running");
    expect(text).toContain("goes through eu-0, eu-1, eu-2, eu-3, up to 3 at a time");
  });

  it("has what was approved in an environment alone, or in none", () => {
    const plan = promotePlan({ steps: [step("gate", "approval")], onFailure: [] });
    for (const [environment, shown] of [
      ["", "Change a saved plan Asked"],
      ["prod", "Change prod: a saved plan Asked"],
    ] as const) {
      const spec = new RunSpec([], plan);
      spec.open("gate", { service: "", environment, app: "", toRevision: "", planFileDigest: "p" });
      expect(chainWords(spec)).toContain(shown);
      expect(chainWords(spec)).not.toContain("Application");
    }
  });
});

describe("the page of a run", () => {
  it("has the files that its steps left, and no link to one that is sealed", () => {
    const log = { digest: "a".repeat(64), bytes: 1536, name: "<log>", mediaType: "text/plain", sealed: false };
    const plan = { ...log, digest: "b".repeat(64), name: "plan", sealed: true };
    const left = { ...ended(SYNC), artifacts: [log, plan] };
    const { body = "" } = page([...APPROVED, left]);
    expect(body).toContain(`<a href="files/${log.digest}">&lt;log&gt;</a>`);
    expect(body).toContain("1.5 KiB");
    expect(body).not.toContain(`files/${plan.digest}`);
    expect(body).toContain("sealed: only steps read it");
    expect(page(APPROVED).body).not.toContain("Files");
  });

  it("says what was asked for, by whom, how it stands, and how to have a page later on", () => {
    const text = words(APPROVED);
    expect(text).toContain("Promote checkout abc1230 to prod Running Asked for by Ana");
    expect(text).toContain("Running for 1 h");
    expect(text).toContain("/deck page 7FQ2");
  });

  it("has every approval with who, when, the digest, and what was shown", () => {
    const text = words(APPROVED);
    expect(text).toMatch(/Approved by Bo .{20,50}, 2026-01-01 10:\d\d:\d\d UTC ?: looks good/u);
    expect(text).toMatch(/Digest [0-9a-f]{64}/u);
    expect(text).toContain("What was shown");
    expect(text).toContain("Add retries to the payment client");
  });

  it("has the plan that was approved, with every resource that it names", () => {
    const plan = {
      directory: "clusters/prod",
      workspace: "prod",
      add: 1,
      change: 0,
      destroy: 1,
      replace: 1,
      resources: [{ address: "aws_x.a", action: "replace", reason: "cannot_update" }],
      otherResources: 7,
      drift: ["aws_x.b"],
      otherDrift: 2,
      outputs: [],
      difference: ["now also: replace aws_x.a"],
    };
    const subject = { ...subjectOf(), fromRevision: "", toRevision: "" };
    const rule = { ...subject.rule, also: [[{ kind: "group" as const, group: "S0GUARD" }]], notBy: ["p_priya"] };
    const text = words([
      started(),
      begun(GATE, "approval", "gate"),
      opened(PLAIN, evidenceOf(PLAIN, { plan, warnings: ["Deprecated"] }), { subject, rule }),
    ]);
    expect(text).toMatch(/Change checkout in prod: a saved plan Asked/u);
    expect(text).toMatch(
      /Plan: 1 to add, 0 to change, 1 to destroy, of which 1 replaced; clusters\/prod, workspace prod/u,
    );
    expect(text).toContain("replace aws_x.a (cannot_update) and 7 more");
    expect(text).toContain("Since the plan that was shown before now also: replace aws_x.a");
    expect(text).toContain("Changed outside of it aws_x.b and 2 more");
    expect(text).toContain("Warning: Deprecated");
    expect(text).toMatch(/and one of the group S0GUARD besides, not whoever asked, not [^,]+, who approved before/u);
    expect(text).not.toContain("Manifests");
  });

  it("says what was ended when a run was cancelled, and which lock keeps it waiting", () => {
    const stop = { stops: SYNC, input: { app: "main/argocd/checkout-prod" } };
    const stopped = words([
      ...APPROVED,
      { type: "run.cancel-requested", at: AT + 130_000, actor: "p_bo", reason: "wrong commit" },
      { type: "step.cancelled", at: AT + 130_000, path: SYNC, attempt: 1, message: "It was stopped." },
      begun(`${SYNC}/stop`, "argocd/terminate", "action", stop),
      ended(`${SYNC}/stop`, { outcome: "terminated", message: "The sync was ended.", live: "a mixture" }),
      finished("cancelled"),
    ]);
    expect(stopped).toMatch(/stop sync Succeeded argocd\/terminate .* The sync was ended\. Live: a mixture/u);
    const handLock = { key: "checkout/prod", owner: "p_bo", reason: "load test", since: AT };
    const queue = [{ path: "lock", keys: [handLock.key], position: 1, behind: undefined, handLock }];
    expect(words(APPROVED, { queue })).toContain("Waits for checkout/prod: place 1. Locked by hand: load test");
  });

  it("has steps with their kind, attempts and duration, and why one failed", () => {
    const text = words([
      ...APPROVED,
      failedStep(SYNC, "argocd.refused", "Argo CD says no."),
      runFailed(SYNC, "argocd.refused", "Argo CD says no."),
      finished("failed"),
    ]);
    expect(text).toContain("Failed in prod sync Argo CD says no.");
    expect(text).toMatch(/sync Failed argocd\/sync · took \d+ (?:s|min)/u);
    expect(text).toContain("Ended: failed");
  });

  it("has every event of the log in its order", () => {
    const text = words([
      ...APPROVED,
      ended(SYNC),
      begun(HEALTHY, "argocd/wait", "wait"),
      ended(HEALTHY),
      finished("succeeded"),
    ]);
    const order = [
      "Started: Promote",
      "Approval is asked for",
      "Approved: looks good",
      `${SYNC} succeeded`,
      "Ended: succeeded",
    ];
    const places = order.map((words_) => text.indexOf(words_));
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(Math.min(...places)).toBeGreaterThan(0);
  });

  it("says in whose queue it stands", () => {
    const queue = [{ path: "p", keys: ["checkout/prod"], position: 2, behind: "run_AAAA" }];
    expect(words(APPROVED.slice(0, 1), { queue })).toContain("Waits for checkout/prod: place 2, behind run_AAAA.");
  });

  it("lets no text of anybody's become markup", () => {
    const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>' onload='x`;
    const texts: Texts = { title: evil, service: evil, subject: evil, author: evil, message: evil, prompt: evil };
    const events = [
      started(texts, [evil, "prod"]),
      begun(GATE, "approval", "gate"),
      opened(texts),
      decided("reject", evil),
      failedStep(GATE, "gate.rejected", evil),
      runFailed(GATE, "gate.rejected", evil),
      finished("failed"),
    ];
    const { body = "" } = page(events);
    expect(body).not.toMatch(/<script|<img|<b>the/u);
    expect(body.match(/ on\w+=/gu)?.filter((found) => !found.includes("onerror") && !found.includes("onload"))).toEqual(
      [],
    );
    expect(body).toContain("&quot;&gt;&lt;script&gt;");
    // Every quote of the texts is an entity, so that none of them ends an attribute.
    expect(body.replace(/<style>.*<\/style>/su, "")).not.toMatch(/onload='/u);
  });

  it("may do nothing in a browser but be seen", () => {
    const { headers = {} } = page(APPROVED);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]{44}';/u);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-robots-tag": expect.stringContaining("noindex"),
    });
  });
});
