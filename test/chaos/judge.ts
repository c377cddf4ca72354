import type { AcceptedOperation } from "../../src/simulator/argocd-accepted-operations.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { CANARY, type ChaosWorld } from "./chaos-world.ts";
import type { Act } from "./crowd.ts";
import { type Evidence, type Fact, objectOf, runsIn, textOf } from "./evidence.ts";
import { hasButton } from "./notice-board.ts";

/** What was found when everything was over. Each list of texts names what should not be. */
export interface Judgement {
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly syncs: number;
  readonly repeated: readonly string[];
  readonly unapproved: readonly string[];
  /** Operations that only somebody who forged something can have asked for. */
  readonly forged: readonly string[];
  readonly runs: number;
  /** How many runs ended in which way; those that went on are `stuck`. */
  readonly endings: Readonly<Record<string, number>>;
  readonly stuck: readonly string[];
  readonly messages: number;
  readonly unfinished: readonly string[];
  readonly doubled: readonly string[];
  readonly events: number;
  readonly broken: readonly string[];
}

/** What is left at the far ends. */
export interface FarEnds {
  /** Everything that Argo CD accepted, from whomever. */
  readonly operations: readonly AcceptedOperation[];
  /** Everything in all channels, private words included. */
  readonly messages: readonly SlackMessage[];
}

export function farEndsOf({ demo }: ChaosWorld): FarEnds {
  const { messages, workspace } = demo.slack.world;
  return {
    operations: demo.argocd.acceptedOperations,
    messages: workspace.channels().flatMap(({ id }) => messages.all(id)),
  };
}

/** Looks at Argo CD's record, at Slack's messages and at the log, and at nothing else. */
export function judge(farEnds: FarEnds, acts: readonly Act[], evidence: Evidence): Judgement {
  const { facts, verdict } = evidence;
  const runs = runsIn(facts);
  const ours = farEnds.operations.filter(({ infos }) => infos["quarterdeck.run"] !== undefined);
  const messages = ourMessages(farEnds);
  return {
    acknowledged: acts.length,
    lost: acts.flatMap((act) => lostOf(act, facts, farEnds)),
    syncs: ours.length,
    repeated: repeatedSyncs(ours),
    unapproved: ours.flatMap((operation) => unapprovedOf(operation, runs)),
    forged: farEnds.operations
      .filter(({ application, initiatedBy }) => application.includes(CANARY) && initiatedBy === "quarterdeck")
      .map(({ application, infos }) => `${application} ${JSON.stringify(infos)}`),
    runs: runs.size,
    endings: endingsOf(runs),
    stuck: [...openRuns(runs), ...openIntents(facts)],
    messages: messages.length,
    unfinished: messages.flatMap((message) => unfinishedOf(message, runs)).concat(cardless(messages, runs)),
    doubled: doubledSlots(messages),
    events: facts.length,
    broken: verdict.status === "intact" ? [] : [`event ${verdict.sequence}: ${verdict.message}`],
  };
}

const indexes = new WeakMap<readonly Fact[], Index>();

interface Index {
  readonly received: ReadonlyMap<string, Fact>;
  readonly settled: ReadonlyMap<string, Fact>;
  /** `run user` of everybody whose click had a consequence. */
  readonly answered: ReadonlySet<string>;
}

const ANSWERS = new Set(["gate.decided", "gate.refused"]);

function indexOf(facts: readonly Fact[]): Index {
  const known = indexes.get(facts);
  if (known !== undefined) return known;
  const of = (type: string): readonly Fact[] => facts.filter((fact) => fact.stream === "intents" && fact.type === type);
  const made = {
    received: new Map(of("intent.received").map((fact) => [textOf(fact.body, "key"), fact])),
    settled: new Map(of("intent.settled").map((fact) => [textOf(fact.body, "id"), fact])),
    answered: new Set(facts.filter(({ type }) => ANSWERS.has(type)).map(({ stream, user }) => `${stream} ${user}`)),
  };
  indexes.set(facts, made);
  return made;
}

const NOT_WRITTEN = /This could not be written down/u;
const TOLD_WITHIN_MS = 10_000;

/** What was acknowledged is in the log, was dealt with, and had the effect that its settlement says. */
function lostOf(act: Act, facts: readonly Fact[], farEnds: FarEnds): readonly string[] {
  const { received, settled, answered } = indexOf(facts);
  const intent = received.get(act.key);
  if (intent === undefined) return wasTold(act, farEnds) ? [] : [`not in the log: ${act.what} (${act.key})`];
  const end = settled.get(textOf(intent.body, "id"));
  if (end === undefined) return [`never dealt with: ${act.what} (${act.key})`];
  const arrival = objectOf(intent.body, "body");
  const isDecision = textOf(intent.body, "kind") === "decision";
  const isDone = textOf(objectOf(end.body, "result"), "kind") === "done";
  if (isDecision && isDone && !answered.has(`${textOf(arrival, "run")} ${act.user}`))
    return [`dealt with, and without effect: ${act.what} (${act.key})`];
  return [];
}

/** Whether the person was told that it did not happen: in the acknowledgement itself, or in a private word after it. */
function wasTold({ shown, user, atMs }: Act, { messages }: FarEnds): boolean {
  if (NOT_WRITTEN.test(shown)) return true;
  return messages.some(({ viewer, text, ts }) => {
    const afterMs = Number(ts) * 1000 - atMs;
    return viewer === user && NOT_WRITTEN.test(text) && Math.abs(afterMs) < TOLD_WITHIN_MS;
  });
}

/** One operation for each run, step and attempt, and at most one of a step that went well. */
function repeatedSyncs(ours: readonly AcceptedOperation[]): readonly string[] {
  const nameOf = ({ application, infos }: AcceptedOperation): string =>
    `${application} ${infos["quarterdeck.run"]} ${infos["quarterdeck.step"]}`;
  const bySteps = Map.groupBy(ours, nameOf);
  return [...bySteps].flatMap(([name, operations]) => {
    const attempts = operations.map(({ infos }) => infos["quarterdeck.attempt"]);
    const wentWell = operations.filter(({ phase }) => phase === "Succeeded").length;
    if (new Set(attempts).size === attempts.length && wentWell <= 1) return [];
    return [`${name}: attempts ${attempts.join(", ")}, of which ${wentWell} went well`];
  });
}

/** What changes prod does so after somebody other than the requester has approved. */
function unapprovedOf(
  { application, infos }: AcceptedOperation,
  runs: ReadonlyMap<string, readonly Fact[]>,
): readonly string[] {
  if (!application.endsWith("-prod")) return [];
  const run = infos["quarterdeck.run"] ?? "";
  const events = runs.get(run) ?? [];
  const requester = events.find(({ type }) => type === "run.started")?.user;
  const isApproved = events.some(
    ({ type, user, body }) => type === "gate.decided" && body["decision"] === "approve" && user !== requester,
  );
  return isApproved ? [] : [`${application} by ${run}`];
}

function openRuns(runs: ReadonlyMap<string, readonly Fact[]>): readonly string[] {
  return [...runs]
    .filter(([, events]) => endOf(events) === undefined)
    .map(([run, events]) => `${run} ${titleOf(events)}, after ${lastOf(events)}`);
}

function endingsOf(runs: ReadonlyMap<string, readonly Fact[]>): Readonly<Record<string, number>> {
  const endings: Record<string, number> = {};
  for (const events of runs.values()) {
    const end = endOf(events);
    if (end !== undefined) endings[end] = (endings[end] ?? 0) + 1;
  }
  return endings;
}

/** The newest event, for whoever looks for what it waits for. */
function lastOf(events: readonly Fact[]): string {
  const { type = "", body = {}, atMs = 0 } = events.at(-1) ?? {};
  return `${new Date(atMs).toISOString()} ${type} ${JSON.stringify(body).slice(0, 300)}`;
}

function titleOf(events: readonly Fact[]): string {
  return textOf(events[0]?.body ?? {}, "title");
}

/** How a run has ended; undefined while it goes on. */
function endOf(events: readonly Fact[]): string | undefined {
  const last = events.findLast(({ type }) => type === "run.finished" || type === "run.retried");
  return last?.type === "run.finished" ? textOf(last.body, "status") : undefined;
}

function openIntents(facts: readonly Fact[]): readonly string[] {
  const { received, settled } = indexOf(facts);
  return [...received.values()]
    .filter(({ body }) => !settled.has(textOf(body, "id")))
    .map(({ body }) => `request ${textOf(body, "key")}`);
}

interface OurMessage {
  readonly slot: string;
  readonly message: SlackMessage;
}

function ourMessages({ messages }: FarEnds): readonly OurMessage[] {
  return messages.flatMap((message) => {
    const slot = textOf(objectOf(message.metadata ?? {}, "event_payload"), "slot_id");
    return message.botId === undefined || slot === "" ? [] : [{ slot, message }];
  });
}

function doubledSlots(messages: readonly OurMessage[]): readonly string[] {
  return [...Map.groupBy(messages, ({ slot }) => slot)]
    .filter(([, all]) => all.length > 1)
    .map(([slot, all]) => `${slot}: ${all.length} messages`);
}

const UNFINISHED = /: (?:running|queued|waiting|approval needed)|approval needed/iu;
const CARD_WORDS: Readonly<Record<string, RegExp>> = {
  succeeded: /: succeeded\./u,
  failed: /: (?:failed|rejected|stopped[^.]*)\./u,
  cancelled: /: cancelled\./u,
};

/** A message that says less than what the log knows of its run. */
function unfinishedOf({ slot, message }: OurMessage, runs: ReadonlyMap<string, readonly Fact[]>): readonly string[] {
  const [run = "", kind] = slot.split("/");
  const events = runs.get(run);
  if (events === undefined) return [];
  const end = endOf(events);
  // That it goes on is counted as a run that is stuck.
  if (end === undefined) return [];
  const isWrong =
    kind === "card"
      ? CARD_WORDS[end]?.test(message.text) !== true
      : UNFINISHED.test(message.text) || hasButton(message, "gate_approve");
  return isWrong ? [`${slot} (${end}) says: ${message.text}`] : [];
}

function cardless(messages: readonly OurMessage[], runs: ReadonlyMap<string, readonly Fact[]>): readonly string[] {
  const slots = new Set(messages.map(({ slot }) => slot));
  return [...runs.keys()].filter((run) => !slots.has(`${run}/card`)).map((run) => `${run} has no card`);
}
