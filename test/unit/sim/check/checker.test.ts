import { describe, expect, test } from "vitest";

import { violationText } from "../../../sim/check/violation.ts";
import { expectFound, type Planted } from "./planted.ts";
import {
  approve,
  asked,
  type Change,
  checkpoint,
  checksIn,
  decisionBody,
  digestOf,
  fact,
  lock,
  played,
  passed,
  prove,
  REQUEST,
  started,
  startRun,
  stepPath,
  SUBJECT,
  succeeded,
  unlock,
} from "./promotion.ts";
import { appOf, NEW, OTHER, pseudonym, RULE, RUN, type Story } from "./story.ts";

function edited(story: Story, sequence: number, change: object): void {
  const row = story.rows[sequence - 1];
  if (row !== undefined) story.rows[sequence - 1] = { ...row, ...change };
}

/** The last scenes of a run that fails at the wait in prod. */
const FAILS = (code: string): Change["instead"] => ({
  "prove prod": (story) => {
    story.read("prod");
    const failure = { code, message: "it did not work", retry: "never" };
    fact(story, "step.failed", { path: stepPath("prod", "healthy"), attempt: 1, failure });
  },
  finish: (story) => {
    const failure = { code, message: "it did not work", retry: "never" };
    fact(story, "run.failed", { path: stepPath("prod", "healthy"), failure });
    fact(story, "step.skipped", { path: "promote/on-failure/alert", uses: "slack/alert", reason: "" });
    fact(story, "run.finished", { status: "failed" });
  },
  card: (story) => story.message(`${RUN}/card`, "Promote checkout: failed. Run run_01, asked for by <@U1>."),
});

function cancelled(story: Story, user: string): void {
  asked(story, user, () => fact(story, "run.cancel-requested", { reason: "" }, pseudonym(user)));
}

/** The run is cancelled while it waits in prod. */
const CANCELLED: Change["instead"] = {
  "prove prod": (story) => {
    cancelled(story, "U1");
    fact(story, "step.cancelled", { path: stepPath("prod", "healthy"), attempt: 1, message: "The run was cancelled." });
    const stop = { stops: stepPath("prod", "sync"), uses: "argocd/terminate", sort: "action" };
    started(story, "prod", "sync/stop", stop);
    story.look(1000);
    story.read("prod");
    succeeded(story, "prod", "sync/stop", { outcome: "had-ended", message: "", live: "" });
  },
  finish: (story) => fact(story, "run.finished", { status: "cancelled" }),
  card: (story) => story.message(`${RUN}/card`, "Promote checkout: cancelled. Run run_01, asked for by <@U1>."),
};

test("a promotion as it should be leaves nothing to be said", () => {
  expect(played().map(violationText)).toEqual([]);
});

describe("the chain", () => {
  const planted: readonly Planted[] = [
    {
      name: "a payload that is not what was committed to",
      change: {
        instead: {
          finish: (story) => {
            fact(story, "run.finished", { status: "failed" });
            edited(story, story.rows.length, { payload: '{"status":"succeeded"}' });
          },
        },
      },
      check: "chain",
      says: "the payload is not the one",
    },
    {
      name: "a header that was changed",
      change: { instead: { card: (story) => edited(story, 3, { actor: "p_U5" }) } },
      check: "chain",
      says: "row 3 is another one",
    },
    {
      name: "a row that is missing",
      change: { before: { passed: (story) => void story.rows.pop() } },
      check: "chain",
      says: "where row",
    },
    {
      name: "a cut tail",
      change: { after: { request: (story) => void story.rows.pop() } },
      check: "chain",
      says: "is gone",
    },
    {
      name: "a payload rewritten later with its commitment",
      change: { instead: { card: (story) => edited(story, 5, { payload: "{}", salt: "0" }) } },
      check: "chain",
      says: "row 5 is another one",
    },
    {
      name: "a row from the future",
      change: {
        instead: {
          finish: (story) => {
            story.offsetMs = 5000;
            fact(story, "run.finished", { status: "succeeded" });
            story.offsetMs = 0;
          },
        },
      },
      check: "chain",
      says: "is not that of the clock",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("a deleted payload and a clock that is set are nothing", () => {
    const found = played({
      before: {
        "lock prod": (story) => {
          story.offsetMs = 3_600_000;
        },
        "post prod": (story) => {
          story.offsetMs = -3_600_000;
        },
      },
      after: { card: (story) => edited(story, 3, { salt: null, payload: null }) },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("approval", () => {
  const decided = (user: string, before?: (story: Story) => void): Change => ({
    instead: {
      decide: (story) => {
        before?.(story);
        approve(story, user);
      },
    },
  });
  const planted: readonly Planted[] = [
    {
      name: "a sync without an approval",
      change: { instead: { "sync prod": (story) => started(story, "prod", "sync") } },
      check: "approval",
      says: "changed main/argocd/checkout-prod without an approval",
    },
    {
      name: "the requester's own approval",
      change: decided("U1"),
      check: "approval",
      says: "who had asked for the run",
    },
    { name: "an outsider's approval", change: decided("U5"), check: "approval", says: "who was not among those" },
    {
      name: "a guest's approval",
      change: decided("U6", (story) => story.slack.groups.push({ at: 1, group: "S0RELEASE", users: ["U6"] })),
      check: "approval",
      says: "who was no full member",
    },
    {
      name: "the approval of somebody who had left the group over a minute ago",
      change: {
        before: { "wait prod": () => undefined },
        instead: {
          decide: (story) => {
            story.slack.groups.push({ at: story.now, group: "S0RELEASE", users: ["U3"] });
            story.look(200_000);
            approve(story, "U2");
          },
        },
      },
      check: "approval",
      says: "who was not among those",
    },
    {
      name: "too few approvals",
      change: {
        before: {
          gate: (story) => {
            for (const place of story.places) place.approvals = [{ at: 0, rule: { ...RULE, quorum: 2 } }];
          },
        },
      },
      check: "approval",
      says: "1 of 2 people had approved",
    },
    {
      name: "one person twice",
      change: {
        instead: {
          decide: (story) => {
            approve(story, "U2", {}, true);
            story.look();
            approve(story, "U2");
          },
        },
      },
      check: "approval",
      says: "decided twice",
    },
    {
      name: "a decision after the gate had expired",
      change: decided("U2", (story) => story.look(700_000)),
      check: "approval",
      says: "after it had expired",
    },
    {
      name: "a decision with the digest of something else",
      change: { instead: { decide: (story) => approve(story, "U2", { digest: "d".repeat(64) }) } },
      check: "approval content",
      says: "with the digest of something else",
    },
    {
      name: "an approval of another revision",
      change: { instead: { "post prod": (story) => void story.post("prod", { revision: OTHER }) } },
      check: "approval content",
      says: "had been approved and not ccccccc",
    },
    {
      name: "an application made again since",
      change: {
        before: {
          "sync prod": (story) => {
            const { app } = { app: appOf("prod") };
            story.argocd.specs.push({
              at: story.now,
              app,
              uid: "uid-new",
              specVersion: 1,
              source: { path: "prod" },
              isAutoSynced: false,
            });
          },
        },
        instead: { "post prod": (story) => void story.post("prod", { uid: "uid-new" }) },
      },
      check: "approval content",
      says: "deleted and made again",
    },
    {
      name: "sources that have changed since",
      change: {
        before: {
          "sync prod": (story) =>
            void story.argocd.specs.push({
              at: story.now,
              app: appOf("prod"),
              uid: "uid-prod",
              specVersion: 2,
              source: { path: "elsewhere" },
              isAutoSynced: false,
            }),
        },
      },
      check: "approval content",
      says: "own sources had changed",
    },
    {
      name: "something else that has become live since",
      change: {
        before: {
          "sync prod": (story) => {
            const operation = story.post("prod", { by: "admin", identity: "none", revision: OTHER });
            story.span("prod", { revision: OTHER });
            story.finish(operation);
            story.look(5000);
          },
        },
      },
      check: "approval content",
      says: "what was live was not aaaaaaa any more",
    },
    {
      name: "a gate that passes by itself",
      change: { instead: { decide: () => undefined } },
      check: "approval",
      says: "0 of 1 people had approved",
    },
    {
      name: "a sync after a rejection",
      change: { instead: { decide: (story) => approve(story, "U2", { decision: "reject" }) } },
      check: "approval",
      says: "somebody had rejected it",
    },
    {
      name: "a digest that does not fit what is shown",
      change: {
        instead: {
          gate: (story) => {
            started(story, "prod", "gate");
            story.read("prod");
            const opened = {
              path: stepPath("prod", "gate"),
              attempt: 1,
              digest: digestOf({ ...SUBJECT, toRevision: OTHER }),
            };
            fact(story, "gate.opened", { ...opened, subject: SUBJECT, expiresAt: story.now + 600_000 });
          },
        },
      },
      check: "approval content",
      says: "is not that of what it shows",
    },
    {
      name: "a decision that nobody pressed",
      change: {
        instead: {
          decide: (story) => {
            const what = { path: stepPath("prod", "gate"), attempt: 1, decision: "approve", digest: digestOf(SUBJECT) };
            fact(story, "gate.decided", { ...what, groups: [], reason: "" }, pseudonym("U2"));
          },
        },
      },
      check: "approval",
      says: "whom nobody saw press a button",
    },
    {
      name: "Argo CD's own rollback, which was not what was approved",
      change: {
        instead: { "post prod": (story) => void story.post("prod", { kind: "rollback" }) },
      },
      check: "approval content",
      says: "another way to get there",
    },
    {
      name: "a sync on an approval that was voided",
      change: {
        after: {
          passed: (story) =>
            fact(story, "gate.voided", { path: stepPath("prod", "gate"), attempt: 1, changed: [], message: "" }),
        },
        before: { "post prod": (story) => story.look(1000) },
      },
      check: "approval",
      says: "had been voided",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  const fine: readonly { readonly name: string; readonly change: Change }[] = [
    {
      name: "of somebody who left the group half a minute ago",
      change: decided("U2", (story) => {
        story.slack.groups.push({ at: story.now, group: "S0RELEASE", users: ["U3"] });
        story.look(30_000);
      }),
    },
    {
      name: "of one who is named, in no group",
      change: {
        instead: {
          decide: (story) => {
            story.slack.groups.push({ at: 1, group: "S0RELEASE", users: [] });
            approve(story, "U3");
          },
          request: (story) => story.message(REQUEST, "Approval of checkout: Approved by <@U3> now"),
        },
      },
    },
    {
      name: "where the rule changed while the decision was under way",
      change: {
        after: {
          decide: (story) => {
            const prod = story.places[1];
            if (prod !== undefined)
              prod.approvals = [...prod.approvals, { at: story.now, rule: { ...RULE, quorum: 2 } }];
          },
        },
      },
    },
  ];
  test.each(fine)("an approval $name counts", ({ change }) => {
    expect(played(change).map(violationText)).toEqual([]);
  });
});

describe("effects", () => {
  const planted: readonly Planted[] = [
    {
      name: "the same attempt carried out twice",
      change: { after: { "roll out staging": (story) => void story.post("staging") } },
      check: "no effect twice",
      says: "was carried out twice",
    },
    {
      name: "a second attempt where the first had succeeded",
      change: {
        after: {
          "roll out staging": (story) => {
            const [path, identity] = [
              stepPath("staging", "sync"),
              { run: RUN, step: stepPath("staging", "sync"), attempt: 2 },
            ];
            started(story, "staging", "sync", { attempt: 2, path });
            story.look();
            story.post("staging", { identity });
          },
        },
      },
      check: "no effect twice",
      says: "although its earlier attempt had not failed",
    },
    {
      name: "a sync of ours that no step asked for",
      change: {
        after: {
          start: (story) => void story.post("staging", { identity: { run: RUN, step: "promote/other", attempt: 1 } }),
        },
      },
      check: "no effect twice",
      says: "that no step has asked for",
    },
    {
      name: "a sync that was not written down before",
      change: { instead: { "checkpoint staging": () => undefined } },
      check: "record before the act",
      says: "before it was written down",
    },
    {
      name: "a sync of another revision than the step says",
      change: { instead: { "post staging": (story) => void story.post("staging", { revision: OTHER }) } },
      check: "the right effect",
      says: "asked for something else",
    },
    {
      name: "a step that begins again without a reason",
      change: { after: { "staging synced": (story) => started(story, "staging", "sync", { attempt: 2 }) } },
      check: "nothing runs again",
      says: "although it had succeeded",
    },
    {
      name: "a retry before its time",
      change: {
        instead: {
          "post staging": (story) => {
            const failure = { code: "argocd.unreachable", message: "", retry: "backoff" };
            const failed = { path: stepPath("staging", "sync"), attempt: 1, failure, retryAt: story.now + 5000 };
            fact(story, "step.failed", failed);
            story.look(1000);
            started(story, "staging", "sync", { attempt: 2 });
          },
        },
      },
      check: "nothing runs again",
      says: "was tried again 4000 ms before its time",
    },
    {
      name: "an attempt that is left out",
      change: { instead: { "sync staging": (story) => started(story, "staging", "sync", { attempt: 2 }) } },
      check: "attempts count up",
      says: "Attempt 2",
    },
    {
      name: "a sync after the run had ended",
      change: {
        after: {
          request: (story) => {
            story.look(10_000);
            story.post("prod", { at: story.now });
          },
        },
      },
      check: "ended runs stay ended",
      says: "after the run had ended",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("a second attempt after one that Argo CD could not carry out is in order", () => {
    const path = stepPath("staging", "sync");
    const found = played({
      instead: {
        "post staging": (story) => {
          const first = story.post("staging");
          story.finish(first, "Error");
          const failure = { code: "argocd.sync-error", message: "the repo-server was away", retry: "backoff" };
          fact(story, "step.failed", { path, attempt: 1, failure, retryAt: story.now + 5000 });
          story.look(5000);
          started(story, "staging", "sync", { attempt: 2 });
          story.look();
          checkpoint(story, "staging", 2);
          story.look();
          story.post("staging", { identity: { run: RUN, step: path, attempt: 2 } });
        },
        "staging synced": (story) => succeeded(story, "staging", "sync", {}, 2),
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("acts", () => {
  const planted: readonly Planted[] = [
    {
      name: "a command that was acknowledged and not written down",
      change: { after: { start: (story) => void story.deliver("U2", { kind: "command" }) } },
      check: "acts",
      says: "it was not written down",
    },
    {
      name: "a click that was acknowledged and not written down, of which nobody was told",
      change: { after: { gate: (story) => void story.deliver("U2", { kind: "click", value: "{}" }) } },
      check: "acts",
      says: "acknowledged and then lost",
    },
    {
      name: "an act that was written down twice",
      change: {
        after: {
          start: (story) => {
            const key = "slash/T1/t0";
            story.row("intents", "intent.received", { id: "int_again", key, kind: "slash", body: {} }, pseudonym("U1"));
            story.settle("int_again");
          },
        },
      },
      check: "acts",
      says: "written down twice",
    },
    {
      name: "an act that is never dealt with",
      change: {
        after: { gate: (story) => void story.act("U4", { kind: "click", body: decisionBody(), value: "{}" }) },
      },
      check: "acts",
      says: "never dealt with",
    },
    {
      name: "an act that is dealt with twice",
      change: { after: { start: (story) => story.settle("int_0") } },
      check: "acts",
      says: "dealt with twice",
    },
    {
      name: "an act that nobody did",
      change: {
        after: {
          start: (story) => {
            story.row(
              "intents",
              "intent.received",
              { id: "int_x", key: "slash/T1/none", kind: "slash", body: {} },
              "p_U9",
            );
            story.settle("int_x");
          },
        },
      },
      check: "acts",
      says: "nobody did in Slack",
    },
    {
      name: "an act that is put down to somebody else",
      change: {
        after: {
          start: (story) => {
            const { triggerId } = story.deliver("U5", { kind: "command" });
            const key = `slash/T1/${triggerId}`;
            story.row("intents", "intent.received", { id: "int_y", key, kind: "slash", body: {} }, pseudonym("U1"));
            story.settle("int_y");
          },
        },
      },
      check: "identity",
      says: "what U5 did in Slack",
    },
    {
      name: "an act of which nobody hears what came of it",
      change: {
        after: {
          gate: (story) => {
            const id = story.act("U4", { kind: "command" });
            story.row("intents", "intent.settled", { id, result: { kind: "notice", code: "x", message: "No." } });
          },
        },
      },
      check: "acts",
      says: "left without an answer",
    },
    {
      name: "a run that is cancelled by nobody",
      change: { after: { gate: (story) => fact(story, "run.cancel-requested", { reason: "" }, pseudonym("U2")) } },
      check: "acts",
      says: "run.cancel-requested is put down to p_U2, who has not asked for it",
    },
    {
      name: "a run that is cancelled by somebody who may not",
      change: { after: { "wait prod": (story) => cancelled(story, "U5") } },
      check: "access",
      says: "U5 did what run.cancel-requested says, and is in none of the groups",
    },
    {
      name: "a run that was started by somebody who may not",
      change: { before: { start: (story) => story.slack.groups.push({ at: 1, group: "S0DEV", users: [] }) } },
      check: "access",
      says: "U1 did what run.started says",
    },
    {
      name: "a lock that was lifted by somebody who is a guest by now",
      change: {
        after: {
          start: (story) => {
            story.slack.people.push({ at: story.now, user: "U2", standing: "guest" });
            story.row("locks", "lock.set", { key: "a/b", reason: "", run: "run_0", since: 0 }, pseudonym("U9"));
            story.look(100_000);
            asked(story, "U2", () => void story.row("locks", "lock.lifted", { key: "a/b" }, pseudonym("U2")));
          },
        },
      },
      check: "access",
      says: "U2 did what lock.lifted says, and is no full member",
    },
    {
      name: "a retry from a step that had succeeded and that nobody named",
      change: {
        instead: FAILS("step.timeout") ?? {},
        after: {
          finish: (story) =>
            asked(story, "U1", () => {
              const forgotten = [stepPath("prod", "sync"), stepPath("prod", "healthy")];
              fact(story, "run.retried", { from: stepPath("prod", "sync"), forgotten }, pseudonym("U1"));
            }),
        },
      },
      check: "acts",
      says: "from sync, which had succeeded and which nobody named",
    },
    {
      name: "a message that is posted before the log has it",
      change: {
        before: {
          card: (story) => {
            const versions = [{ at: story.now, text: "early", blocks: [] }];
            const slot = `${RUN}/step/x`;
            story.slack.messages.push({
              channel: "C1",
              ts: "9.0",
              threadTs: undefined,
              slot,
              versions,
              deletedAt: undefined,
            });
            story.look();
          },
        },
      },
      check: "record before the act",
      says: "was posted before it was written down",
    },
    {
      name: "two runs of one command",
      change: {
        after: {
          start: (story) => {
            const origin = { door: "slash", intent: "int_0", team: "T1", channel: "C1", text: "" };
            story.row("run_02", "run.started", { origin, targets: [], inputs: {}, title: "" }, pseudonym("U1"));
          },
        },
      },
      check: "acts",
      says: "One act had two effects",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("each of two acts of one person on one gate is known by what is settled with it", () => {
    const found = played({
      instead: {
        decide: (story) => {
          const stale = decisionBody({ digest: "0".repeat(64), decision: "reject" });
          const value = JSON.stringify({ digest: digestOf(SUBJECT) });
          const approving = story.act("U2", { kind: "click", body: decisionBody(), value });
          const rejecting = story.act("U2", { kind: "click", body: stale, value: '{"digest":"0"}' });
          story.look();
          const what = { path: stepPath("prod", "gate"), attempt: 1 };
          fact(
            story,
            "gate.refused",
            { ...what, decision: "reject", code: "gate.stale", message: "" },
            pseudonym("U2"),
          );
          story.settle(rejecting);
          const versions = [{ at: story.now, text: "It was replaced.", blocks: [] }];
          story.slack.ephemerals.push({ user: "U2", answers: 2, versions });
          story.look();
          const decided = { ...what, decision: "approve", digest: digestOf(SUBJECT), groups: [], reason: "" };
          fact(story, "gate.decided", decided, pseudonym("U2"));
          passed(story);
          story.settle(approving);
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });

  test("what is delivered twice is one act", () => {
    const found = played({
      after: {
        start: (story) => {
          const [first] = story.slack.deliveries;
          if (first !== undefined) story.slack.deliveries.push({ ...first, number: 1, repeats: 0 });
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });

  test("an act whose acknowledgement says that it was not written down is not lost", () => {
    const found = played({
      after: {
        start: (story) => {
          const delivery = story.deliver("U2", { kind: "command" });
          delivery.acknowledgement = { text: "This could not be written down, so it did not happen." };
        },
        gate: (story) => {
          const { number } = story.deliver("U4", { kind: "click", value: "{}" });
          const versions = [{ at: story.now, text: "This could not be written down.", blocks: [] }];
          story.slack.ephemerals.push({ user: "U4", answers: number, versions });
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("locks", () => {
  const other = (story: Story, change: object = {}): void => {
    const origin = { door: "system", team: "T1", channel: "C1", text: "" };
    story.row("run_02", "run.started", { origin, targets: [], inputs: {}, title: "", ...change });
  };
  const asks = (story: Story, order: number, change: object = {}): void => {
    story.row("run_02", "lock.requested", { path: "x/lock", keys: ["checkout/prod"], order, ...change });
  };
  const held = (story: Story, environment: string): void => {
    const key = `checkout/${environment}`;
    story.row("locks", "lock.set", { key, reason: "", run: RUN, since: story.now }, pseudonym("U1"));
    fact(story, "lock.released", { path: stepPath(environment, "lock"), keys: [key], hold: "held" });
  };
  const has = (story: Story): void => {
    story.row("run_02", "lock.acquired", { path: "x/lock", keys: ["checkout/prod"] });
  };
  const planted: readonly Planted[] = [
    {
      name: "a lock that is free and is not given to who waits",
      change: {
        before: {
          "lock prod": (story) => {
            other(story);
            asks(story, 9);
            story.look(3000);
          },
        },
      },
      check: "locks",
      says: "checkout/prod was free, and was not given to who waited",
    },
    {
      name: "a lock that two runs hold",
      change: {
        after: {
          "lock prod": (story) => {
            other(story);
            asks(story, 3);
            has(story);
          },
        },
      },
      check: "locks",
      says: `was had while ${RUN} held it`,
    },
    {
      name: "somebody who jumps the queue",
      change: {
        before: {
          "lock prod": (story) => {
            other(story);
            asks(story, 1.5);
          },
        },
      },
      check: "locks",
      says: "although run_02 came before",
    },
    {
      name: "an urgent run that is passed",
      change: {
        before: {
          "lock prod": (story) => {
            other(story, { plan: { command: "rollback", steps: [], onFailure: [], urgent: true } });
            asks(story, 9, { urgent: true });
          },
        },
      },
      check: "locks",
      says: "although run_02 came before",
    },
    {
      name: "a run that goes on although a rollback waits for it",
      change: {
        after: {
          "lock prod": (story) => {
            other(story, { plan: { command: "rollback", steps: [], onFailure: [], urgent: true } });
            asks(story, 9, { urgent: true });
          },
        },
      },
      check: "locks",
      says: "although a rollback waits for it",
    },
    {
      name: "a lock that a person had set",
      change: {
        before: {
          "lock prod": (story) =>
            void story.row(
              "locks",
              "lock.set",
              { key: "checkout/prod", reason: "no", since: story.now },
              pseudonym("U4"),
            ),
        },
      },
      check: "locks",
      says: "although p_U4 had locked it",
    },
    {
      name: "a sync without the lock",
      change: {
        before: {
          "post prod": (story) => {
            unlock(story, "prod");
            story.look(1000);
          },
        },
        instead: { "unlock prod": () => undefined },
      },
      check: "locks",
      says: "was changed without the lock checkout/prod",
    },
    {
      name: "a lock that is left",
      change: { instead: { "unlock prod": () => undefined } },
      check: "locks",
      says: "ended with the lock",
    },
    {
      name: "a lock by hand that expires early",
      change: {
        after: {
          start: (story) => {
            const until = story.now + 60_000;
            story.row("locks", "lock.set", { key: "checkout/core", reason: "", since: story.now, until }, "p_U4");
            story.row("locks", "lock.expired", { key: "checkout/core" });
          },
        },
      },
      check: "locks",
      says: "expired before its time",
    },
    {
      name: "a hold that is said and not left",
      change: {
        instead: {
          "unlock prod": (story) =>
            fact(story, "lock.released", { path: stepPath("prod", "lock"), keys: ["checkout/prod"], hold: "held" }),
        },
      },
      check: "locks",
      says: "No hold was left on checkout/prod",
    },
    {
      name: "a hold that the command asks for and is not left",
      change: {
        instead: {
          start: (story) =>
            startRun(story, {
              plan: {
                command: "promote",
                steps: [{ type: "lock", key: "lock", hold: true, steps: [] }],
                onFailure: [],
              },
            }),
        },
      },
      check: "locks",
      says: "was given back without a hold",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("a hold is left where it stands in the log before the lock was given back", () => {
    const found = played({
      instead: {
        start: (story) =>
          startRun(story, {
            plan: { command: "promote", steps: [{ type: "lock", key: "lock", hold: true, steps: [] }], onFailure: [] },
          }),
        "unlock staging": (story) => held(story, "staging"),
        "lock prod": (story) => lock(story, "prod", 2),
        "unlock prod": (story) => held(story, "prod"),
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });

  test("waiting one's turn is in order", () => {
    const found = played({
      after: {
        "lock prod": (story) => {
          other(story);
          asks(story, 3);
        },
        "unlock prod": (story) => {
          has(story);
          story.row("run_02", "lock.released", { path: "x/lock", keys: ["checkout/prod"] });
          story.row("run_02", "run.finished", { status: "succeeded" });
          story.message("run_02/card", "x: succeeded.");
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("the life of a run", () => {
  const planted: readonly Planted[] = [
    {
      name: "a fact after the end",
      change: {
        after: {
          finish: (story) => fact(story, "step.started", { path: "promote/x", attempt: 1, token: story.token() }),
        },
      },
      check: "ended runs stay ended",
      says: "step.started was recorded after the run had ended",
    },
    {
      name: "an outcome of an older attempt",
      change: { instead: { "staging synced": (story) => succeeded(story, "staging", "sync", {}, 2) } },
      check: "newest token",
      says: "about attempt 2",
    },
    {
      name: "a token that is not of its moment",
      change: { instead: { "wait staging": (story) => started(story, "staging", "healthy", { token: 3 }) } },
      check: "newest token",
      says: "under token 3",
    },
    {
      name: "a success without a start",
      change: { instead: { "sync staging": () => undefined } },
      check: "step order",
      says: "which was never started",
    },
    {
      name: "two outcomes of one attempt",
      change: { after: { "staging synced": (story) => succeeded(story, "staging", "sync") } },
      check: "step order",
      says: "which was succeeded",
    },
    {
      name: "prod before staging is proven",
      change: { instead: { "prove staging": () => undefined } },
      check: "environments in order",
      says: "began while promote/for-each[staging]/healthy was running",
    },
    {
      name: "prod although nothing waited for staging",
      change: {
        instead: { "wait staging": () => undefined, "prove staging": () => undefined },
      },
      check: "environments in order",
      says: "staging, which comes before, was not proven",
    },
    {
      name: "an end with something under way",
      change: { instead: { "prove prod": () => undefined } },
      check: "ended runs stay ended",
      says: "while promote/for-each[prod]/healthy was running",
    },
    {
      name: "an end as something else than it was",
      change: { instead: { finish: (story) => fact(story, "run.finished", { status: "cancelled" }) } },
      check: "ended runs stay ended",
      says: "as cancelled while it was running",
    },
    {
      name: "a run that stands still",
      change: { instead: { finish: () => undefined, card: () => undefined } },
      check: "at the end",
      says: "stands still between two steps",
    },
    {
      name: "messages that wait to be sent",
      change: { backlog: 2 },
      check: "at the end",
      says: "2 messages are still",
    },
    {
      name: "a retry of what had succeeded",
      change: {
        after: { finish: (story) => fact(story, "run.retried", { from: "", forgotten: [] }, pseudonym("U1")) },
      },
      check: "retry",
      says: "although it had succeeded",
    },
    {
      name: "a retry that goes further back than asked for",
      change: {
        instead: FAILS("step.timeout") ?? {},
        after: {
          finish: (story) => {
            const forgotten = [stepPath("prod", "sync"), stepPath("prod", "healthy")];
            fact(story, "run.retried", { from: stepPath("prod", "healthy"), forgotten }, pseudonym("U1"));
          },
        },
      },
      check: "nothing runs again",
      says: "forgot promote/for-each[prod]/sync, which does not come after it",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("what is late because something went wrong is not held against it", () => {
    const found = played({
      before: {
        start: (story) => {
          story.isCalm = false;
        },
      },
      after: {
        gate: (story) => {
          const id = story.act("U4", { kind: "command" });
          story.row("intents", "intent.settled", { id, result: { kind: "notice", code: "x", message: "No." } });
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });

  test("a refusal after the end is no fact about the run", () => {
    const found = played({
      after: {
        request: (story) => fact(story, "run.refused", { verb: "cancel", code: "", message: "" }, pseudonym("U1")),
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("proofs", () => {
  const proving = (before: (story: Story) => void): Change => ({
    instead: {
      "prove prod": (story) => {
        before(story);
        prove(story, "prod");
      },
    },
  });
  const planted: readonly Planted[] = [
    {
      name: "of a revision that is not there",
      change: proving((story) => story.span("prod", { revision: OTHER })),
      check: "proof",
      says: "although ccccccc ran there",
    },
    {
      name: "of a sick application",
      change: proving((story) => story.span("prod", { health: "Degraded" })),
      check: "proof",
      says: "it was Degraded",
    },
    {
      name: "too early after the application became healthy",
      change: proving((story) => {
        story.span("prod", { health: "Degraded" });
        story.look(1000);
        story.span("prod", { health: "Healthy" });
        story.look(2000);
      }),
      check: "proof",
      says: "had been Healthy for 2000 ms only",
    },
    {
      name: "of what Argo CD had compared before it was synced, in the same second",
      change: proving((story) => {
        const endedAt = story.argocd.operations.at(-1)?.endedAt ?? 0;
        story.comparedAt.set(appOf("prod"), endedAt - 1);
      }),
      check: "proof",
      says: "had not compared it since the operation",
    },
    {
      name: "of a mixture",
      change: proving((story) => story.span("prod", { isMixed: true })),
      check: "proof",
      says: "was a mixture",
    },
    {
      name: "of another application",
      change: { instead: { "prove prod": (story) => prove(story, "prod", { applicationUid: "uid-old" }) } },
      check: "proof",
      says: "was another one by then",
    },
    {
      name: "without a look",
      change: {
        instead: {
          "prove prod": (story) => {
            story.look(60_000);
            succeeded(story, "prod", "healthy", { revision: NEW, applicationUid: "uid-prod" });
          },
        },
      },
      check: "proof",
      says: "nobody had looked",
    },
    {
      name: "of something that no operation brought",
      change: {
        instead: {
          "post prod": () => undefined,
          "roll out prod": (story) => {
            story.span("prod", { revision: NEW });
            story.look(20_000);
          },
        },
      },
      check: "proof",
      says: "no operation had brought it there",
    },
  ];
  test.each(planted)("a proof $name is noticed", expectFound);

  const fine: readonly { readonly name: string; readonly change: Change }[] = [
    {
      name: "that was sick within the same second",
      change: proving((story) => {
        story.span("prod", { health: "Degraded" });
        story.look(100);
        story.span("prod", { health: "Healthy" });
        story.look(4500);
      }),
    },
    {
      name: "that follows its branch to a commit which changes nothing of it",
      change: {
        instead: {
          "post prod": () => undefined,
          "prod synced": (story) => succeeded(story, "prod", "sync", { operation: { tracked: true } }),
          "wait prod": (story) => {
            const input = { app: "main/argocd/checkout-prod", revision: NEW, operation: { tracked: true } };
            started(story, "prod", "healthy", { input });
          },
          "roll out prod": (story) => story.look(10_000),
          "prove prod": (story) => {
            story.synced = { compared: NEW, isSynced: true };
            prove(story, "prod");
          },
        },
      },
    },
    {
      name: "that falls sick after the look that decided",
      change: {
        instead: {
          "prove prod": (story) => {
            story.read("prod");
            story.look(50);
            story.span("prod", { health: "Degraded" });
            succeeded(story, "prod", "healthy", { revision: NEW, applicationUid: "uid-prod" });
          },
        },
      },
    },
  ];
  test.each(fine)("an application $name may be proven", ({ change }) => {
    expect(played(change).map(violationText)).toEqual([]);
  });
});

describe("failures", () => {
  const gateFails = (code: string, afterMs: number): Change => ({
    instead: {
      decide: (story) => {
        story.look(afterMs);
        const failure = { code, message: "", retry: "never" };
        fact(story, "step.failed", { path: stepPath("prod", "gate"), attempt: 1, failure });
      },
    },
    until: "passed",
  });
  const planted: readonly Planted[] = [
    {
      name: "a gate that expires early",
      change: gateFails("gate.expired", 1000),
      check: "true failures",
      says: "ms left",
    },
    {
      name: "a rejection by nobody",
      change: gateFails("gate.rejected", 1000),
      check: "true failures",
      says: "nobody had rejected",
    },
    {
      name: "a sickness that was none",
      change: { instead: FAILS("argocd.degraded") ?? {} },
      check: "true failures",
      says: "it was not Degraded whenever somebody looked",
    },
    {
      name: "a sickness that was shorter than the grace",
      change: {
        instead: FAILS("argocd.degraded") ?? {},
        before: {
          "prove prod": (story) => {
            story.span("prod", { health: "Degraded" });
            story.look(3000);
          },
        },
      },
      check: "true failures",
      says: "for the time of grace",
    },
    {
      name: "a time limit that there was not",
      change: { instead: FAILS("step.timeout") ?? {} },
      check: "true failures",
      says: "the step had no limit",
    },
    {
      name: "a time limit that was not over",
      change: {
        instead: {
          ...FAILS("step.timeout"),
          "wait prod": (story) => started(story, "prod", "healthy", { deadlineAt: story.now + 900_000 }),
        },
      },
      check: "true failures",
      says: "ms left",
    },
    {
      name: "an application that was made again and was not",
      change: { instead: FAILS("argocd.recreated") ?? {} },
      check: "true failures",
      says: "the same application all the time",
    },
    {
      name: "a termination that there was not",
      change: { instead: FAILS("argocd.terminated") ?? {} },
      check: "true failures",
      says: "no operation there had ended so",
    },
    {
      name: "somebody else's operation that there was not",
      change: { instead: FAILS("argocd.superseded") ?? {} },
      check: "true failures",
      says: "nobody else had begun anything",
    },
    {
      name: "an application that is said to be gone and is there",
      change: { instead: FAILS("argocd.gone") ?? {} },
      check: "true failures",
      says: "the application was there all the time",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("a sickness that lasted is a reason", () => {
    const found = played({
      instead: FAILS("argocd.degraded") ?? {},
      before: {
        "prove prod": (story) => {
          story.span("prod", { health: "Degraded" });
          story.look(11_000);
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });

  test("a gate that expires in its time is in order", () => {
    expect(played(gateFails("gate.expired", 610_000)).map(violationText)).toEqual([]);
  });
});

describe("cancelling", () => {
  const planted: readonly Planted[] = [
    {
      name: "an operation that goes on",
      change: {
        instead: { ...CANCELLED, "roll out prod": () => undefined },
      },
      check: "cancel",
      says: "went on in Argo CD",
    },
    {
      name: "a step that begins while the run is being cancelled",
      change: {
        instead: CANCELLED ?? {},
        before: {
          "unlock prod": (story) =>
            fact(story, "step.started", { path: "promote/x", attempt: 1, token: story.token(), input: {} }),
        },
      },
      check: "cancel",
      says: "began although the run was being cancelled",
    },
    {
      name: "somebody else's operation that is ended",
      change: {
        after: {
          "wait prod": (story) => {
            const theirs = story.post("prod", { by: "admin", identity: "none" });
            story.argocd.posts.push({
              at: story.now,
              app: appOf("prod"),
              uid: "uid-prod",
              kind: "terminate",
              revision: NEW,
              by: "quarterdeck",
              operation: theirs.number,
            });
          },
        },
      },
      check: "cancel",
      says: "which is none of ours, was ended",
    },
    {
      name: "an operation that is ended although nobody cancelled",
      change: {
        after: {
          "wait prod": (story) => {
            const post = {
              at: story.now,
              app: appOf("prod"),
              uid: "uid-prod",
              kind: "terminate" as const,
              revision: NEW,
            };
            story.argocd.posts.push({ ...post, by: "quarterdeck", operation: story.argocd.operations.length - 1 });
          },
        },
      },
      check: "cancel",
      says: "although nobody had cancelled the run",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("a run whose operation has ended may be cancelled", () => {
    expect(played({ instead: CANCELLED ?? {} }).map(violationText)).toEqual([]);
  });

  test("what the log says could not be ended is not held against it", () => {
    const found = played({
      instead: {
        ...CANCELLED,
        "roll out prod": () => undefined,
        "prove prod": (story) => {
          cancelled(story, "U1");
          const ending = { path: stepPath("prod", "healthy"), attempt: 1, message: "The run was cancelled." };
          fact(story, "step.cancelled", ending);
          const stop = { stops: stepPath("prod", "sync"), uses: "argocd/terminate", sort: "action" };
          started(story, "prod", "sync/stop", stop);
          story.read("prod");
          succeeded(story, "prod", "sync/stop", { outcome: "could-not", message: "It goes on.", live: "" });
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("masks", () => {
  const secret = "canary-slack-4Tn8Rb";
  const hex = Buffer.from(secret).toString("hex");
  const written: readonly (readonly [string, string])[] = [
    ["as it is", secret],
    ["in base64", Buffer.from(`Bearer ${secret}!`).toString("base64")],
    ["in base64 that begins elsewhere", Buffer.from(`x${secret}`).toString("base64")],
    ["in base64 that begins at yet another place", Buffer.from(`xy${secret}:`).toString("base64")],
    ["in hexadecimal", hex],
    ["in hexadecimal backwards", Array.from(hex).toReversed().join("")],
    ["as in an address", `https://x/?token=${encodeURIComponent(secret)}`],
  ];
  test.each(written)("a secret %s is noticed in a row, in a message and in a line", (_, text) => {
    const inRow = played({ after: { start: (story) => void story.row("server", "server.started", { text }) } });
    const inMessage = played({ after: { card: (story) => story.message(`${RUN}/step/x`, `so ${text} is`) } });
    const inLine = played({ after: { start: (story) => story.line(`{"error":"${text}"}`) } });
    const inPrivate = played({
      after: {
        start: (story) =>
          void story.slack.ephemerals.push({ user: "U1", answers: 0, versions: [{ at: story.now, text, blocks: [] }] }),
      },
    });
    for (const found of [inRow, inMessage, inLine, inPrivate]) expect(checksIn(found)).toEqual(["masks"]);
  });
});

describe("what Slack shows", () => {
  const planted: readonly Planted[] = [
    {
      name: "a card that stands there twice",
      change: {
        after: {
          card: (story) =>
            void story.slack.messages.push({
              channel: "C1",
              ts: "99.0",
              threadTs: undefined,
              slot: `${RUN}/card`,
              versions: [{ at: 0, text: "", blocks: [] }],
              deletedAt: undefined,
            }),
        },
      },
      check: "what Slack shows",
      says: "stands in Slack twice",
    },
    {
      name: "a card that is missing",
      change: { instead: { card: () => undefined } },
      check: "what Slack shows",
      says: "The card of the run stands nowhere",
    },
    {
      name: "a card that says something else",
      change: {
        instead: { card: (story) => story.message(`${RUN}/card`, "Promote checkout: running. asked for by <@U1>") },
      },
      check: "what Slack shows",
      says: "does not say that the run has succeeded",
    },
    {
      name: "a card that names somebody else",
      change: {
        instead: { card: (story) => story.message(`${RUN}/card`, "Promote checkout: succeeded. asked for by <@U4>") },
      },
      check: "what Slack shows",
      says: "who asked for the run",
    },
    {
      name: "buttons that are left",
      change: { instead: { request: (story) => story.message(REQUEST, "Approved by <@U2> gate_approve") } },
      check: "what Slack shows",
      says: "still has buttons",
    },
    {
      name: "an approval by somebody else",
      change: { instead: { request: (story) => story.message(REQUEST, "Approved by <@U3>") } },
      check: "what Slack shows",
      says: "does not say that U2 approved it",
    },
    {
      name: "a request that is missing",
      change: { instead: { request: (story) => story.unpost(REQUEST) } },
      check: "what Slack shows",
      says: "Request 1 for approval",
    },
    {
      name: "a message of which the log does not know whether it was posted",
      change: {
        after: {
          card: (story) =>
            void story.row("messages", "message.posting", { slot: `${RUN}/alert`, team: "T1", channel: "C1" }),
        },
      },
      check: "what Slack shows",
      says: "never found out whether",
    },
    {
      name: "a message that the log does not know",
      change: {
        after: {
          card: (story) =>
            void story.slack.messages.push({
              channel: "C1",
              ts: "98.0",
              threadTs: undefined,
              slot: `${RUN}/x`,
              versions: [{ at: 0, text: "", blocks: [] }],
              deletedAt: undefined,
            }),
        },
      },
      check: "what Slack shows",
      says: "and not in the log",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("a message that somebody deleted, or that Slack would not take, is not missed", () => {
    const deleted = played({
      after: {
        card: (story) => {
          const [card] = story.slack.messages;
          if (card !== undefined) card.deletedAt = story.now;
        },
      },
    });
    const lost = played({
      instead: {
        request: (story) =>
          void story.row("messages", "message.lost", {
            slot: REQUEST,
            team: "T1",
            channel: "C1",
            lostReason: "is_archived",
          }),
      },
    });
    expect([...deleted, ...lost].map(violationText)).toEqual([]);
  });
});
