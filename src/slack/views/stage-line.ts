import { approvalsSoFar } from "../../domain/gate-quorum.ts";
import { isUnderWay } from "../../domain/run-state.ts";
import type { QueueView, RunView, StageView, StepView } from "../../domain/run-view.ts";
import { code, dateToken, inert, link } from "../mrkdwn.ts";
import { gateSlot } from "../slot-ids.ts";
import { handLockText } from "./hand-lock-text.ts";
import { joined, personText } from "./person-text.ts";
import { signalHint } from "./signal-hint.ts";
import { inWords } from "./step-words.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** How an environment, or a part of a block, stands. */
export const PART_EMOJI: Readonly<Record<StageView["status"], string>> = {
  waiting: ":white_circle:",
  running: ":arrow_forward:",
  gate: ":raised_hand:",
  queued: ":hourglass_flowing_sand:",
  succeeded: ":white_check_mark:",
  failed: ":x:",
  cancelled: ":no_entry_sign:",
  skipped: ":heavy_minus_sign:",
};

/** One environment of the card in one line of mrkdwn. */
export function stageLine(view: RunView, stage: StageView, lookups: ViewLookups): string {
  const name = link(lookups.links(stage.app), stage.environment, 60);
  return `${PART_EMOJI[stage.status]} *${name}* ${details(view, stage, lookups)}${approvedText(stage, lookups)}`;
}

/** The same without links and formatting, for notifications and screen readers. */
export function stageWords(stage: StageView, isOver: boolean): string {
  return `${inert(stage.environment, 60)} ${PLAIN[stage.status](isOver)}`;
}

const PLAIN: Readonly<Record<StageView["status"], (isOver: boolean) => string>> = {
  waiting: (isOver) => (isOver ? "was not reached" : "comes later"),
  running: (isOver) => (isOver ? "was left as it is" : "is under way"),
  gate: () => "waits for approval",
  queued: () => "is queued",
  succeeded: () => "is done",
  failed: () => "failed",
  cancelled: (isOver) => (isOver ? "was stopped" : "is being stopped"),
  skipped: () => "was skipped",
};

function details(view: RunView, stage: StageView, lookups: ViewLookups): string {
  const isOver = view.state.finishedAt !== undefined;
  switch (stage.status) {
    case "waiting":
    case "cancelled":
    case "skipped":
      return PLAIN[stage.status](isOver);
    case "succeeded":
      return success(view, stage);
    case "failed":
      return failure(stage);
    case "queued":
      return view.queue[0] === undefined ? "queued" : queueText(view.queue[0], lookups);
    case "gate":
      return gateText(view, stage, lookups);
    case "running":
      return isOver ? PLAIN.running(true) : running(stage, lookups);
  }
}

/** `queued: position 2 for checkout/prod, behind run_7FQ2`, or what a person has locked it for. */
export function queueText(queue: QueueView, lookups: ViewLookups): string {
  if (queue.handLock !== undefined)
    return `queued: position ${queue.position}; ${handLockText(queue.handLock, lookups)}`;
  const behind = queue.behind === undefined ? "" : `, behind ${code(queue.behind, 40)}`;
  return `queued: position ${queue.position} for ${code(queue.keys.join(", "), 120)}${behind}`;
}

function success(view: RunView, stage: StageView): string {
  const isProven = stage.steps.some(({ uses, step }) => uses === "argocd/wait" && step.status === "succeeded");
  const short = view.revision?.short;
  const what = isProven && short !== undefined ? `${code(short, 40)} applied and healthy` : "done";
  const when = stage.endedAt === undefined ? "" : `, ${dateToken(stage.endedAt, "{ago}")}`;
  return `${what}${when}`;
}

/** Who let it through, once each; nothing while it still waits for people. */
export function approvedText(
  { steps, status }: { readonly steps: readonly StepView[]; readonly status: StageView["status"] },
  lookups: ViewLookups,
): string {
  if (status === "gate") return "";
  const decisions = steps.flatMap(({ step }) => step.gate?.decisions ?? []);
  const actors = decisions.flatMap(({ actor, decision }) => (decision === "approve" ? [actor] : []));
  const people = [...new Set(actors)].map((actor) => personText(actor, lookups));
  return people.length === 0 ? "" : `, approved by ${joined(people, "and")}`;
}

function failure(stage: StageView): string {
  const failed = stage.steps.filter(({ step }) => step.status === "failed");
  return failed.length === 0 ? "failed" : inWords(failed, true);
}

/** The first gate of these that is open: how far it is, and where it is decided. */
export function gateText(view: RunView, { steps }: Pick<StageView, "steps">, lookups: ViewLookups): string {
  const open = steps.find(({ step }) => step.sort === "gate" && step.status === "running");
  const state = open?.step.gate;
  if (open === undefined || state === undefined) return "preparing the request for approval";
  const { needed, given } = approvalsSoFar(state.rule, state.decisions);
  const quorum = needed > 1 ? ` (${given} of ${needed})` : "";
  const url = lookups.messages(gateSlot(view.id, open.path, open.step.voided.length));
  const where = url === undefined ? "" : `: ${link(url, "decide in the thread")}`;
  const until = dateToken(state.expiresAt, "{date_short_pretty} {time}");
  const itself = state.subject.strategy === "track" ? ". Argo CD syncs it by itself meanwhile" : "";
  return `waits for approval${quorum} until ${until}${where}${itself}`;
}

// Progress is shown in the thread alone: on the card it would use up the updates that changes of state need.
function running(stage: StageView, lookups: ViewLookups): string {
  const current = stage.steps.filter(({ step }) => isUnderWay(step));
  const [first] = current;
  if (first === undefined) return "under way";
  const awaited = current.find((step) => step.awaited !== undefined)?.awaited;
  if (awaited !== undefined) return `${inWords(current, true)}: ${signalHint(awaited, lookups)}`;
  const { status, note } = first.step;
  const why = current.length === 1 && status === "postponed" && note !== undefined ? `: ${inert(note, 250)}` : "";
  return `${inWords(current, true)}${why}`;
}
