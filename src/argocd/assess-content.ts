import type { Application } from "./application.ts";
import { errorConditions, newestDeployment, revisionList } from "./application-facts.ts";
import { ancestryKey } from "./assess-memory.ts";
import { type EndedOperation, failed, type Look } from "./assess-operation.ts";
import { matchesExpected } from "./expectation.ts";
import type { AncestryQuestion, Verdict } from "./verdict.ts";

// A webhook for other paths does not refresh an application, so its revision may lag until someone asks again.
const COMPARE_AGAIN_MS = 30_000;

/** Once settled: is the expected revision what the application runs? Undefined when it is. */
export function judgeContent(look: Look, operation: EndedOperation): Verdict | undefined {
  const { application, expectation } = look;
  const condition = conditionVerdict(
    application,
    expectation.revisions.map(({ sha }) => sha),
  );
  if (condition !== undefined) return condition;
  switch (expectation.mode) {
    case "pin":
      return operation.basis === "no-operation" ? judgeLive(look) : undefined;
    case "track":
      return judgeTracked(look, operation);
    case "proven":
      return judgeLive(look);
  }
}

function conditionVerdict(application: Application, expected: readonly string[]): Verdict | undefined {
  const conditions = errorConditions(application);
  const aboutUs = conditions.find(
    ({ type, message }) => type === "SyncError" && expected.some((sha) => message.includes(sha)),
  );
  if (aboutUs !== undefined) {
    return failed({
      code: "argocd.sync-failed",
      message: `${aboutUs.message}. Argo CD does not try this revision again by itself: sync it by hand or push a new commit.`,
    });
  }
  const [first] = conditions;
  return first === undefined ? undefined : { kind: "unknown", message: `${first.type}: ${first.message}` };
}

function judgeTracked(look: Look, operation: EndedOperation): Verdict | undefined {
  const { application, memory } = look;
  const moved = movedOn(look);
  // Our own operation proves the content by itself; when the branch has moved on, that is a pin to be told, not a failure.
  if (moved.length > 0 && operation.basis === "own-operation") return undefined;
  const differs = moved.filter((question) => memory.ancestry[ancestryKey(question)] !== true);
  if (differs.length > 0) return otherRevision(look, differs);
  return application.status.sync.status === "Synced" ? undefined : judgeOutOfSync(application);
}

function otherRevision({ application, memory, nowMs }: Look, differs: readonly AncestryQuestion[]): Verdict {
  const settledAtMs = memory.settled?.atMs ?? nowMs;
  if (nowMs - settledAtMs >= COMPARE_AGAIN_MS) return { kind: "settling" };
  const unanswered = differs.filter((question) => memory.ancestry[ancestryKey(question)] === undefined);
  const revisions = revisionList(application.status.sync);
  return {
    kind: "pending",
    reason: "other-revision",
    message: `Argo CD compares with ${revisions.join(", ") || "no revision"}`,
    ancestry: unanswered.length === 0 ? undefined : unanswered,
    recheckAfterMs: settledAtMs + COMPARE_AGAIN_MS - nowMs,
  };
}

// Resources that wait for pruning are told with the proof; anything else out of sync means that the revision is not all there.
function judgeOutOfSync(application: Application): Verdict | undefined {
  const outOfSync = application.status.resources.filter((resource) => resource.status === "OutOfSync");
  if (outOfSync.length > 0 && outOfSync.every((resource) => resource.requiresPruning)) return undefined;
  const names = outOfSync.slice(0, 5).map((resource) => `${resource.kind}/${resource.name}`);
  const status = application.status.sync.status || "Unknown";
  return { kind: "pending", reason: "out-of-sync", message: `${status}: ${names.join(", ") || "no resource named"}` };
}

// The sources whose revision is another one than expected, as questions: has the branch moved on from it, or not reached it?
function movedOn({ application, expectation }: Look): readonly AncestryQuestion[] {
  const revisions = revisionList(application.status.sync);
  return expectation.revisions
    .map(({ sha, sourceIndex }) => ({ ancestor: sha, descendant: revisions[sourceIndex] ?? "" }))
    .filter(({ ancestor, descendant }) => !descendant.startsWith(ancestor));
}

// Live means: the last full sync put it there and nothing else has run since, or it equals what the branch says at that revision.
function judgeLive({ application, expectation }: Look): Verdict | undefined {
  const { sync, operationState } = application.status;
  const synced = revisionList(sync);
  if (sync.status === "Synced" && matchesExpected(expectation.revisions, synced)) return undefined;
  const newest = newestDeployment(application);
  const deployed = newest === undefined ? [] : revisionList(newest);
  const lastFailed = operationState?.phase !== "Succeeded" && operationState?.operation.sync.dryRun === false;
  if (matchesExpected(expectation.revisions, deployed) && !lastFailed) return undefined;
  const at = deployed.join(", ") || synced.join(", ") || "an unknown revision";
  return failed({
    code: "argocd.not-live",
    message: `The application runs ${at}${lastFailed ? ", and its last sync failed" : ""}, so the expected revision is not live. Sync it.`,
  });
}
