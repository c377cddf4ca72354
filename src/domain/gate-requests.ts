import type { RunEvent, RunEventOf } from "./run-event.ts";

/** One time that people were asked to approve something, with everything that came of it. */
export interface GateRequest {
  readonly opened: RunEventOf<"gate.opened">;
  readonly decisions: readonly RunEventOf<"gate.decided">[];
  readonly refusals: readonly RunEventOf<"gate.refused">[];
  /** Set when what was shown changed, so that nothing that was decided counts. */
  readonly voided: RunEventOf<"gate.voided"> | undefined;
  /** How the question ended; undefined while it is open. */
  readonly ended: RunEventOf<"step.succeeded" | "step.failed" | "step.cancelled"> | undefined;
}

/** The requests for approval of a run, oldest first, as the log has them. */
export function gateRequests(events: readonly RunEvent[]): readonly GateRequest[] {
  const requests: GateRequest[] = [];
  for (const event of events) {
    if (event.type === "gate.opened") {
      requests.push({ opened: event, decisions: [], refusals: [], voided: undefined, ended: undefined });
      continue;
    }
    if (!("path" in event && "attempt" in event)) continue;
    const index = requests.findLastIndex(
      ({ opened, voided, ended }) => opened.path === event.path && voided === undefined && ended === undefined,
    );
    const request = requests[index];
    if (request !== undefined) requests[index] = withEvent(request, event);
  }
  return requests;
}

function withEvent(request: GateRequest, event: RunEvent): GateRequest {
  const { type } = event;
  if (type === "gate.decided") return { ...request, decisions: [...request.decisions, event] };
  if (type === "gate.refused") return { ...request, refusals: [...request.refusals, event] };
  if (type === "gate.voided") return { ...request, voided: event };
  const isEnd = type === "step.succeeded" || type === "step.failed" || type === "step.cancelled";
  return isEnd ? { ...request, ended: event } : request;
}
