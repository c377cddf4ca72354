import { MACHINES } from "../domain/machine.ts";
import type { StepState } from "../domain/run-state.ts";
import { environmentOf, type RunView, type StepView } from "../domain/run-view.ts";
import { fleetParts } from "../domain/step-fleet.ts";
import type { Approver } from "../domain/target.ts";
import type { MessageContent } from "./blocks.ts";
import { code } from "./mrkdwn.ts";
import { alertSlot, cardSlot, gateSlot, messageSlot, stepSlot, stoppedSlot, strayedSlot } from "./slot-ids.ts";
import type { Priority, Wanted } from "./slot-entry.ts";
import { renderFailureAlert } from "./views/failure-alert.ts";
import { renderFleetMessage } from "./views/fleet-message.ts";
import { renderGateMessage, renderVoidedGate } from "./views/gate-message.ts";
import { renderPostedMessage, tryPostedMessage } from "./views/posted-message.ts";
import { renderRunCard } from "./views/run-card.ts";
import { renderSettledAlert } from "./views/settled-alert.ts";
import { isCancelledByOthers, renderCancelledNotice } from "./views/cancelled-notice.ts";
import { renderSetAsideStep, renderStepMessage } from "./views/step-message.ts";
import { isStoppedByPeople, renderStoppedNotice } from "./views/stopped-notice.ts";
import { renderStrayedNotice } from "./views/strayed-notice.ts";
import type { ViewLookups } from "./views/view-lookups.ts";

/** Where messages go besides the channel in which a run was asked for. */
export interface ShowSettings {
  /** The workspace that we are in, for runs that nobody in a workspace asked for. */
  readonly team?: string | undefined;
  /** Where the card of a run goes when the channel in which it was asked for takes none. */
  readonly channel: string;
  /** Where approvals are asked for; in the run's thread when absent. */
  readonly approvals: string | undefined;
  /** Where failures are announced; in the run's channel when absent. */
  readonly alerts: { readonly channel: string; readonly mention?: Approver | undefined } | undefined;
}

export interface RunSlotsInput {
  readonly view: RunView;
  /** True when nothing has happened but that a step has news of itself. */
  readonly isProgress: boolean;
  readonly settings: ShowSettings;
  readonly lookups: ViewLookups;
  /** Why the card cannot be posted, and the Slack user to tell. */
  readonly strayed: { readonly reason: string; readonly user: string } | undefined;
  /** The channel in which the card stands; undefined while it stands nowhere. */
  readonly home: string | undefined;
  /** Whether nothing can be posted where a slot was wanted. */
  readonly isLost: (slot: string) => boolean;
}

const ALERT_KIND = "slack/alert";
const MESSAGE_KIND = "slack/message";

/** Every message that a run has now. Made from the run alone, so that it is the same after a restart. */
export function runSlots(input: RunSlotsInput): readonly Wanted[] {
  const { view, lookups, settings, strayed } = input;
  const steps = [...view.stages.flatMap((stage) => stage.steps), ...view.otherSteps, ...view.stops];
  const elsewhere = strayed === undefined ? undefined : settings.channel;
  const content = renderRunCard(view, lookups);
  const card: Slot = { slot: cardSlot(view.id), content, priority: cardPriority(view), channel: elsewhere };
  const partOf = fleetParts(view.state);
  const own = steps.filter((step) => isToldApart(view, step, partOf));
  const slots = [
    card,
    ...fleetSlots(input, steps, partOf),
    ...own.flatMap((step) => stepSlots(input, step)),
    ...setAside(view, partOf),
    ...ending(input, steps),
  ];
  if (strayed !== undefined) {
    const notice = renderStrayedNotice(view, { reason: strayed.reason, elsewhere: settings.channel });
    slots.push({ slot: strayedSlot(view.id), content: notice, priority: 1, channel: strayed.user });
  }
  return slots.map((slot) => wanted(input, slot));
}

interface Slot {
  readonly slot: string;
  readonly content: MessageContent;
  readonly priority: Priority;
  /** When it does not stand in the run's channel. */
  readonly channel?: string | undefined;
  readonly parent?: string | undefined;
}

function wanted(
  { view, isProgress, settings }: RunSlotsInput,
  { slot, content, priority, channel, parent }: Slot,
): Wanted {
  const { origin, finishedAt } = view.state;
  return {
    slot,
    team: origin.team === MACHINES ? (settings.team ?? origin.team) : origin.team,
    channel: channel ?? origin.channel,
    parent,
    content,
    priority: isProgress ? 3 : priority,
    terminal: finishedAt !== undefined,
  };
}

function cardPriority({ state }: RunView): Priority {
  const steps = [...state.steps.values()];
  const needsPeople = steps.some(
    ({ sort, status }) => status === "failed" || (sort === "gate" && status === "running"),
  );
  return state.status !== "running" || needsPeople ? 1 : 2;
}

type PartOf = ReturnType<typeof fleetParts>;

/** Of a long loop each iteration has one message; but for what asks people, tells them something, or has failed. */
function isToldApart(run: RunView, { path, uses, step }: StepView, partOf: PartOf): boolean {
  if (step.sort === "gate" || uses === MESSAGE_KIND || step.stops !== undefined) return true;
  return partOf(path) === undefined || hasFailed(run, path);
}

/** Whether people were told of its failure, which stays there when it is done over. */
function hasFailed({ state }: RunView, path: string): boolean {
  const all = [...(state.forgotten.get(path) ?? []), state.steps.get(path)];
  return all.some((step) => step?.status === "failed");
}

function fleetSlots({ view: run }: RunSlotsInput, steps: readonly StepView[], partOf: PartOf): readonly Slot[] {
  const told = steps.filter(({ uses, step }) => {
    return step.stops === undefined && step.status !== "skipped" && uses !== ALERT_KIND && uses !== MESSAGE_KIND;
  });
  const parts = Map.groupBy(told, ({ path }) => partOf(path));
  return Array.from(parts, ([path, own]): Slot | undefined => {
    if (path === undefined || own.every(({ step }) => step.sort === "gate")) return undefined;
    return {
      slot: stepSlot(run.id, path),
      content: renderFleetMessage(path, own),
      priority: 2,
      parent: cardSlot(run.id),
    };
  }).filter((slot) => slot !== undefined);
}

function stepSlots(input: RunSlotsInput, view: StepView): readonly Slot[] {
  const { status, sort } = view.step;
  if (sort === "gate") return gateSlots(input, view);
  // A condition that did not hold is not worth a message, and an alert is its own message.
  if (status === "skipped" || (view.uses === ALERT_KIND && status !== "failed")) return [];
  return view.uses === MESSAGE_KIND && status !== "failed" ? postedSlots(input, view) : [stepSlotOf(input, view)];
}

/** The message that the step is for, once it may be posted; where its channel takes nothing it stands in the thread. */
function postedSlots(input: RunSlotsInput, { path, step }: StepView): readonly Slot[] {
  const { view: run } = input;
  const posted = step.status === "succeeded" ? tryPostedMessage(step.input) : undefined;
  if (posted === undefined) return [];
  const slot = messageSlot(run.id, path);
  const channel = input.isLost(slot) ? undefined : posted.channel;
  const place = channel === undefined ? { parent: cardSlot(run.id) } : { channel };
  return [{ slot, content: renderPostedMessage(posted, code(run.shortId, 40)), priority: 2, ...place }];
}

function stepSlotOf({ view: run, lookups }: RunSlotsInput, view: StepView): Slot {
  const priority = view.step.status === "failed" ? 1 : 2;
  const content = renderStepMessage(view, lookups);
  return { slot: stepSlot(run.id, view.path), content, priority, parent: cardSlot(run.id) };
}

/** One message for each time the gate was opened: edits would not call anybody. */
function gateSlots(input: RunSlotsInput, view: StepView): readonly Slot[] {
  const { view: run, settings, lookups } = input;
  const slotOf = (opening: number, content: MessageContent): Slot => {
    const slot = gateSlot(run.id, view.path, opening);
    const channel = input.isLost(slot) ? undefined : settings.approvals;
    const place = channel === undefined ? { parent: cardSlot(run.id) } : { channel };
    return { slot, content, priority: 1, ...place };
  };
  const { voided, gate, status } = view.step;
  const earlier = voided.map((_, opening) => slotOf(opening, earlierGate(input, view, opening)));
  if (gate === undefined) return status === "failed" ? [...earlier, stepSlotOf(input, view)] : earlier;
  const mention = status === "running" && run.state.finishedAt === undefined;
  return [...earlier, slotOf(voided.length, renderGateMessage({ run, step: view, gate, mention }, lookups))];
}

/** An opening before the newest one: how it ended, where a retry has asked again, or that it was voided. */
function earlierGate({ view: run, lookups }: RunSlotsInput, view: StepView, opening: number): MessageContent {
  const aside = run.state.forgotten.get(view.path)?.find(({ voided, gate }) => gate && voided.length === opening);
  if (aside?.gate === undefined) return renderVoidedGate(view, opening);
  return renderGateMessage({ run, step: { ...view, step: aside }, gate: aside.gate, mention: false }, lookups);
}

/** Steps that were tried and then taken back, because the approval before them was voided or the run was retried before them. */
function setAside(view: RunView, partOf: PartOf): readonly Slot[] {
  const { id, state } = view;
  const gone = Array.from(state.attempts.keys()).filter((path) => !state.steps.has(path));
  const alive = new Set(Array.from(state.steps.keys(), (path) => partOf(path)));
  const slots = gone.flatMap((path): readonly Slot[] => {
    const aside = state.forgotten.get(path)?.at(-1);
    if (isLeftAsItWas(aside)) return [];
    const because = aside === undefined ? "void" : "retried";
    const part = partOf(path);
    const ofPart = part === undefined || alive.has(part) || aside?.sort === "gate" ? [] : [part];
    const ofStep = part === undefined || hasFailed(view, path) ? [path] : [];
    return [...ofPart, ...ofStep].map((told) => {
      const content = renderSetAsideStep(told, environmentOf(state, { path, input: {} }), because);
      return { slot: stepSlot(id, told), content, priority: 2, parent: cardSlot(id) };
    });
  });
  return [...new Map(slots.map((slot) => [slot.slot, slot])).values()];
}

/** What people were told, and what was ended for good. */
function isLeftAsItWas(aside: StepState | undefined): boolean {
  return aside?.uses === ALERT_KIND || aside?.uses === MESSAGE_KIND || aside?.stops !== undefined;
}

/** What is said to people besides the card when a run does not succeed. */
function ending(input: RunSlotsInput, steps: readonly StepView[]): readonly Slot[] {
  const { view, lookups } = input;
  if (isCancelledByOthers(view)) {
    const content = renderCancelledNotice(view, lookups);
    return [{ slot: stoppedSlot(view.id), content, priority: 1, parent: cardSlot(view.id) }, ...alert(input, steps)];
  }
  if (!isStoppedByPeople(view)) return alert(input, steps);
  const content = renderStoppedNotice(view, lookups);
  return [{ slot: stoppedSlot(view.id), content, priority: 1, parent: cardSlot(view.id) }];
}

/** One message for each time it failed. Those from before a retry say that it went on. */
function alert(input: RunSlotsInput, steps: readonly StepView[]): readonly Slot[] {
  const { view, settings, lookups } = input;
  const before = Array.from(view.state.forgotten.values())
    .flat()
    .filter(({ uses, status }) => uses === ALERT_KIND && status !== "skipped");
  const settled = before.map((_, number) => {
    return alertSlotOf(input, number, renderSettledAlert(view, lookups));
  });
  const raised = steps.some(({ uses, step }) => uses === ALERT_KIND && step.status !== "skipped");
  if (!raised || view.failure === undefined) return settled;
  const content = renderFailureAlert({ run: view, mention: settings.alerts?.mention }, lookups);
  return [...settled, alertSlotOf(input, before.length, content)];
}

/** In the channel for alerts; in that of the card where there is none, or where it takes nothing. */
function alertSlotOf(
  { view, settings, home, strayed, isLost }: RunSlotsInput,
  number: number,
  content: MessageContent,
): Slot {
  const slot = alertSlot(view.id, number);
  const beside = home ?? (strayed === undefined ? undefined : settings.channel);
  return { slot, content, priority: 1, channel: isLost(slot) ? beside : (settings.alerts?.channel ?? beside) };
}
