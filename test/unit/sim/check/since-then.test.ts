import { expect, test } from "vitest";

import { violationText } from "../../../sim/check/violation.ts";
import { type Change, decisionBody, digestOf, fact, played, prove, started, stepPath, SUBJECT } from "./promotion.ts";
import { appOf, NEW, OTHER, pseudonym, RULE, type Story } from "./story.ts";

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

const approvals: readonly Planted[] = [
  { name: "made anew", change: deciding(madeAnew), says: "the application had been made anew since it was shown" },
  {
    name: "defined otherwise",
    change: deciding(moved),
    says: "the application's sources had changed since it was shown",
  },
  { name: "synced", change: deciding(replaced), says: "another revision had become live since it was shown" },
].map(({ name, ...rest }) => ({ ...rest, name: `an approval of what has been ${name}`, check: "approval content" }));

test.each([...planted, ...approvals])("$name is noticed", ({ change, check, says }) => {
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
