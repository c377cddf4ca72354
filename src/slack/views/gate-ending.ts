import type { GateState } from "../../domain/run-state.ts";
import type { RunView, StepView } from "../../domain/run-view.ts";
import { dateToken, inert } from "../mrkdwn.ts";
import { joined, personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** How a request for approval ended, in one line of mrkdwn. */
export interface GateEnding {
  readonly emoji: string;
  readonly text: string;
}

interface GateEndingInput {
  readonly run: RunView;
  readonly step: StepView;
  readonly gate: GateState;
}

/** Undefined while people can still decide. */
export function gateEnding(input: GateEndingInput, lookups: ViewLookups): GateEnding | undefined {
  const { run, step, gate } = input;
  const rejection = gate.decisions.find(({ decision }) => decision === "reject");
  if (rejection !== undefined) {
    const reason = rejection.reason === "" ? "" : `: ${inert(rejection.reason, 1000)}`;
    const text = `Rejected by ${personText(rejection.actor, lookups)} ${moment(rejection.at)}${reason}`;
    return { emoji: ":no_entry:", text };
  }
  if (step.step.status === "succeeded") return approved(input, lookups);
  if (step.step.status === "failed") return failed(input);
  if (step.step.status === "cancelled") {
    return { emoji: ":no_entry_sign:", text: "Closed without a decision: the run was cancelled" };
  }
  if (run.state.finishedAt === undefined) return undefined;
  const text = `Closed without a decision: the run ended ${moment(run.state.finishedAt)}`;
  return { emoji: ":no_entry_sign:", text };
}

function approved({ step, gate }: GateEndingInput, lookups: ViewLookups): GateEnding {
  const people = gate.decisions.map(({ actor }) => personText(actor, lookups));
  const last = gate.decisions.at(-1)?.at ?? step.step.endedAt ?? gate.openedAt;
  return { emoji: ":white_check_mark:", text: `Approved by ${joined(people, "and")} ${moment(last)}` };
}

function failed({ step, gate }: GateEndingInput): GateEnding {
  const reason = inert(step.step.failure?.message ?? "", 600);
  return step.step.failure?.code === "gate.expired"
    ? { emoji: ":alarm_clock:", text: `Expired ${moment(gate.expiresAt)}: ${reason}` }
    : { emoji: ":x:", text: `Closed without a decision: ${reason}` };
}

function moment(at: number): string {
  return dateToken(at, "{date_short_pretty} {time}");
}
