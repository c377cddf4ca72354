import { describe, expect, it } from "vitest";

import { MACHINES } from "../../../../src/domain/machine.ts";
import { RunEvent } from "../../../../src/domain/run-event.ts";
import type { RunView } from "../../../../src/domain/run-view.ts";
import type { MessageContent } from "../../../../src/slack/blocks.ts";
import { tryGateAction } from "../../../../src/slack/action-value.ts";
import { renderFailureAlert } from "../../../../src/slack/views/failure-alert.ts";
import { renderGateMessage, renderVoidedGate } from "../../../../src/slack/views/gate-message.ts";
import { renderRunCard } from "../../../../src/slack/views/run-card.ts";
import type { ViewLookups } from "../../../../src/slack/views/view-lookups.ts";
import { renderStepMessage } from "../../../../src/slack/views/step-message.ts";
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
  LIVE,
  lookups,
  opened,
  PLAIN,
  RULE,
  RUN,
  runFailed,
  SHA,
  started,
  stepIn,
  subjectOf,
  SYNC,
  viewOf,
} from "../sample-run.ts";

const STAGING = "promote/for-each[staging]/lock/healthy";
const PARKED: readonly RunEvent[] = [
  started(),
  begun(STAGING, "argocd/wait", "wait"),
  ended(STAGING, { revision: SHA, changedNothing: false, notes: [] }),
  begun(GATE, "approval", "gate"),
  opened(),
];
const SYNCING: readonly RunEvent[] = [...PARKED, decided("approve"), ended(GATE), begun(SYNC, "argocd/sync", "action")];
const RESOURCES = {
  resources: [{ kind: "Pod", name: "checkout-1", status: "Degraded", message: "OOMKilled" }, "junk"],
};
const LOST: readonly RunEvent[] = [
  ...SYNCING,
  ended(SYNC, { revision: SHA }),
  begun(HEALTHY, "argocd/wait", "wait"),
  failedStep(HEALTHY, "argocd.degraded", "Deployment/checkout is Degraded.", RESOURCES),
  runFailed(HEALTHY, "argocd.degraded", "Deployment/checkout is Degraded.", RESOURCES),
  finished("failed"),
];

/** What people read of a message, block by block, without the tokens of dates and links. */
function words(message: MessageContent): readonly string[] {
  return message.blocks.map((block) => textsIn(block).map(readable).join(" | "));
}

function readable(text: string): string {
  return text.replaceAll(/<!date\^\d+\^([^|]*)\|[^>]*>/gu, "$1").replaceAll(/<https?:[^|>]*\|([^>]*)>/gu, "[$1]");
}

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (key === "confirm") return [];
    return key === "text" && typeof member === "string" ? [member] : textsIn(member);
  });
}

function gateOf(
  view: RunView,
  { mention = true, ...more }: Partial<ViewLookups> & { readonly mention?: boolean } = {},
): MessageContent {
  const step = stepIn(view, GATE);
  if (step.step.gate === undefined) throw new Error("the gate is not open");
  return renderGateMessage({ run: view, step, gate: step.step.gate, mention }, { ...lookups, ...more });
}

const cardOf = (events: readonly RunEvent[], options = {}) => renderRunCard(viewOf(events, options), lookups);

describe("the card of a run", () => {
  it("says what, how it stands in each environment, who asked and which commit", () => {
    const card = cardOf(PARKED);
    expect(words(card)).toEqual([
      ":raised_hand: *Promote checkout abc1230 to prod*\nWaiting for approval",
      [
        ":white_check_mark: *[staging]* `abc1230` applied and healthy, {ago}",
        ":raised_hand: *[prod]* waits for approval until {date_short_pretty} {time}: [decide in the thread]",
      ].join("\n"),
      "`run_7FQ2` | asked for by <@U0ANA> {date_short_pretty} {time} | `abc1230` Add retries to the payment client",
      "Cancel | Details",
    ]);
    expect(card.text).toBe(
      "Promote checkout abc1230 to prod: waiting for approval. staging is done, prod waits for approval. " +
        "Run run_7FQ2, asked for by <@U0ANA>.",
    );
  });

  it("says why it failed, and what was not reached", () => {
    const card = cardOf([
      started(PLAIN, ["staging", "prod", "later"]),
      begun(STAGING, "argocd/wait", "wait"),
      failedStep(STAGING, "argocd.degraded", "Deployment/checkout is Degraded."),
      runFailed(STAGING, "argocd.degraded", "Deployment/checkout is Degraded."),
      finished("failed"),
    ]);
    expect(words(card)).toEqual([
      ":x: *Promote checkout abc1230 to prod*\nFailed after 3 min",
      ":x: *[staging]* `healthy` failed\n:white_circle: *[prod]* was not reached\n:white_circle: *[later]* was not reached",
      "*Why* in `staging healthy`: Deployment/checkout is Degraded.",
      expect.stringContaining("ended {date_short_pretty} {time}"),
      "Wait again | Roll back | Details",
    ]);
    expect(card.text).toContain("Reason: Deployment/checkout is Degraded. Run run_7FQ2");
  });

  it("says after a rollback that the place is held, and what lifts it", () => {
    const path = "rollback/lock";
    const lock = (type: "lock.requested" | "lock.acquired" | "lock.released", more: object = {}): RunEvent =>
      RunEvent.parse({ type, at: AT, path, keys: ["checkout/prod"], ...more });
    const taken = [started(), lock("lock.requested", { order: 1, urgent: true }), lock("lock.acquired")];
    const back = [...taken, lock("lock.released", { hold: "rolled back" }), finished("succeeded")];
    const held = ":lock: Held: nothing is promoted there until `/qd unlock checkout in prod`";
    expect(words(cardOf(back))).toContain(held);
    expect(words(cardOf([...taken, lock("lock.released"), finished("succeeded")]))).not.toContain(held);
    const renamed = renderRunCard(viewOf(back), { ...lookups, mainCommand: () => "/deck" });
    expect(JSON.stringify(renamed.blocks)).toContain("until `/deck unlock checkout in prod`");
  });

  it("has a button for a page of one's own where runs have pages", () => {
    const buttonsOf = (hasPages: boolean): readonly unknown[] =>
      renderRunCard(viewOf(PARKED), { ...lookups, hasPages }).blocks.filter(({ type }) => type === "actions");
    expect(JSON.stringify(buttonsOf(true))).toContain(String.raw`{\"command\":\"page\",\"values\":{\"run\":`);
    expect(JSON.stringify(buttonsOf(false))).not.toContain("page");
  });

  describe("has buttons for what can be done", () => {
    const SUCCEEDED = [...PARKED, decided("approve"), ended(GATE), finished("succeeded")];
    const buttons = (events: readonly RunEvent[], more: Partial<ViewLookups> = {}): unknown[] =>
      renderRunCard(viewOf(events), { ...lookups, hasPages: false, ...more }).blocks.flatMap((block) =>
        block.type === "actions"
          ? block.elements.map((element) => ("value" in element ? JSON.parse(element.value ?? "") : undefined))
          : [],
      );

    it("while it is open: cancel it", () => {
      expect(buttons(PARKED)).toEqual([{ command: "cancel", values: { run: RUN } }]);
    });

    it("when it has succeeded: back to what was proven there before, and on to the next environment", () => {
      expect(buttons(SUCCEEDED, { nextEnvironment: () => undefined })).toEqual([
        { command: "rollback", values: { service: "checkout", environment: "prod", revision: LIVE } },
      ]);
      expect(buttons(SUCCEEDED, { wayBack: () => undefined })).toEqual([]);
    });

    it("when it was cancelled: take it up again, and nothing to go back from", () => {
      const cancel: RunEvent = { type: "run.cancel-requested", at: AT + 100_000, actor: "p_bo", reason: "" };
      const cancelled: RunEvent = { type: "step.cancelled", at: AT + 100_000, path: GATE, attempt: 1, message: "x" };
      expect(buttons([...PARKED, cancel])).toEqual([]);
      const over = buttons([...PARKED, cancel, cancelled, finished("cancelled")]);
      expect(over).toEqual([{ command: "retry", values: { run: RUN, step: GATE } }]);
    });
  });

  it("names those who let it through", () => {
    expect(words(cardOf([...PARKED, decided("approve"), ended(GATE)]))[1]).toContain("approved by <@U0BO>");
  });

  it("shows its place in the queue, and behind whom", () => {
    const queue = [{ path: "p", keys: ["checkout/prod"], position: 2, behind: "run_AAAA" }];
    const card = cardOf([...PARKED, decided("approve"), ended(GATE)], { queue });
    expect(words(card)[0]).toContain(":hourglass_flowing_sand:");
    expect(words(card)[1]).toContain("queued: position 2 for `checkout/prod`, behind `run_AAAA`");
  });

  it.each<readonly [string, readonly RunEvent[], string]>([
    [
      "rejected",
      [
        ...PARKED,
        decided("reject", "no"),
        failedStep(GATE, "gate.rejected", "Rejected: no"),
        runFailed(GATE, "gate.rejected", "Rejected: no"),
        finished("failed"),
      ],
      ":x: *Promote checkout abc1230 to prod*\nRejected after 3 min",
    ],
    [
      "stopped because nobody decided",
      [...PARKED, failedStep(GATE, "gate.expired", "Nobody"), runFailed(GATE, "gate.expired", "Nobody")],
      "Stopped, nobody decided in time, finishing up",
    ],
    ["cancelled", [...SYNCING, finished("cancelled")], "Cancelled after 3 min"],
    [
      "succeeded",
      [...SYNCING, ended(SYNC), finished("succeeded")],
      ":white_check_mark: *Promote checkout abc1230 to prod*\nSucceeded after 3 min",
    ],
    ["running", SYNCING, ":arrow_forward: *Promote checkout abc1230 to prod*\nRunning"],
  ])("says that it is %s", (_, events, expected) => {
    expect(words(cardOf(events))[0]).toContain(expected);
  });

  it("leaves environments as they are where the run ended in the middle, and says so", () => {
    expect(words(cardOf([...SYNCING, finished("cancelled")]))[1]).toContain("*[prod]* was left as it is");
  });

  it("shows twelve lines at most", () => {
    const many = Array.from({ length: 20 }, (_, index) => `env${index}`);
    const lines = words(cardOf([started(PLAIN, many)]))[1]?.split("\n") ?? [];
    expect(lines.length).toBe(12);
    expect(lines.at(-1)).toBe("+ 9 more: 9 not reached");
  });

  it("shows its steps where it has no environments, and that it prepares what to ask", () => {
    const card = cardOf([started(PLAIN, []), begun("report/send", "slack/alert", "action")]);
    expect(words(card)[1]).toBe(":arrow_forward: `send` running");
    expect(words(cardOf([started(), begun(GATE, "approval", "gate")]))[1]).toContain("preparing the request");
  });

  it("counts the approvals of a quorum, and calls somebody who was redacted somebody", () => {
    const rule = { ...RULE, quorum: 3 };
    const two: readonly RunEvent[] = [
      { ...started(), actor: "p_gone" },
      begun(GATE, "approval", "gate"),
      opened(PLAIN, evidenceOf(), { rule }),
      decided("approve"),
    ];
    expect(words(cardOf(two))[1]).toContain("waits for approval (1 of 3)");
    expect(cardOf(two).text).toContain("asked for by somebody");
  });

  it("says that a gate does not hold back what Argo CD syncs by itself", () => {
    const shown = opened(PLAIN, evidenceOf());
    if (shown.type !== "gate.opened") throw new Error("no gate");
    const tracked = { ...shown, subject: { ...shown.subject, strategy: "track" as const } };
    const card = cardOf([started(), begun(GATE, "approval", "gate"), tracked]);
    expect(words(card)[1]).toMatch(/waits for approval until .*\. Argo CD syncs it by itself meanwhile$/u);
  });
});

describe("the message of a step", () => {
  it("says what it is doing, since when and how far it is", () => {
    const progress = { text: "wave 2", done: 7, total: 12, lines: ["Deployment/checkout waits"] };
    const view = viewOf(SYNCING, { progress: [[SYNC, progress]] });
    const message = renderStepMessage(stepIn(view, SYNC), lookups);
    expect(words(message)).toEqual([
      ":arrow_forward: *prod · sync* running\nwave 2 (7 of 12)\n• Deployment/checkout waits",
      "`argocd/sync` | started {ago} | [open in Argo CD]",
    ]);
    expect(message.text).toBe("Step sync in prod: running. wave 2 (7 of 12)");
  });

  it("says how it ended: applied and healthy, not needed, or why it failed", () => {
    const skipped = [...SYNCING, ended(SYNC, { revision: SHA, skipped: true })];
    expect(words(renderStepMessage(stepIn(viewOf(skipped), SYNC), lookups))[0]).toBe(
      ":white_check_mark: *prod · sync* succeeded after 1 min\nalready proven there and live: `abc1230` was not synced again",
    );
    const tracked = [...SYNCING, ended(SYNC, { revision: SHA, tracked: true, notes: ["Argo CD syncs it."] })];
    expect(words(renderStepMessage(stepIn(viewOf(tracked), SYNC), lookups))[0]).toBe(
      ":white_check_mark: *prod · sync* succeeded after 1 min\nnothing was asked of Argo CD for `abc1230`\nArgo CD syncs it.",
    );
    const accepted = viewOf(LOST);
    expect(words(renderStepMessage(stepIn(accepted, SYNC), lookups))[0]).toContain(
      "Argo CD has accepted it: `abc1230`",
    );
    expect(words(renderStepMessage(stepIn(accepted, STAGING), lookups))[0]).toContain("applied and healthy: `abc1230`");
    expect(words(renderStepMessage(stepIn(accepted, HEALTHY), lookups))[0]).toBe(
      ":x: *prod · healthy* failed after 1 min\nDeployment/checkout is Degraded.",
    );
    const noted = [...SYNCING, ended(SYNC, { changedNothing: true, notes: ["Pinned.", 7] })];
    const waited = { ...stepIn(viewOf(noted), SYNC), uses: "argocd/wait" };
    expect(words(renderStepMessage(waited, lookups))[0]).toContain("which changed nothing there\nPinned.");
    const other = { ...stepIn(viewOf(noted), SYNC), uses: "http/probe" };
    expect(words(renderStepMessage(other, lookups))[0]).toBe(
      ":white_check_mark: *prod · sync* succeeded after 1 min\nPinned.",
    );
  });

  it("says when it is tried again, and what it waits for", () => {
    const failure = { code: "argocd.unreachable", message: "Argo CD is away.", retry: "backoff" as const };
    const retried = viewOf([
      ...SYNCING,
      { type: "step.failed", at: 1, path: SYNC, attempt: 1, failure, retryAt: 5000 },
    ]);
    const message = renderStepMessage(stepIn(retried, SYNC), lookups);
    expect(words(message)[0]).toContain("failed, will be tried again\nArgo CD is away.");
    expect(words(message)[1]).toContain("next try {time_secs}");
    const postponed = viewOf([
      ...SYNCING,
      {
        type: "step.postponed",
        at: 1,
        path: SYNC,
        attempt: 1,
        code: "x",
        message: "A sync window is closed.",
        until: 5,
      },
    ]);
    expect(words(renderStepMessage(stepIn(postponed, SYNC), lookups))[0]).toContain("A sync window is closed.");
    const second = viewOf([...SYNCING, begun(SYNC, "argocd/sync", "action", { attempt: 2 })]);
    expect(words(renderStepMessage(stepIn(second, SYNC), lookups))[1]).toContain("attempt 2");
    const skipped = viewOf([started(), { type: "step.skipped", at: 1, path: SYNC, uses: "x", reason: "not wanted" }]);
    expect(words(renderStepMessage(stepIn(skipped, SYNC), lookups))[0]).toContain("skipped after 0 s\nnot wanted");
  });
});

describe("the request for an approval", () => {
  it("shows exactly what is approved, who may, and until when, and calls them", () => {
    const message = gateOf(viewOf(PARKED));
    expect(words(message)).toEqual([
      ":raised_hand: *Promote checkout abc1230 to prod?*\n`checkout` in `prod`: `1a2b3c4` → `abc1230`",
      "*Commits*\n`abc1230` Add retries to the payment client (Ana, {ago})\n… and 3 that do not touch this application or are older",
      "*Manifests:* 1 changed",
      "changed Deployment/checkout",
      "*Before it, staging:* Healthy at `abc1230`, proven {ago}\n*prod now:* Healthy",
      "<!subteam^S0APPROVE>: one approval needed, until {date_short_pretty} {time}. Not by the person who asked for it.",
      expect.stringMatching(
        /^asked for by <@U0ANA> \| `run_7FQ2` \| what is approved: `[0-9a-f]{12}` \| \[open in Argo CD\]$/u,
      ),
      "Approve | Reject",
    ]);
    expect(message.text).toBe(
      "<!subteam^S0APPROVE>: approval needed for checkout from 1a2b3c4 to abc1230 in prod (run run_7FQ2). " +
        "Promote checkout abc1230 to prod? Press Approve or Reject.",
    );
  });

  it("keeps out those for whom a machine asked, and nobody where it asked by itself", () => {
    const schedule = { team: MACHINES, user: "schedule:nightly" };
    const people: ViewLookups["people"] = (actor) => (actor === "p_ana" ? schedule : lookups.people(actor));
    const asked = (...behalf: string[]): readonly string[] => {
      const from = { door: "schedule", team: MACHINES, channel: "C1", text: "/promote" } as const;
      const origin = { ...from, ...(behalf.length > 0 && { behalf }) };
      return words(gateOf(viewOf([{ ...started(), origin }, ...PARKED.slice(1)]), { people }));
    };
    expect(asked().at(-3)).toBe("<!subteam^S0APPROVE>: one approval needed, until {date_short_pretty} {time}.");
    expect(asked().at(-2)).toMatch(/^asked for by the schedule nightly/u);
    expect(asked("p_bo").at(-3)).toMatch(/\{time\}\. Not by <@U0BO>, for whom it was asked\.$/u);
  });

  it("carries on its buttons what a click is about, and asks once more before an approval", () => {
    const buttons = gateOf(viewOf(PARKED)).blocks.find((block) => block.type === "actions");
    const [approve] = buttons?.type === "actions" ? buttons.elements : [];
    if (approve?.type !== "button") throw new Error("no button");
    expect(tryGateAction(approve.value)).toMatchObject({ path: GATE, attempt: 1 });
    expect(approve).toMatchObject({ style: "primary", accessibility_label: "Approve checkout abc1230 to prod" });
    expect(approve.confirm?.text.text).toContain(SHA);
  });

  it("calls nobody where it is not to, and counts what is still needed of a quorum", () => {
    const rule = { ...RULE, quorum: 2, requesterMayApprove: true };
    const events = [
      started(),
      begun(GATE, "approval", "gate"),
      opened(PLAIN, evidenceOf(), { rule }),
      decided("approve"),
    ];
    const message = gateOf(viewOf(events), { mention: false });
    expect(JSON.stringify(message)).not.toContain("<!subteam");
    expect(words(message)).toContainEqual(
      "those who may approve: 1 more of 2 approvals needed, until {date_short_pretty} {time}.",
    );
    expect(words(message).join()).toContain("approved by <@U0BO> {time}");
  });

  it("says when nothing changes, when it is not known, and what to beware of", () => {
    const shown = (more: Parameters<typeof evidenceOf>[1]) =>
      words(gateOf(viewOf([started(), begun(GATE, "approval", "gate"), opened(PLAIN, evidenceOf(PLAIN, more))]))).join(
        "\n",
      );
    expect(shown({ rendering: { changesNothing: true, summary: "", lines: [] } })).toContain(
      "*Manifests:* changes nothing there.",
    );
    expect(
      shown({ rendering: { changesNothing: true, summary: "", lines: [] }, renderingNote: "Secrets are hidden." }),
    ).toContain("changes nothing there. Secrets are hidden.");
    expect(shown({ renderingNote: "Secrets are hidden." })).toContain("*Manifests:* 1 changed. Secrets are hidden.");
    expect(shown({ rendering: undefined, renderingNote: "Helm failed." })).toContain("not compared. Helm failed.");
    expect(shown({ direction: "backward" })).toContain("goes *back*");
    expect(shown({ commits: [], otherCommits: 0 })).toContain("*Commits:* none");
    expect(shown({ commits: [], otherCommits: 4 })).toContain("*Commits:* 4 that do not touch this application");
    expect(shown({ direction: "backward" })).toContain("*Commits that would be gone*");
    expect(shown({ previous: undefined, link: undefined })).not.toContain("Before it");
    expect(shown({ warnings: Array.from({ length: 8 }, (_, index) => `Beware ${index}.`) })).toContain(
      "and 2 more warnings",
    );
  });

  it("says that nothing was there before", () => {
    const subject = { ...subjectOf(), fromRevision: "" };
    const message = gateOf(
      viewOf([started(), begun(GATE, "approval", "gate"), opened(PLAIN, evidenceOf(), { subject })]),
    );
    expect(words(message)[0]).toContain("nothing yet → `abc1230`");
  });

  it.each<readonly [string, readonly RunEvent[], string]>([
    ["approved", [decided("approve"), ended(GATE)], "Approved by <@U0BO> {date_short_pretty} {time}"],
    [
      "rejected",
      [decided("reject", "Not *today*"), failedStep(GATE, "gate.rejected", "x")],
      "Rejected by <@U0BO> {date_short_pretty} {time}: Not \u2217today\u2217",
    ],
    [
      "rejected without a reason",
      [decided("reject"), failedStep(GATE, "gate.rejected", "x")],
      "Rejected by <@U0BO> {date_short_pretty} {time}",
    ],
    [
      "expired",
      [failedStep(GATE, "gate.expired", "Nobody decided in time.")],
      "Expired {date_short_pretty} {time}: Nobody decided in time.",
    ],
    ["closed", [failedStep(GATE, "step.timeout", "It took too long.")], "Closed without a decision: It took too long."],
    ["left over", [finished("cancelled")], "Closed without a decision: the run ended {date_short_pretty} {time}"],
  ])("has no buttons once it is %s, and says who and when", (_, events, expected) => {
    const message = gateOf(viewOf([...PARKED, ...events]));
    expect(message.blocks.map(({ type }) => type)).not.toContain("actions");
    expect(words(message)).toContain(expected);
    expect(JSON.stringify(message)).not.toContain("<!subteam");
  });

  it("says what changed when it is void", () => {
    const voided = viewOf([
      ...PARKED,
      { type: "gate.voided", at: 1, path: GATE, attempt: 1, changed: ["fromRevision"], message: "prod has changed" },
    ]);
    const message = renderVoidedGate(stepIn(voided, GATE), 0);
    expect(message.text).toBe(
      "The request for approval for prod is void: prod has changed. Whatever had been approved does not count any more; a new request follows.",
    );
    expect(words(message)[1]).not.toContain("fromRevision");
  });
});

describe("the alert of a failure", () => {
  it("calls on-call, names the application, the revision and the worst resources, and links both ways", () => {
    const message = renderFailureAlert({ run: viewOf(LOST), mention: { kind: "user", user: "U0OLGA" } }, lookups);
    expect(words(message)).toEqual([
      ":rotating_light: <@U0OLGA> *Promote checkout abc1230 to prod failed in prod* at step `healthy`\nDeployment/checkout is Degraded.",
      "• `Pod/checkout-1` Degraded: OOMKilled",
      "What was applied stays as it is. Mend it there, or go back with `/rollback checkout in prod`.",
      "`main/argocd/checkout-prod` | `abc1230` Add retries to the payment client | run `run_7FQ2`, asked for by <@U0ANA> | {date_short_pretty} {time}",
      "Wait again | Roll back | Open in Argo CD | Open the run",
    ]);
  });

  it("links what failed to where more about it is to be read, and nothing to anywhere else", () => {
    const resources = [
      { kind: "check", name: "unit <!channel> | tests", status: "failure", url: "https://ci.example/runs/7?a=1&b=2" },
      { kind: "status", name: "lint", status: "error", url: "javascript:alert(1)" },
    ];
    const run = viewOf([started(), runFailed(STAGING, "github.check-failed", "Two checks are red.", { resources })]);
    const [, lines] = renderFailureAlert({ run, mention: undefined }, lookups).blocks;
    const text =
      "• <https://ci.example/runs/7?a=1&amp;b=2|check/unit &lt;!channel&gt; ¦ tests> failure\n• `status/lint` error";
    expect(lines).toMatchObject({ text: { text } });
  });

  it("does without what is not known", () => {
    const run = viewOf([{ ...started(), inputs: {} }, runFailed("gone", "run.timeout", "It took too long.")]);
    const nowhere = { ...lookups, links: () => undefined, messages: () => undefined };
    const message = renderFailureAlert({ run, mention: undefined }, nowhere);
    expect(words(message)).toEqual([
      ":rotating_light: *Promote checkout abc1230 to prod failed*\nIt took too long.",
      "run `run_7FQ2`, asked for by <@U0ANA> | {date_short_pretty} {time}",
    ]);
  });
});
