import { describe, expect, test } from "vitest";

import { violationText } from "../../../sim/check/violation.ts";
import { expectFound, type Planted } from "./planted.ts";
import {
  approve,
  asked,
  type Change,
  checkpoint,
  decisionBody,
  digestOf,
  fact,
  passed,
  played,
  REQUEST,
  rollOut,
  SHOWN,
  started,
  startRun,
  stepPath,
  SUBJECT,
  succeeded,
} from "./promotion.ts";
import { appOf, NEW, OLD, OTHER, pseudonym, RUN, type Story } from "./story.ts";

const FAILURE = { code: "step.timeout", message: "it did not work", retry: "never" };

/** The wait in prod fails, and the run with it. */
function failing(failure: object, steps: readonly ((story: Story) => void)[]): Change["instead"] {
  return {
    "prove prod": (story) => {
      story.read("prod");
      fact(story, "step.failed", { path: stepPath("prod", "healthy"), attempt: 1, failure });
    },
    finish: (story) => {
      fact(story, "run.failed", { path: stepPath("prod", "healthy"), failure });
      for (const step of steps) step(story);
      fact(story, "run.finished", { status: "failed" });
    },
  };
}

function alerted(story: Story): void {
  fact(story, "step.skipped", { path: "promote/on-failure/alert", uses: "slack/alert", reason: "" });
}

function refused(story: Story, user: string, code: string): void {
  const value = JSON.stringify({ digest: digestOf(SUBJECT) });
  const intent = story.act(user, { kind: "click", body: decisionBody(), value });
  story.look();
  const what = { path: stepPath("prod", "gate"), attempt: 1, decision: "approve", code, message: "" };
  fact(story, "gate.refused", what, pseudonym(user));
  story.settle(intent);
  const answers = story.slack.deliveries.length - 1;
  story.slack.ephemerals.push({ user, answers, versions: [{ at: story.now, text: "No.", blocks: [] }] });
}

describe("what the command means", () => {
  const planted: readonly Planted[] = [
    {
      name: "a step without the time limit that it has",
      change: {
        instead: {
          start: (story) =>
            startRun(story, {
              plan: { command: "promote", steps: [{ type: "step", key: "sync", timeoutMs: 900_000 }], onFailure: [] },
            }),
        },
      },
      check: "step order",
      says: "began without the time limit",
    },
    {
      name: "more attempts than are meant",
      change: {
        before: {
          "wait staging": (story) => {
            for (let attempt = 1; attempt <= 2; attempt += 1) {
              const failure = { code: "x", message: "", retry: "backoff" };
              started(story, "staging", "healthy", { attempt });
              const path = stepPath("staging", "healthy");
              fact(story, "step.failed", { path, attempt, failure, retryAt: story.now });
            }
          },
        },
        until: "roll out staging",
      },
      check: "nothing runs again",
      says: "was tried 2 times, and 1 are meant",
    },
    {
      name: "a repetition of what is of no use",
      change: {
        instead: {
          "post staging": (story) => {
            const what = { path: stepPath("staging", "sync"), attempt: 1, failure: FAILURE };
            fact(story, "step.failed", { ...what, retryAt: story.now + 5000 });
          },
        },
        until: "staging synced",
      },
      check: "nothing runs again",
      says: "although that is of no use",
    },
    {
      name: "a step that is given up at once",
      change: {
        instead: {
          "post staging": (story) => {
            const failure = { code: "x", message: "", retry: "backoff" };
            fact(story, "step.failed", { path: stepPath("staging", "sync"), attempt: 1, failure });
          },
        },
        until: "staging synced",
      },
      check: "step order",
      says: "was given up although more attempts are meant",
    },
    {
      name: "a step that is built on one that failed",
      change: {
        instead: {
          "staging synced": (story) =>
            fact(story, "step.failed", { path: stepPath("staging", "sync"), attempt: 1, failure: FAILURE }),
        },
        until: "roll out staging",
      },
      check: "step order",
      says: "began although promote/for-each[staging]/sync had failed",
    },
    {
      name: "a run that failed and alerts nobody",
      change: { instead: failing(FAILURE, []) ?? {} },
      check: "nobody is left alone",
      says: "promote/on-failure/alert was left out",
    },
    {
      name: "a retry that keeps what had failed",
      change: {
        instead: failing(FAILURE, [alerted]) ?? {},
        after: {
          finish: (story) =>
            asked(story, "U1", () => {
              fact(story, "run.retried", { from: stepPath("prod", "healthy"), forgotten: [] }, pseudonym("U1"));
            }),
        },
      },
      check: "retry",
      says: "keeps what had become of it",
    },
    {
      name: "a question where nobody is to be asked",
      change: { instead: { "sync staging": (story) => started(story, "staging", "gate") }, until: "post staging" },
      check: "approval",
      says: "staging asks nobody",
    },
    {
      name: "an end of what was proven",
      change: {
        after: {
          "prove prod": (story) => {
            asked(story, "U1", () => fact(story, "run.cancel-requested", { reason: "" }, pseudonym("U1")));
            const stop = { stops: stepPath("prod", "sync"), uses: "argocd/terminate", sort: "action" };
            started(story, "prod", "sync/stop", stop);
          },
        },
        until: "unlock prod",
      },
      check: "cancel",
      says: "was ended although it was proven",
    },
    {
      name: "a gate that goes on asking",
      change: { instead: { decide: (story) => approve(story, "U2", {}, true) } },
      check: "approval",
      says: "goes on asking although 1 of 1 have approved",
    },
    {
      name: "a wait that outlives the cancel",
      change: {
        after: {
          "wait prod": (story) =>
            asked(story, "U1", () => fact(story, "run.cancel-requested", { reason: "" }, pseudonym("U1"))),
        },
        until: "roll out prod",
      },
      check: "cancel",
      says: "which only waits, goes on although the run was cancelled",
    },
    {
      name: "a gate that shows another rule",
      change: {
        instead: {
          gate: (story) => {
            started(story, "prod", "gate");
            story.read("prod");
            const opened = { path: stepPath("prod", "gate"), attempt: 1, subject: SUBJECT, digest: digestOf(SUBJECT) };
            fact(story, "gate.opened", { ...opened, rule: { ...SHOWN, quorum: 2 }, expiresAt: story.now + 600_000 });
          },
        },
        until: "decide",
      },
      check: "approval",
      says: "shows another rule for prod",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("a run that failed, alerted and was retried from where it failed is in order", () => {
    const found = played({
      instead: failing({ ...FAILURE, code: "argocd.not-live" }, [alerted]) ?? {},
      after: {
        finish: (story) => {
          story.look();
          asked(story, "U1", () => {
            const forgotten = [stepPath("prod", "healthy"), "promote/on-failure/alert", stepPath("prod", "lock")];
            fact(story, "run.retried", { from: stepPath("prod", "healthy"), forgotten }, pseudonym("U1"));
          });
          started(story, "prod", "healthy", { attempt: 2 });
          story.look(6000);
          story.read("prod");
          succeeded(story, "prod", "healthy", { revision: NEW, applicationUid: "uid-prod" }, 2);
          fact(story, "run.finished", { status: "succeeded" });
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("refusals", () => {
  const reasons: readonly (readonly [string, string, string])[] = [
    ["approval.not-in-group", "U2", "they were among those who may"],
    ["approval.requester", "U2", "somebody else had asked for the run"],
    ["approval.guest", "U2", "they were a full member all the time"],
    ["approval.already-decided-by-you", "U2", "they had not decided before"],
    ["approval.approved-before", "U2", "they had approved nothing before"],
    ["gate.expired", "U2", "it had not expired"],
    ["gate.decided", "U2", "it had not been decided"],
  ];
  test.each(reasons)("one because of %s that is not so is noticed", (code, user, says) => {
    const change = { before: { decide: (story: Story) => refused(story, user, code) } };
    expectFound({ name: code, change, check: "true refusals", says });
  });

  test("one because it is closed, which it is because somebody has decided, is noticed", () => {
    const change = { after: { decide: (story: Story) => refused(story, "U3", "gate.closed") } };
    expectFound({ name: "", change, check: "true refusals", says: "it had been decided" });
  });

  test("those that are so are in order", () => {
    const found = played({
      before: {
        decide: (story) => {
          refused(story, "U1", "approval.requester");
          story.look();
          refused(story, "U5", "approval.not-in-group");
          story.look();
          refused(story, "U6", "approval.guest");
        },
      },
      after: { decide: (story) => refused(story, "U3", "gate.decided") },
    });
    expect(found.map(violationText)).toEqual([]);
  });

  test("somebody who came into the group half a minute ago may be refused", () => {
    const found = played({
      before: {
        decide: (story) => {
          story.slack.groups.push({ at: story.now, group: "S0RELEASE", users: ["U2", "U5"] });
          story.look(30_000);
          refused(story, "U5", "approval.not-in-group");
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});

describe("syncs", () => {
  const skipped = (story: Story): void => succeeded(story, "staging", "sync", { operation: { skipped: true } });
  /** The run is asked for once more after its end, and finds staging as it was proven. */
  const planted: readonly Planted[] = [
    {
      name: "skipped where nothing was ever proven",
      change: { instead: { "post staging": () => undefined, "staging synced": skipped }, until: "roll out staging" },
      check: "true syncs",
      says: "bbbbbbb had never been proven there",
    },
    {
      name: "skipped although it was to be done in any case",
      change: {
        instead: {
          "sync staging": (story) => {
            const input = { app: "main/argocd/checkout-staging", revision: NEW, again: true };
            started(story, "staging", "sync", { input });
          },
          "post staging": () => undefined,
          "staging synced": skipped,
        },
        until: "roll out staging",
      },
      check: "true syncs",
      says: "it was to be synced in any case",
    },
    {
      name: "which Argo CD had never accepted",
      change: { instead: { "post staging": () => undefined }, until: "roll out staging" },
      check: "true syncs",
      says: "Argo CD had never accepted it",
    },
    {
      name: "asked for although Argo CD does it by itself",
      change: {
        before: {
          "sync staging": (story) => {
            const spec = { at: story.now, app: appOf("staging"), uid: "uid-staging", specVersion: 2, source: {} };
            story.argocd.specs.push({ ...spec, isAutoSynced: true });
          },
        },
        until: "roll out staging",
      },
      check: "true syncs",
      says: "Argo CD syncs the application by itself",
    },
    {
      name: "asked for although another one was under way",
      change: {
        before: { "lock staging": (story) => void story.post("staging", { by: "admin", identity: "none" }) },
        until: "roll out staging",
      },
      check: "true syncs",
      says: "an operation was under way there",
    },
    {
      name: "that goes back",
      change: {
        before: {
          "lock staging": (story) => {
            const operation = story.post("staging", { by: "admin", identity: "none", revision: OTHER });
            story.span("staging", { revision: OTHER });
            story.look();
            story.finish(operation);
          },
        },
        until: "roll out staging",
      },
      check: "true syncs",
      says: "that goes back, which nobody has asked for",
    },
  ];
  test.each(planted)("one $name is noticed", expectFound);

  const again = (story: Story, change: (story: Story) => void): void => {
    const [run, path] = ["run_02", "promote/for-each[staging]/sync"];
    const origin = { door: "system", team: "T1", channel: "C1", text: "" };
    const input = { app: "main/argocd/checkout-staging", revision: NEW };
    story.row(run, "run.started", { origin, targets: [], inputs: {}, title: "" });
    story.look();
    change(story);
    const token = story.token(run);
    story.row(run, "step.started", { path, attempt: 1, uses: "argocd/sync", sort: "action", token, input });
    story.look();
    story.read("staging");
    story.row(run, "step.succeeded", { path, attempt: 1, output: { operation: { skipped: true } } });
    story.row(run, "run.finished", { status: "succeeded" });
    story.look();
    story.message(`${run}/card`, "x: succeeded");
    story.message(`${run}/step/${path}`, "Step: succeeded");
  };

  test("one may be skipped where exactly this was proven before", () => {
    const found = played({ after: { request: (story) => again(story, () => undefined) } });
    expect(found.map(violationText)).toEqual([]);
  });

  test("one that is skipped on a proof from other sources is noticed", () => {
    const moved = (story: Story): void => {
      const spec = { at: story.now, app: appOf("staging"), uid: "uid-staging", specVersion: 2, isAutoSynced: false };
      story.argocd.specs.push({ ...spec, source: { path: "elsewhere" } });
    };
    const change = { after: { request: (story: Story) => again(story, moved) } };
    expectFound({ name: "", change, check: "true syncs", says: "from other sources" });
  });

  test("one that is skipped where something else is live by now is noticed", () => {
    const replaced = (story: Story): void => {
      const operation = story.post("staging", { by: "admin", identity: "none", revision: OTHER });
      story.look();
      story.finish(operation);
      story.look();
    };
    const change = { after: { request: (story: Story) => again(story, replaced) } };
    expectFound({ name: "", change, check: "true syncs", says: "bbbbbbb was not live any more" });
  });

  test("one on an approval that somebody else has undone since is noticed", () => {
    const path = stepPath("prod", "sync");
    const change: Change = {
      instead: {
        "prod synced": (story) => {
          const [first] = story.argocd.operations.slice(-1);
          if (first !== undefined) story.finish(first, "Error");
          const failure = { code: "x", message: "", retry: "backoff" };
          fact(story, "step.failed", { path, attempt: 1, failure, retryAt: story.now });
          story.look();
          const theirs = story.post("prod", { by: "admin", identity: "none", revision: OLD });
          story.look();
          story.finish(theirs);
          story.look();
          const approval = { gate: stepPath("prod", "gate"), digest: digestOf(SUBJECT) };
          started(story, "prod", "sync", { attempt: 2, approval });
          story.look();
          checkpoint(story, "prod", 2);
          story.look();
          story.post("prod", { identity: { run: RUN, step: path, attempt: 2 } });
        },
      },
      until: "wait prod",
    };
    expectFound({ name: "", change, check: "approval content", says: "somebody else had deployed there since" });
  });
});

describe("waits that give up", () => {
  const slowly = (story: Story): void => {
    rollOut(story, "prod");
    story.look(900_000);
  };
  const timing = (before: (story: Story) => void): Change => ({
    instead: {
      ...failing(FAILURE, [alerted]),
      "wait prod": (story) => started(story, "prod", "healthy", { deadlineAt: story.now + 900_000 }),
      "roll out prod": before,
    },
  });

  test("one that times out although the application was healthy is noticed", () => {
    expectFound({ name: "", change: timing(slowly), check: "true failures", says: "had been healthy at the revision" });
  });

  test("one that times out although the application was Degraded is noticed", () => {
    const sick = (story: Story): void => {
      rollOut(story, "prod");
      story.span("prod", { health: "Degraded" });
      story.look(900_000);
    };
    expectFound({
      name: "",
      change: timing(sick),
      check: "true failures",
      says: "had been Degraded at the revision for long",
    });
  });

  test("one that times out while the application makes progress is in order", () => {
    const busy = (story: Story): void => {
      rollOut(story, "prod");
      story.span("prod", { health: "Progressing" });
      story.look(900_000);
    };
    const found = played(timing(busy)).filter(({ check }) => check === "true failures");
    expect(found.map(violationText)).toEqual([]);
  });

  test("one that times out beside another revision, which is Degraded and none of its business, is in order", () => {
    const elsewhere = (story: Story): void => {
      rollOut(story, "prod");
      story.span("prod", { revision: OTHER, health: "Degraded" });
      story.look(900_000);
    };
    const found = played(timing(elsewhere)).filter(({ check }) => check === "true failures");
    expect(found.map(violationText)).toEqual([]);
  });

  test("one that fails of something else long after the application was made anew is noticed", () => {
    const operation = { before: { uid: "uid-prod" } };
    const input = { app: "main/argocd/checkout-prod", revision: NEW, operation };
    const change: Change = {
      instead: {
        ...failing({ ...FAILURE, code: "argocd.not-started" }, [alerted]),
        "wait prod": (story) => started(story, "prod", "healthy", { input }),
        "roll out prod": (story) => {
          story.argocd.existence.push({ at: story.now, app: appOf("prod"), uid: "uid-new", exists: true });
          story.look(60_000);
        },
      },
    };
    expectFound({ name: "", change, check: "true failures", says: "had been made anew, of which it says nothing" });
  });

  test("one that fails because of an outage is noticed", () => {
    const change = { instead: failing({ ...FAILURE, code: "argocd.unreachable" }, [alerted]) ?? {} };
    expectFound({ name: "", change, check: "true failures", says: "an outage is waited out" });
  });
});

describe("messages and locks", () => {
  const planted: readonly Planted[] = [
    {
      name: "a decision on a copy",
      change: {
        instead: {
          decide: (story) => {
            const value = JSON.stringify({ digest: digestOf(SUBJECT) });
            const intent = story.act("U2", { kind: "click", body: decisionBody(), value });
            const [click] = story.slack.deliveries.slice(-1);
            if (click?.click !== undefined) click.click = { ...click.click, messageTs: "77.0" };
            const what = { path: stepPath("prod", "gate"), attempt: 1, decision: "approve", digest: digestOf(SUBJECT) };
            fact(story, "gate.decided", { ...what, groups: [], reason: "" }, pseudonym("U2"));
            passed(story);
            story.settle(intent);
          },
        },
      },
      check: "acts",
      says: "decided on a copy of the request",
    },
    {
      name: "a step that is told outside of the thread",
      change: {
        after: {
          card: (story) => {
            story.message(`${RUN}/step/x`, "x");
            const [message] = story.slack.messages.slice(-1);
            if (message !== undefined) message.threadTs = undefined;
          },
        },
      },
      check: "what Slack shows",
      says: "was posted outside of the run's thread",
    },
    {
      name: "a step whose message says something else",
      change: {
        after: { steps: (story) => story.message(`${RUN}/step/${stepPath("prod", "sync")}`, "Step: running") },
      },
      check: "what Slack shows",
      says: "does not say that it has succeeded",
    },
    {
      name: "a message that is taken for another one",
      change: {
        after: {
          request: (story) => {
            const message = story.slack.messages.find(({ slot }) => slot === REQUEST);
            const slot = `${RUN}/step/${stepPath("prod", "sync")}`;
            story.row("messages", "message.posted", { slot, team: "T1", channel: "C1", ts: message?.ts });
          },
        },
      },
      check: "what Slack shows",
      says: "The log takes the message of",
    },
    {
      name: "a budget that is not kept",
      change: { after: { card: (story) => void story.slack.calls.set("chat.postMessage", { count: 9, limited: 2 }) } },
      check: "budgets",
      says: "chat.postMessage was called 2 times too often",
    },
    {
      name: "somebody who goes on although it is too much",
      change: {
        after: {
          card: (story) => {
            for (let count = 0; count < 20; count += 1) {
              story.slack.refusals.push({ at: story.now + count * 100, method: "chat.update", error: "ratelimited" });
            }
          },
        },
      },
      check: "budgets",
      says: "chat.update was called 15 times within 1400 ms",
    },
    {
      name: "a card that was deleted while the run went on, and that nobody posted again",
      change: {
        before: {
          finish: (story) => {
            story.message(`${RUN}/card`, "Promote checkout: running.");
            const [card] = story.slack.messages.slice(-1);
            if (card !== undefined) card.deletedAt = story.now;
          },
        },
        instead: { card: () => undefined },
      },
      check: "what Slack shows",
      says: "The card of the run stands nowhere",
    },
    {
      name: "a card that is late",
      change: {
        before: { card: (story) => story.look(100_000) },
      },
      check: "what Slack shows",
      says: "The card of the run was shown 100",
    },
    {
      name: "a lock that does not end",
      change: {
        after: {
          start: (story) =>
            asked(story, "U2", () => {
              const what = { key: "a/b", reason: "", since: story.now, until: story.now + 1000 };
              story.row("locks", "lock.set", what, pseudonym("U2"));
            }),
          request: (story) => story.look(600_000),
        },
      },
      check: "at the end",
      says: "The lock on a/b was to end",
    },
    {
      name: "a hold in the place of what a person has set",
      change: {
        after: {
          start: (story) => {
            asked(story, "U2", () => {
              story.row("locks", "lock.set", { key: "a/b", reason: "", since: story.now }, pseudonym("U2"));
            });
            story.row("locks", "lock.set", { key: "a/b", reason: "", since: story.now, run: RUN }, pseudonym("U1"));
          },
        },
      },
      check: "locks",
      says: "A hold took the place of the lock on a/b",
    },
  ];
  test.each(planted)("$name is noticed", expectFound);

  test("while nobody knows where the request stands, a decision counts wherever it was made", () => {
    const found = played({
      instead: {
        gate: (story) => {
          started(story, "prod", "gate");
          story.look();
          story.read("prod");
          const opened = { path: stepPath("prod", "gate"), attempt: 1, subject: SUBJECT, digest: digestOf(SUBJECT) };
          fact(story, "gate.opened", { ...opened, rule: SHOWN, expiresAt: story.now + 600_000 });
          story.row("messages", "message.posting", { slot: REQUEST, team: "T1", channel: "C1" });
        },
      },
      before: {
        request: (story) => {
          const versions = [{ at: story.now, text: "", blocks: [] }];
          story.slack.messages.push({
            channel: "C1",
            ts: "55.0",
            threadTs: "1.0",
            slot: REQUEST,
            versions,
            deletedAt: undefined,
          });
          story.row("messages", "message.posted", { slot: REQUEST, team: "T1", channel: "C1", ts: "55.0" });
        },
      },
    });
    expect(found.map(violationText)).toEqual([]);
  });
});
