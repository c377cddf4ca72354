import type { Application } from "./application.ts";
import { errorConditions, newestDeployment, revisionList } from "./application-facts.ts";
import { type EndedOperation, failed, GAVE_UP, type Look } from "./assess-operation.ts";
import { judgeTracked } from "./assess-tracked.ts";
import { matchesExpected } from "./expectation.ts";
import type { Verdict } from "./verdict.ts";

/** Once settled: is the expected revision what the application runs? Undefined when it is. */
export function judgeContent(look: Look, operation: EndedOperation): Verdict | undefined {
  const { application, expectation } = look;
  if (expectation.mode === "track") return judgeTracked(look, operation);
  const condition = conditionVerdict(
    application,
    expectation.revisions.map(({ sha }) => sha),
  );
  if (condition !== undefined) return condition;
  return expectation.mode === "pin" && operation.basis !== "no-operation" ? undefined : judgeLive(look);
}

function conditionVerdict(application: Application, expected: readonly string[]): Verdict | undefined {
  const conditions = errorConditions(application);
  const aboutUs = conditions.find(
    ({ type, message }) => type === "SyncError" && expected.some((sha) => message.includes(sha)),
  );
  if (aboutUs !== undefined) return failed({ code: "argocd.sync-failed", message: `${aboutUs.message}. ${GAVE_UP}` });
  const [first] = conditions;
  return first === undefined ? undefined : { kind: "unknown", message: `${first.type}: ${first.message}` };
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
