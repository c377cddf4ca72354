import { type Fact, rowText } from "./fact.ts";
import type { PeopleBook } from "./people-book.ts";
import type { RunBook, StepBook } from "./run-book.ts";
import type { SlackMessage, SlackTruth } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "what Slack shows";

export interface SlackEndDeps {
  readonly slack: SlackTruth;
  readonly people: PeopleBook;
  readonly report: Report;
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
  /** The newest row about each slot. */
  readonly slots: ReadonlyMap<string, Fact>;
}

/** What people see in the end, read on its own and compared with the log. */
export function checkSlack(deps: SlackEndDeps, runs: Iterable<RunBook>): void {
  const shown = bySlot(deps);
  for (const run of runs) {
    const page: Page = { deps, run, shown };
    checkCard(page);
    for (const [path, openings] of run.openings) checkGates(page, path, openings);
    for (const step of run.steps.values()) checkStep(page, step);
    for (const [path, { keys }] of run.loops) {
      if (keys.length > MOST_APART) for (const key of keys) checkRound(page, `${path}[${key}]`);
    }
    checkAlerts(page);
  }
  checkStray(deps, shown);
}

interface Page {
  readonly deps: SlackEndDeps;
  readonly run: RunBook;
  readonly shown: ReadonlyMap<string, SlackMessage>;
}

/** Messages that are there, by slot; two of the same slot are one too many. */
function bySlot({ slack, report, slots }: SlackEndDeps): ReadonlyMap<string, SlackMessage> {
  const shown = new Map<string, SlackMessage>();
  for (const message of slack.messages) {
    const { slot } = message;
    if (slot === undefined || message.deletedAt !== undefined) continue;
    if (isReplaced(slack, message, slots.get(slot))) continue;
    const other = shown.get(slot);
    // A direct message whose answer got lost cannot be looked for: the app asks for no right to read those.
    const isDirect = message.channel.startsWith("D");
    if (other !== undefined && !isDirect && !isLeftBehind(slack, other, message))
      report({
        check: CHECK,
        what: `${slot} stands in Slack twice.`,
        run: runOf(slot),
        proof: [other, message].map(messageText),
      });
    // The one that the log knows is the one that is kept up to date.
    if (other === undefined || slots.get(slot)?.ts === message.ts) shown.set(slot, message);
  }
  return shown;
}

/** Whether it was left behind for one that the log knows and somebody has deleted: the slot has no message then. */
function isReplaced(slack: SlackTruth, message: SlackMessage, fact: Fact | undefined): boolean {
  const known = slack.messages.find(({ ts, channel }) => ts === fact?.ts && channel !== message.channel);
  return known?.deletedAt !== undefined && isLeftBehind(slack, message, known);
}

/** Whether a message went to another channel because nothing could be posted any more where it stood. */
function isLeftBehind({ closures }: SlackTruth, before: SlackMessage, after: SlackMessage): boolean {
  const movedAt = after.versions[0]?.at ?? 0;
  return (
    before.channel !== after.channel &&
    closures.some(({ at, channel, isOpen }) => channel === before.channel && !isOpen && at <= movedAt)
  );
}

// What a process says of settings that it cannot take is nowhere in the log: the next process has nothing to say about it.
const OF_A_PROCESS = /^server\/settings\/(refused|later)-/u;

/** Each message that the log knows of is there, and is the one that carries the slot. */
function checkStray({ report, slots, slack }: SlackEndDeps, shown: ReadonlyMap<string, SlackMessage>): void {
  for (const [slot, fact] of slots) {
    if (fact.type === "message.posting" && !OF_A_PROCESS.test(slot))
      report({
        check: CHECK,
        what: `It was never found out whether ${slot} was posted.`,
        run: runOf(slot),
        proof: [rowText(fact)],
      });
    const message = shown.get(slot);
    const known = slack.messages.find(({ ts, channel }) => ts === fact.ts && channel === fact.channel);
    if (known?.slot !== undefined && known.slot !== slot)
      report({
        check: CHECK,
        what: `The log takes the message of ${known.slot} for ${slot}.`,
        run: runOf(slot),
        proof: [messageText(known), rowText(fact)],
      });
    if (fact.type === "message.posted" && message !== undefined && message.ts !== fact.ts)
      report({
        check: CHECK,
        what: `The log takes another message for ${slot}.`,
        run: runOf(slot),
        proof: [messageText(message), rowText(fact)],
      });
  }
  for (const [slot, message] of shown) {
    if (!slots.has(slot))
      report({
        check: CHECK,
        what: `${slot} stands in Slack and not in the log.`,
        run: runOf(slot),
        proof: [messageText(message)],
      });
  }
}

interface Sought {
  readonly slot: string;
  readonly what: string;
  /** When it had to change for the last time. */
  readonly changedAt: number;
}

/** The message of a slot as it stands; says so when it is missing and nothing explains it, or came late. */
function messageOf(page: Page, sought: Sought): { readonly text: string; readonly proof: string } | undefined {
  const { deps, run, shown } = page;
  const { slot, what, changedAt } = sought;
  // Where nothing can be posted any more, what stands there stays.
  if (deps.slots.get(slot)?.type === "message.lost") return undefined;
  const message = shown.get(slot);
  if (message === undefined) {
    if (!isDeleted(deps, slot, changedAt))
      deps.report({ check: CHECK, what: `${what} stands nowhere in Slack.`, run: run.id, proof: [slot] });
    return undefined;
  }
  checkPromptness(page, sought, message);
  const newest = message.versions.at(-1);
  return { text: `${newest?.text ?? ""}\n${JSON.stringify(newest?.blocks ?? [])}`, proof: messageText(message) };
}

/** Where nothing went wrong, a message shows soon that something has changed. */
function checkPromptness({ deps, run }: Page, { what, changedAt }: Sought, message: SlackMessage): void {
  const next = message.versions.find(({ at }) => at >= changedAt);
  const lateMs = next === undefined ? 0 : next.at - changedAt;
  if (lateMs <= LATE_MS || deps.wasCalm?.(changedAt, changedAt + lateMs) !== true) return;
  const proof = [messageText(message)];
  deps.report({ check: CHECK, what: `${what} was shown ${lateMs} ms late.`, run: run.id, proof });
}

// Slack's own limits let some tens of messages through in this time.
const LATE_MS = 60_000;

/** Somebody deleted it, and nothing has changed since that would have shown it. */
function isDeleted({ slack }: SlackEndDeps, slot: string, changedAt: number): boolean {
  return slack.messages.some((message) => message.slot === slot && (message.deletedAt ?? -1) >= changedAt);
}

const ENDINGS: Readonly<Record<string, RegExp>> = {
  succeeded: /: succeeded\b/iu,
  cancelled: /: cancelled\b/iu,
  failed: /: (failed|rejected|stopped, nobody decided in time)(?!, finishing)/iu,
};

function checkCard(page: Page): void {
  const { deps, run } = page;
  const card = messageOf(page, {
    slot: `${run.id}/card`,
    what: "The card of the run",
    changedAt: run.finished?.seenAt ?? 0,
  });
  if (card === undefined) return;
  const say = (what: string): void => deps.report({ check: CHECK, what, run: run.id, proof: [card.proof] });
  const pattern = ENDINGS[run.status];
  if (pattern === undefined) return;
  if (!pattern.test(card.text)) say(`The card does not say that the run has ${run.status}.`);
  const requester = deps.people.user(run.requester);
  if (requester !== undefined && !card.text.includes(`<@${requester}>`))
    say("The card does not say who asked for the run.");
  if (run.status === "failed" && run.failure?.code === "gate.rejected" && !/rejected/iu.test(card.text))
    say("The card does not say that the run was rejected.");
}

const STEP_ENDINGS: Readonly<Record<string, RegExp>> = {
  succeeded: /: (succeeded|ended it|found that it had ended|left alone what is not its own|could not end it)/u,
  failed: /: (failed|rejected|expired|timed out)/u,
  cancelled: /: cancelled/u,
};

// Of the rounds of a longer loop each has one message, and what has failed in it has one more.
const MOST_APART = 6;

/** The message of a step says how it ended. */
function checkStep(page: Page, { path, sort, uses, status, ended, stops }: StepBook): void {
  const pattern = STEP_ENDINGS[status];
  if (pattern === undefined || sort === "gate" || uses === "slack/alert") return;
  const isTold = status === "failed" || stops !== undefined;
  if (
    !isTold &&
    [...page.run.loops].some(([loop, { keys }]) => keys.length > MOST_APART && path.startsWith(`${loop}[`))
  )
    return;
  const message = messageOf(page, {
    slot: `${page.run.id}/step/${path}`,
    what: `The message of ${path}`,
    changedAt: ended?.seenAt ?? 0,
  });
  if (message === undefined || pattern.test(message.text)) return;
  const what = `The message of ${path} does not say that it has ${status}.`;
  page.deps.report({ check: CHECK, what, run: page.run.id, proof: [message.proof] });
}

/** The message of one round of a long loop says how far it is, and what has failed. */
function checkRound(page: Page, round: string): void {
  const steps = Array.from(page.run.steps.values()).filter(
    ({ path, stops, status }) => path.startsWith(`${round}/`) && stops === undefined && status !== "skipped",
  );
  if (steps.every(({ sort }) => sort === "gate")) return;
  const changedAt = Math.max(...steps.map(({ ended }) => ended?.seenAt ?? 0));
  const message = messageOf(page, { slot: `${page.run.id}/step/${round}`, what: `The message of ${round}`, changedAt });
  if (message === undefined) return;
  const done = steps.filter(({ status }) => status === "succeeded").length;
  const hasFailed = steps.some(({ status }) => status === "failed");
  const isSaid =
    new RegExp(`\\b${done} steps? done`, "u").test(message.text) &&
    (!hasFailed || /failed|rejected|expired|timed out/u.test(message.text));
  if (isSaid) return;
  const what = `The message of ${round} does not say that ${done} steps are done${hasFailed ? ", and one has failed" : ""}.`;
  page.deps.report({ check: CHECK, what, run: page.run.id, proof: [message.proof] });
}

function checkGates(page: Page, path: string, openings: readonly Fact[]): void {
  const { deps, run } = page;
  const newest = run.steps.get(path);
  for (const [number, opened] of openings.entries()) {
    const step = stepOf(run, path, opened);
    const message = messageOf(page, {
      slot: `${run.id}/gate/${number}/${path}`,
      what: `Request ${number + 1} for approval at ${path}`,
      changedAt: step?.ended?.seenAt ?? opened.seenAt,
    });
    if (message === undefined) continue;
    const say = (what: string): void =>
      deps.report({ check: CHECK, what, run: run.id, proof: [rowText(opened), message.proof] });
    if (/gate_(approve|reject)/u.test(message.text))
      say(`Request ${number + 1} for approval at ${path} still has buttons.`);
    const problem =
      step === undefined ? undefined : endingProblem(deps, { step, text: message.text, isNewest: step === newest });
    if (problem !== undefined) say(`Request ${number + 1} for approval at ${path} ${problem}.`);
  }
}

function stepOf(run: RunBook, path: string, opened: Fact): StepBook | undefined {
  return run.tries.get(`${path}#${opened.attempt}`);
}

/** Whether a request says how it ended, and by whom. */
function endingProblem(
  { people }: SlackEndDeps,
  { step, text, isNewest }: { readonly step: StepBook; readonly text: string; readonly isNewest: boolean },
): string | undefined {
  const decisions = step.gate?.decisions ?? [];
  const last = decisions.at(-1);
  if (step.status === "voided")
    return /is void|approved by|rejected by/iu.test(text) ? undefined : "does not say that it is void";
  if (last?.decision === "reject")
    return isSaidBy(text, "Rejected by", people.user(last.actor)) ? undefined : "does not say who rejected it";
  if (step.ended?.type === "step.succeeded") {
    const missing = decisions.find(({ actor }) => !isSaidBy(text, "Approved by", people.user(actor)));
    return missing && `does not say that ${people.user(missing.actor)} approved it`;
  }
  return closingProblem(step, text, isNewest);
}

function closingProblem({ failure }: StepBook, text: string, isNewest: boolean): string | undefined {
  if (failure?.code === "gate.expired") return /expired/iu.test(text) ? undefined : "does not say that it has expired";
  const isSaid = /closed without a decision|void/iu.test(text);
  return isNewest && !isSaid ? "does not say that it is closed" : undefined;
}

function isSaidBy(text: string, how: string, user: string | undefined): boolean {
  const place = text.indexOf(how);
  return place !== -1 && (user === undefined || text.slice(place).includes(`<@${user}>`));
}

/** A run that failed calls people, unless people themselves ended it. */
function checkAlerts(page: Page): void {
  const { deps, run } = page;
  const alert = Array.from(run.steps.values()).find(({ uses }) => uses === "slack/alert");
  if (run.status !== "failed" || alert?.status !== "succeeded" || isByPeople(run)) return;
  const number = Math.max(0, run.alerts - 1);
  const slot = number === 0 ? `${run.id}/alert` : `${run.id}/alert/${number}`;
  const message = messageOf(page, { slot, what: "The alert of the run", changedAt: alert.ended?.seenAt ?? 0 });
  if (message === undefined) return;
  const place = Array.from(run.targets.values()).find(({ service }) => message.text.includes(service));
  if (place === undefined)
    deps.report({ check: CHECK, what: "The alert does not name the service.", run: run.id, proof: [message.proof] });
  checkFailedTold(page, message);
}

/** Of rounds that failed side by side people are told how many, and which. */
function checkFailedTold({ deps, run }: Page, message: { readonly text: string; readonly proof: string }): void {
  for (const [loop, { keys }] of run.loops) {
    const failed = keys.filter((key) => hasFailedIn(run, `${loop}[${key}]/`));
    const text = `${failed.length} of ${keys.length} failed: ${failed.slice(0, MOST_NAMES).join(", ")}`;
    if (failed.length === 0 || message.text.includes(text)) continue;
    deps.report({ check: CHECK, what: `The alert does not say "${text}".`, run: run.id, proof: [message.proof] });
  }
}

const MOST_NAMES = 5;

function hasFailedIn({ failures }: RunBook, prefix: string): boolean {
  return [...failures.keys()].some((path) => path.startsWith(prefix));
}

function isByPeople(run: RunBook): boolean {
  return run.cancel !== undefined || run.failure?.code === "gate.rejected" || run.failure?.code === "gate.expired";
}

function runOf(slot: string): string {
  return slot.slice(0, slot.indexOf("/"));
}

function messageText({ channel, ts, slot, versions }: SlackMessage): string {
  return `${slot} in ${channel} at ${ts}, version ${versions.length}: ${(versions.at(-1)?.text ?? "").slice(0, 200)}`;
}
