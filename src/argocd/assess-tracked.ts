import { durationText } from "../platform/duration.ts";
import type { Application, Condition } from "./application.ts";
import { autoSyncOn, errorConditions, ownerApplicationSet, revisionList, targetOf } from "./application-facts.ts";
import { ancestryKey } from "./assess-memory.ts";
import { type EndedOperation, failed, GAVE_UP, type Look } from "./assess-operation.ts";
import type { AncestryQuestion, FailedVerdict, Verdict } from "./verdict.ts";

// A webhook for other paths does not refresh an application, so its revision may lag until someone asks again.
const COMPARE_AGAIN_MS = 30_000;

/**
 * Under `track`, once settled: is the expected revision, or one that holds it, what the application is synced to? Undefined when it
 * is. The branch may not have reached it yet, have moved on from it, or auto-sync may have given it up.
 */
export function judgeTracked(look: Look, operation: EndedOperation): Verdict | undefined {
  const { application, memory } = look;
  const moved = movedOn(look);
  // Our own operation proves the content by itself; when the branch has moved on, that is a pin to be told, not a failure.
  if (moved.length > 0 && operation.basis === "own-operation") return undefined;
  const differs = moved.filter((question) => memory.ancestry[ancestryKey(question)] !== true);
  const conditions = errorConditions(application);
  const ours = look.expectation.revisions.map(({ sha }) => sha);
  const held = differs.length > 0 ? [] : moved.map(({ descendant }) => descendant);
  const gaveUp = conditions.find((condition) => isAbout(condition, [...ours, ...held]));
  if (gaveUp !== undefined)
    return failed({ code: "argocd.sync-failed", message: `${ended(gaveUp.message)} ${GAVE_UP}` });
  // What auto-sync says about a commit before ours does not matter: it will try ours when the branch gets there.
  const [other] = differs.length === 0 ? conditions : conditions.filter(({ type }) => type !== "SyncError");
  if (other !== undefined) return { kind: "unknown", message: `${other.type}: ${other.message}` };
  if (differs.length > 0) return notThere(look, differs);
  return application.status.sync.status === "Synced" ? undefined : outOfSync(look);
}

function isAbout({ type, message }: Condition, revisions: readonly string[]): boolean {
  return type === "SyncError" && revisions.some((sha) => message.includes(sha));
}

function ended(text: string): string {
  return text.replace(/[.\s]*$/u, ".");
}

// The sources whose revision is another one than expected, as questions: has the branch moved on from it, or not reached it?
function movedOn({ application, expectation }: Look): readonly AncestryQuestion[] {
  const revisions = revisionList(application.status.sync);
  return expectation.revisions
    .map(({ sha, sourceIndex }) => ({ ancestor: sha, descendant: revisions[sourceIndex] ?? "" }))
    .filter(({ ancestor, descendant }) => !descendant.startsWith(ancestor));
}

function notThere(look: Look, differs: readonly AncestryQuestion[]): Verdict {
  const { application, expectation, memory, nowMs } = look;
  const settledAtMs = memory.settled?.atMs ?? nowMs;
  if (nowMs - settledAtMs >= COMPARE_AGAIN_MS) return { kind: "settling" };
  const unanswered = differs.filter((question) => memory.ancestry[ancestryKey(question)] === undefined);
  if (unanswered.length === 0 && isLeftAlone(application)) return switchedOff(look);
  const [{ ancestor, descendant } = { ancestor: "", descendant: "" }] = differs;
  const index = expectation.revisions.find(({ sha }) => sha === ancestor)?.sourceIndex ?? 0;
  const branch = targetOf(application, index);
  const sees = descendant === "" ? "nothing" : short(descendant);
  return {
    kind: "pending",
    reason: "other-revision",
    message:
      unanswered.length === 0
        ? `Waiting for ${short(ancestor)} to be on ${branch}, where Argo CD sees ${sees} now. Merge or push it, if that has not been done`
        : `Finding out whether ${sees}, which Argo CD sees on ${branch}, holds ${short(ancestor)}`,
    ancestry: unanswered.length === 0 ? undefined : unanswered,
    recheckAfterMs: settledAtMs + COMPARE_AGAIN_MS - nowMs,
  };
}

// Resources that wait for pruning are told with the proof; anything else out of sync means that the revision is not all there.
function outOfSync(look: Look): Verdict | undefined {
  const { application } = look;
  const resources = application.status.resources.filter((resource) => resource.status === "OutOfSync");
  if (resources.length > 0 && resources.every((resource) => resource.requiresPruning)) return undefined;
  if (look.expectation.operation === undefined && isLeftAlone(application)) return switchedOff(look);
  const names = resources.slice(0, 5).map((resource) => `${resource.kind}/${resource.name}`);
  const status = application.status.sync.status || "Unknown";
  return { kind: "pending", reason: "out-of-sync", message: `${status}: ${names.join(", ") || "no resource named"}` };
}

// An ApplicationSet may sync its applications step by step, with auto-sync off.
function isLeftAlone(application: Application): boolean {
  return !autoSyncOn(application) && ownerApplicationSet(application) === undefined;
}

/** Nobody will sync it any more: we have posted nothing, and Argo CD does not do it by itself. */
function switchedOff({ application, expectation, memory, nowMs }: Look): FailedVerdict {
  const waited = memory.quiet === undefined ? "" : ` (seen for ${durationText(nowMs - memory.quiet.sinceMs)})`;
  const revision = expectation.revisions.map(({ sha }) => short(sha)).join(", ");
  return failed({
    code: "argocd.auto-sync-off",
    message:
      `Auto-sync of ${application.metadata.name} has been switched off${waited}, so nobody brings ${revision} there. ` +
      `Start it again from the sync, which is then ours to do, or switch auto-sync on.`,
  });
}

function short(revision: string): string {
  return /^[0-9a-f]{40}$/u.test(revision) ? revision.slice(0, 7) : revision;
}
