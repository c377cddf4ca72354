import { tryIsoTime } from "../platform/clock.ts";
import { isDeleting } from "./application-facts.ts";
import { judgeContent } from "./assess-content.ts";
import { judgeSettledHealth } from "./assess-health.ts";
import {
  type Assessment,
  type AssessMemory,
  forgetHealth,
  forgetQuiet,
  noMemory,
  rememberQuiet,
} from "./assess-memory.ts";
import { type EndedOperation, failed, judgeOperation, type Look } from "./assess-operation.ts";
import type { Verdict } from "./verdict.ts";

export interface AssessInput extends Omit<Look, "memory"> {
  /** What the look before gave back; absent for the first one. */
  readonly memory?: AssessMemory;
  /** When `application` is the answer to a `GET ?refresh=normal`: the moment that request was begun, on our clock. */
  readonly refreshBegunMs?: number;
}

/**
 * Decides what one copy of an application says about an expectation. Pure: everything it remembers goes in and out.
 * The order is what makes it right: first whose operation is shown and how it ended, then whether Argo CD has compared
 * the application *after* that (health and sync status are written apart from the operation and lag behind it),
 * only then conditions, revision and health, and success only after a time of being Healthy.
 * The caller drops copies that are older than one already seen.
 */
export function assess(input: AssessInput): Assessment {
  const look: Look = { ...input, memory: input.memory ?? noMemory };
  const lost = identityLost(look);
  if (lost !== undefined) return { verdict: lost, memory: look.memory };
  const operation = judgeOperation(look);
  if (operation.kind === "verdict") return { verdict: operation.verdict, memory: forgetQuiet(look.memory) };
  const memory = noteSettled(rememberQuiet(look.memory, operation.state, look.nowMs), input, operation);
  if (memory.settled === undefined) return { verdict: { kind: "settling" }, memory };
  const gate = judgeContent({ ...look, memory }, operation);
  if (gate !== undefined) return { verdict: gate, memory: forgetHealth(memory) };
  return judgeSettledHealth({ ...look, memory }, operation);
}

function identityLost({ application, expectation }: Look): Verdict | undefined {
  if (expectation.before.uid !== "" && application.metadata.uid !== expectation.before.uid) {
    return failed({
      code: "argocd.recreated",
      message:
        "The application was deleted and made again while it was being deployed. Check who did that, then start anew.",
    });
  }
  if (!isDeleting(application)) return undefined;
  return failed({
    code: "argocd.deleting",
    message: "The application is being deleted. Nothing can be deployed to it.",
  });
}

/**
 * Settled: compared after the operation's end. Proof of that is the answer to a refresh begun after the end was seen,
 * or a comparison that began in a later second than the end (both times are the controller's). The same second proves nothing.
 */
function noteSettled(memory: AssessMemory, input: AssessInput, operation: EndedOperation): AssessMemory {
  const refreshed =
    input.refreshBegunMs !== undefined && input.refreshBegunMs >= (memory.quiet?.sinceMs ?? input.nowMs);
  if (!refreshed && (memory.settled !== undefined || !comparedLater(input, operation))) return memory;
  return { ...memory, settled: { atMs: input.nowMs } };
}

function comparedLater({ application, expectation }: AssessInput, operation: EndedOperation): boolean {
  const finishedMs = timeOf(operation.operation?.finishedAt);
  const comparedMs = timeOf(application.status.reconciledAt);
  if (comparedMs === undefined) return false;
  if (expectation.operation !== undefined) return finishedMs !== undefined && comparedMs > finishedMs;
  // Without a post of ours the last operation may be long past: then the comparison has to be newer than the one known before, too.
  const beforeMs = timeOf(expectation.before.reconciledAt);
  return beforeMs !== undefined && comparedMs > Math.max(beforeMs, finishedMs ?? 0);
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : tryIsoTime(text);
}
