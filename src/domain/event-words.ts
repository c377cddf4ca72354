import type { RunEvent, RunEventOf } from "./run-event.ts";
import { shortId } from "../platform/ids.ts";

/** What an event of a run says in one sentence, without who and when. Plain text. */
export function eventWords(event: RunEvent): string {
  switch (event.type) {
    case "run.started":
      return `Started: ${event.title}`;
    case "step.started":
      return `${event.path} begins${event.attempt > 1 ? `, attempt ${event.attempt}` : ""} (${event.uses})`;
    case "step.dispatched":
      return `${event.path} is handed out again`;
    case "step.checkpointed":
      return `${event.path} wrote down how far it is`;
    case "step.postponed":
      return `${event.path} waits: ${event.message}`;
    case "step.succeeded":
      return `${event.path} succeeded`;
    case "step.failed":
      return `${event.path} failed${event.retryAt === undefined ? "" : ", and is tried again"}: ${event.failure.message}`;
    case "step.cancelled":
      return `${event.path} was cancelled: ${event.message}`;
    case "step.skipped":
      return `${event.path} is skipped: ${event.reason}`;
    case "for-each.entered":
      return `${event.path} goes through ${event.items.map(({ key }) => key).join(", ") || "nothing"}${windowWords(event)}`;
    case "branch.failed":
      return `${event.path} failed, beside others: ${event.failure.message}`;
    case "lock.requested":
      return `Waits for the lock of ${event.keys.join(", ")}`;
    case "lock.acquired":
      return `Has the lock of ${event.keys.join(", ")}`;
    case "lock.released":
      return `Gives back the lock of ${event.keys.join(", ")}${event.hold === undefined ? "" : ` and leaves a hold: ${event.hold}`}`;
    case "signal.received":
      return `The signal "${event.name}" came${payloadWords(event)}`;
    case "gate.opened":
    case "gate.decided":
    case "gate.refused":
    case "gate.voided":
    case "run.cancel-requested":
    case "run.refused":
    case "run.retried":
    case "run.failed":
    case "run.concluding":
    case "run.finished":
      return decisionWords(event);
  }
}

function payloadWords({ payload }: RunEventOf<"signal.received">): string {
  const values = Object.entries(payload).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return values.length === 0 ? "" : `: ${values.join(", ")}`;
}

function windowWords({ atATime = 1 }: RunEventOf<"for-each.entered">): string {
  return atATime > 1 ? `, up to ${atATime} at a time` : "";
}

type DecisionEvent = Extract<RunEvent, { readonly type: `gate.${string}` | `run.${string}` }>;

function decisionWords(event: Exclude<DecisionEvent, { readonly type: "run.started" }>): string {
  switch (event.type) {
    case "gate.opened":
      return `Approval is asked for: ${event.evidence.prompt}`;
    case "gate.decided":
      return `${event.decision === "approve" ? "Approved" : "Rejected"}${event.reason === "" ? "" : `: ${event.reason}`}`;
    case "gate.refused":
      return `Tried to ${event.decision} and was refused: ${event.message}`;
    case "gate.voided":
      return `What was approved or shown is void: ${event.message}`;
    case "run.cancel-requested":
      return event.by === undefined
        ? `Cancel was asked for${event.reason === "" ? "" : `: ${event.reason}`}`
        : `${shortId(event.by)} takes over: ${event.reason}`;
    case "run.refused":
      if (event.verb === "signal") return `Tried to send a signal and was refused: ${event.message}`;
      return `Tried to ${event.verb} it and was refused: ${event.message}`;
    case "run.retried":
      return `Goes on at ${event.from}`;
    case "run.failed":
      return `Failed in ${event.path}: ${event.failure.message}`;
    case "run.concluding":
      return `Does what is to be done at the end: ${event.status}`;
    case "run.finished":
      return `Ended: ${event.status}`;
  }
}
