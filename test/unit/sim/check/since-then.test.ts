import { expect, test } from "vitest";

import { violationText } from "../../../sim/check/violation.ts";
import {
  type Change,
  decisionBody,
  digestOf,
  fact,
  lock,
  played,
  prove,
  started,
  startRun,
  stepPath,
  SUBJECT,
  unlock,
} from "./promotion.ts";
import { appOf, BEGIN, NEW, OTHER, pseudonym, RULE, Story } from "./story.ts";

interface Planted {
  readonly name: string;
  readonly change: Change;
  readonly check: string;
  readonly says: string;
}

/** The wait in prod is told what the application was like before the sync. */
const waiting = (operation: object): Change["instead"] => ({
  "wait prod": (story) => {
    const input = { app: "main/argocd/checkout-prod", revision: NEW, operation };
    started(story, "prod", "healthy", { input });
  },
});

/** Somebody makes the application in prod anew. */
function madeAnew(story: Story): void {
  const app = appOf("prod");
  story.argocd.specs.push({ at: story.now, app, uid: "uid-2", specVersion: 1, source: {}, isAutoSynced: false });
  story.argocd.existence.push({ at: story.now, app, uid: "uid-2", exists: true });
  story.span("prod", { uid: "uid-2" });
}

/** Something happens before somebody presses Approve, and the application is looked at before the click is dealt with. */
const deciding = (change: (story: Story) => void): Change => ({
  instead: {
    decide: (story) => {
      change(story);
      story.look();
      const digest = digestOf(SUBJECT);
      const intent = story.act("U2", { kind: "click", body: decisionBody(), value: JSON.stringify({ digest }) });
      story.look();
      story.read("prod");
      story.look();
      const path = stepPath("prod", "gate");
      const what = { path, attempt: 1, decision: "approve", digest, groups: [], reason: "" };
      fact(story, "gate.decided", what, pseudonym("U2"));
      story.settle(intent);
    },
  },
  until: "passed",
});

function moved(story: Story): void {
  const spec = { at: story.now, app: appOf("prod"), uid: "uid-prod", specVersion: 2, isAutoSynced: false };
  story.argocd.specs.push({ ...spec, source: { path: "elsewhere" } });
}

function replaced(story: Story): void {
  const operation = story.post("prod", { by: "ben", identity: "none", revision: OTHER });
  story.look();
  story.finish(operation);
  story.look(5000);
}

const missing = { code: "approval.missing", message: "", retry: "never" };
const failing = (story: Story): void =>
  fact(story, "step.failed", { path: stepPath("prod", "sync"), attempt: 1, failure: missing });

const planted: readonly Planted[] = [
  {
    name: "a proof of an application that was made anew since it was synced",
    change: {
      instead: {
        ...waiting({ before: { uid: "uid-prod" } }),
        "prove prod": (story) => {
          madeAnew(story);
          story.look(8000);
          prove(story, "prod", { applicationUid: "uid-2" });
        },
      },
    },
    check: "proof",
    says: "had been made anew since it was synced",
  },
  {
    name: "a proof by what was there before it was to be synced",
    change: {
      before: {
        "sync prod": (story) => {
          const earlier = story.post("prod", { by: "ben", identity: "none" });
          story.look(1000);
          story.finish(earlier);
          story.span("prod", { revision: NEW });
          story.look(1000);
        },
      },
      instead: {
        ...waiting({ step: stepPath("prod", "sync"), attempt: 1, before: { uid: "uid-prod" } }),
        "roll out prod": (story) => {
          const own = story.argocd.operations.at(-1);
          if (own !== undefined) story.finish(own, "lost");
          story.look(8000);
        },
      },
    },
    check: "proof",
    says: "no operation had brought it there since it was to be synced",
  },
  {
    name: "a step that is put off for days",
    change: {
      instead: {
        "checkpoint prod": (story) => {
          const what = { path: stepPath("prod", "sync"), attempt: 1, code: "argocd.busy", message: "" };
          fact(story, "step.postponed", { ...what, until: story.now + 86_400_000 });
        },
      },
      until: "post prod",
    },
    check: "everything ends",
    says: "was put off for 86400000 ms",
  },
  {
    name: "a step that misses an approval that nobody has begun to ask for",
    change: { instead: { "checkpoint prod": failing }, until: "post prod" },
    check: "true failures",
    says: "nobody has begun to ask for approval there",
  },
];

const syncFailed = (story: Story, more: object = {}): void => {
  const failure = { code: "argocd.unreachable", message: "", retry: "backoff" };
  const what = { path: stepPath("prod", "sync"), attempt: 1, failure };
  fact(story, "step.failed", { ...what, retryAt: story.now + 5000, ...more });
};

const later: readonly Planted[] = [
  {
    name: "a request of a step that waits for its next try",
    change: {
      before: {
        "post prod": (story) => {
          syncFailed(story);
          story.look(3000);
        },
      },
      until: "prod synced",
    },
    check: "no effect twice",
    says: "asked for something at argocd/checkout-prod after step.failed",
  },
  {
    name: "a step that is never taken up again",
    change: {
      instead: {
        "sync prod": (story) => {
          const approval = { gate: stepPath("prod", "gate"), digest: digestOf(SUBJECT) };
          started(story, "prod", "sync", { approval, deadlineAt: story.now + 900_000 });
        },
        "post prod": (story) => {
          syncFailed(story);
          story.look(900_000);
          const failure = { code: "step.timeout", message: "", retry: "never" };
          syncFailed(story, { failure, retryAt: undefined });
        },
      },
      until: "prod synced",
    },
    check: "true failures",
    says: "it was to be taken up again 895000 ms before",
  },
  {
    name: "a step that nobody does",
    change: {
      instead: {
        "sync staging": (story) => started(story, "staging", "sync", { deadlineAt: story.now + 900_000 }),
        "checkpoint staging": (story) => {
          story.look(900_000);
          const failure = { code: "step.timeout", message: "", retry: "never" };
          fact(story, "step.failed", { path: stepPath("staging", "sync"), attempt: 1, failure });
        },
      },
      until: "post staging",
    },
    check: "true failures",
    says: "it had been handed out long before, and nobody had done it",
  },
  {
    name: "a lock that is given back too early",
    change: { before: { "post prod": (story) => unlock(story, "prod") }, until: "prod synced" },
    check: "locks",
    says: "was given back although promote/for-each[prod]/sync was still under way",
  },
  {
    name: "a wait that nobody looked after",
    change: {
      instead: {
        "wait prod": (story) => started(story, "prod", "healthy", { deadlineAt: story.now + 900_000 }),
        "prove prod": (story) => {
          story.look(900_000);
          const failure = { code: "step.timeout", message: "", retry: "never" };
          fact(story, "step.failed", { path: stepPath("prod", "healthy"), attempt: 1, failure });
        },
      },
      until: "unlock prod",
    },
    check: "true failures",
    says: "had been healthy at the revision for long, and nobody had looked",
  },
];

const approvals: readonly Planted[] = [
  { name: "made anew", change: deciding(madeAnew), says: "the application had been made anew since it was shown" },
  {
    name: "defined otherwise",
    change: deciding(moved),
    says: "the application's sources had changed since it was shown",
  },
  { name: "synced", change: deciding(replaced), says: "another revision had become live since it was shown" },
].map(({ name, ...rest }) => ({ ...rest, name: `an approval of what has been ${name}`, check: "approval content" }));

test.each([...planted, ...later, ...approvals])("$name is noticed", ({ change, check, says }) => {
  const found = played(change).filter((violation) => violation.check === check);
  expect(found.map(violationText).join("\n")).toContain(says);
});

test("a step that misses an approval that is asked for since the run started is in order", () => {
  const coming = (story: Story): void => {
    const prod = story.places.find(({ environment }) => environment === "prod");
    if (prod !== undefined)
      prod.approvals = [
        { at: 0, rule: undefined },
        { at: story.now, rule: RULE },
      ];
  };
  const found = played({ after: { start: coming }, instead: { "checkpoint prod": failing }, until: "post prod" });
  expect(found.filter(({ check }) => check === "true failures").map(violationText)).toEqual([]);
});

test("an approval of what is as it was shown is in order", () => {
  const found = played(deciding(() => undefined)).filter(({ check }) => check === "approval content");
  expect(found.map(violationText)).toEqual([]);
});

test("what an earlier process handed out is to be handed out anew before anything comes of it", () => {
  const story = new Story({ processSince: () => BEGIN + 1000 });
  startRun(story);
  lock(story, "staging", 1);
  started(story, "staging", "sync");
  story.look(2000);
  fact(story, "step.checkpointed", { path: stepPath("staging", "sync"), attempt: 1, data: {} });
  story.look();
  expect(
    story.found
      .filter(({ check }) => check === "newest token")
      .map(violationText)
      .join("\n"),
  ).toContain("is of what an earlier process had handed out");
});
