import type { RunView, StepView } from "../../domain/run-view.ts";
import { tryMachine } from "../../domain/machine.ts";
import { gatePlace } from "../../domain/gate-place.ts";
import { approvalsSoFar, openLists } from "../../domain/gate-quorum.ts";
import type { GateState } from "../../domain/run-state.ts";
import type { ApprovalRule } from "../../domain/target.ts";
import { APPROVE_ACTION, gateActionText, REJECT_ACTION } from "../action-value.ts";
import { actions, button, context, message, section, type MessageBlock, type MessageContent } from "../blocks.ts";
import { code, dateToken, inert, link, oneLine, truncate } from "../mrkdwn.ts";
import { gateEnding } from "./gate-ending.ts";
import { evidenceBlocks, moveText, shortSha } from "./gate-evidence.ts";
import { approverMentions, joined, personText } from "./person-text.ts";
import { planCounts } from "./plan-evidence.ts";
import type { ViewLookups } from "./view-lookups.ts";

export interface GateMessageInput {
  readonly run: RunView;
  readonly step: StepView;
  readonly gate: GateState;
  /** Whether the approvers are called upon; whoever is mentioned is notified when the message is posted, never by an edit. */
  readonly mention: boolean;
}

/** The request for an approval: exactly what is approved, who may, until when; after the decision who and when, without buttons. */
export function renderGateMessage(input: GateMessageInput, lookups: ViewLookups): MessageContent {
  const { gate, run, step } = input;
  const ending = gateEnding({ run, step, gate }, lookups);
  const head = `*${inert(gate.evidence.prompt, 300)}*\n${moveText(gate)}`.trimEnd();
  const blocks: MessageBlock[] = [
    section(`${ending === undefined ? ":raised_hand:" : ending.emoji} ${head}`),
    ...evidenceBlocks(gate),
    section(ending === undefined ? askText(input, lookups) : ending.text),
    context(...footer(input, { lookups, isOver: ending !== undefined })),
    ...(ending === undefined ? [decisionButtons(input)] : []),
  ];
  return message(sentence(input, ending?.text), blocks);
}

/** What is left of a request that was voided: what changed. The new request is a message of its own. */
export function renderVoidedGate(step: StepView, opening: number): MessageContent {
  const voided = step.step.voided[opening];
  const where = step.environment === undefined ? "" : ` for ${inert(step.environment, 60)}`;
  const text = `The request for approval${where} is void: ${inert(voided?.message ?? "", 600)}`;
  const when = voided === undefined ? "" : dateToken(voided.at, "{date_short_pretty} {time}");
  return message(`${text}. Whatever had been approved does not count any more; a new request follows.`, [
    section(`:no_entry_sign: *${text}*\nWhatever had been approved does not count any more; a new request follows.`),
    context(when, code(step.path, 200)),
  ]);
}

function askText({ gate, run, mention }: GateMessageInput, lookups: ViewLookups): string {
  const { rule, decisions } = gate;
  const { from, also = [] } = rule;
  const { needed, given } = approvalsSoFar(rule, decisions);
  const approvals = decisions.filter(({ decision }) => decision === "approve");
  const who = mention ? approverMentions([...from, ...also.flat()]) : "those who may approve";
  const count = needed > 1 ? `${needed - given} more of ${needed} approvals needed` : "one approval needed";
  const besides = openLists(rule, approvals).flatMap((index) => {
    const list = also[index - 1];
    if (list === undefined) return [];
    return [
      `, one of them by ${mention ? approverMentions(list) : "the second group"} because of what the plan destroys`,
    ];
  });
  const self = notByText({ rule, run }, lookups);
  return `${who}: ${count}${besides.join("")}, until ${dateToken(gate.expiresAt, "{date_short_pretty} {time}")}.${self}`;
}

function notByText(
  { rule: { requesterMayApprove, notBy = [] }, run }: { readonly rule: ApprovalRule; readonly run: RunView },
  lookups: ViewLookups,
): string {
  const before =
    notBy.length === 0 ? [] : [`by ${namesOf(notBy, lookups)}, who approved an earlier request of this run`];
  const parts = [...(requesterMayApprove ? [] : notByAskers(run, lookups)), ...before];
  return parts.length === 0 ? "" : ` Not ${parts.join(", and not ")}.`;
}

/** A machine approves nothing anyway; those for whom it asks count as having asked. */
function notByAskers({ state: { requester, origin } }: RunView, lookups: ViewLookups): readonly string[] {
  const asker = lookups.people(requester);
  if (asker === undefined || tryMachine(asker) === undefined) return ["by the person who asked for it"];
  const { behalf = [] } = origin;
  return behalf.length === 0 ? [] : [`by ${namesOf(behalf, lookups)}, for whom it was asked`];
}

function namesOf(actors: readonly string[], lookups: ViewLookups): string {
  return joined(
    actors.map((actor) => personText(actor, lookups)),
    "or",
  );
}

function footer(
  { gate, run }: GateMessageInput,
  { lookups, isOver }: { readonly lookups: ViewLookups; readonly isOver: boolean },
): readonly string[] {
  const approved = isOver ? [] : gate.decisions.filter(({ decision }) => decision === "approve");
  const soFar = approved.map(({ actor, at }) => `${personText(actor, lookups)} ${dateToken(at, "{time}")}`);
  return [
    `asked for by ${personText(run.state.requester, lookups)}`,
    code(run.shortId, 40),
    `${isOver ? "what was decided on" : "what is approved"}: ${code(gate.digest.slice(0, 12), 20)}`,
    soFar.length === 0 ? "" : `approved by ${soFar.slice(0, 10).join(", ")}`,
    gate.evidence.link === undefined ? "" : link(gate.evidence.link, "open in Argo CD"),
  ];
}

function decisionButtons({ run, step, gate }: GateMessageInput): MessageBlock {
  const what = truncate(oneLine(whatText(gate)), 200);
  const { attempt } = step.step;
  const value = gateActionText({ run: run.id, path: step.path, attempt, digest: gate.digest, what });
  return actions(
    button({
      text: "Approve",
      actionId: APPROVE_ACTION,
      value,
      style: "primary",
      label: `Approve ${what}`,
      confirm: {
        title: "Approve this?",
        text: `${what} goes ahead${goesWith(gate)}.`,
        confirm: "Approve",
        deny: "Not yet",
      },
    }),
    button({
      text: "Reject",
      actionId: REJECT_ACTION,
      value,
      style: "danger",
      label: `Reject ${what}`,
    }),
  );
}

/** What is approved, on one line: `checkout 1a2b3c4 to prod`. */
function whatText({ subject, evidence }: GateState): string {
  const { service, environment, toRevision } = subject;
  if (toRevision !== "") return `${service} ${shortSha(toRevision)} to ${environment}`;
  const place = gatePlace(subject);
  const counts = evidence.plan === undefined ? "" : `: ${planCounts(evidence.plan)}`;
  return `the plan${place === "" ? "" : ` for ${place}`}${counts}`;
}

function goesWith({ subject: { toRevision }, evidence: { plan } }: GateState): string {
  const commit = toRevision === "" ? [] : [`commit ${toRevision.slice(0, 40)}`];
  const planned = plan === undefined ? [] : [`a plan with ${planCounts(plan)}`];
  const parts = [...commit, ...planned];
  return parts.length === 0 ? "" : `, with ${parts.join(" and ")}`;
}

function sentence({ gate, mention, run }: GateMessageInput, ending: string | undefined): string {
  const { from: approvers, also = [] } = gate.rule;
  const planned = gate.evidence.plan === undefined ? "" : ` (plan: ${planCounts(gate.evidence.plan)})`;
  const what = `${changeText(gate.subject, run.state.title)}${planned}`;
  if (ending !== undefined) return `Approval of ${what}: ${ending}`;
  const who = mention ? `${approverMentions([...approvers, ...also.flat()])}: ` : "";
  return `${who}approval needed for ${what} (run ${run.shortId}). ${inert(gate.evidence.prompt, 300)} Press Approve or Reject.`;
}

/** `checkout from 1a2b3c4 to abc1234 in prod`; without a revision the place, and in a run that is for none what that is called. */
function changeText(subject: GateState["subject"], title: string): string {
  const { service, environment, fromRevision, toRevision } = subject;
  if (toRevision === "") return gatePlace(subject, (name) => inert(name, 100)) || inert(title, 150);
  const from = fromRevision === "" ? "" : ` from ${shortSha(fromRevision)}`;
  return `${inert(service, 100)}${from} to ${shortSha(toRevision)} in ${inert(environment, 60)}`;
}
