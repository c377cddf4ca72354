import { type Fact, membersOf, rowText, textOf, timeText } from "./fact.ts";
import type { PeopleBook } from "./people-book.ts";
import type { SlackDelivery, SlackTruth } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "acts";
// How long an answer may take that nothing keeps up.
const ANSWER_MS = 60_000;
// What was asked longer ago nobody expects any more, and dealing with it takes as long once more at most.
const OLDEST_MS = 31 * 60_000;

interface IntentBook {
  readonly received: Fact;
  readonly act: SlackDelivery | undefined;
  /** When it arrived, it was not known where the request stands in Slack. */
  readonly isEarly: boolean;
  settled: Fact | undefined;
  /** What it led to: a run, a decision. */
  effect: Fact | undefined;
}

interface Deps {
  readonly slack: SlackTruth;
  readonly people: PeopleBook;
  readonly report: Report;
  /** Whether it is not known of some request of the run where it stands in Slack. */
  readonly isPosting: (run: string) => boolean;
  /** Told what somebody did, and what it led to. */
  readonly onEffect: (effect: { readonly received: Fact; readonly fact: Fact }) => void;
  /** Whether nothing went wrong with the program and Slack around this time; never when absent. */
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
}

/** What people did in Slack against what the log says of it. */
export class IntentCheck {
  readonly #deps: Deps;
  readonly #intents = new Map<string, IntentBook>();
  readonly #byKey = new Map<string, IntentBook>();
  /** What people did, or were refused, and what has not been settled yet. */
  #unbound: Fact[] = [];
  /** By the row of a retry, the name of the step that somebody must have named for it. */
  readonly #named = new Map<Fact, string>();
  /** Intents by the decision that they led to. */
  readonly #decided = new Map<Fact, Fact>();
  /** Sent, and by key what was sent. */
  readonly #acts = new Map<string, SlackDelivery>();
  #seen = 0;
  /** Deliveries that may still be acknowledged. */
  #waiting: SlackDelivery[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Before the rows of an event. */
  catchUp(): void {
    const { deliveries } = this.#deps.slack;
    for (; this.#seen < deliveries.length; this.#seen += 1) {
      const delivery = deliveries[this.#seen];
      const key = delivery && keyOf(delivery);
      if (delivery === undefined || key === undefined) continue;
      if (!this.#acts.has(key)) this.#acts.set(key, delivery);
      this.#waiting.push(delivery);
    }
  }

  apply(fact: Fact): void {
    if (fact.type === "intent.received") this.#receive(fact);
    else if (fact.type === "intent.settled") this.#settle(fact);
  }

  /** A row, of a run or about locks, that a person's act has led to. `named` is the step that they must have named. */
  applyEffect(fact: Fact, named?: string): void {
    if (fact.type === "run.started") this.#start(fact);
    // What one run does to another, or leaves behind, nobody has asked for.
    else if (BY_PEOPLE.has(fact.type) && fact.by === undefined && fact.run === undefined) this.#unbound.push(fact);
    if (named !== undefined) this.#named.set(fact, named);
  }

  /** The row of the act that led to this decision. */
  intentOf(decided: Fact): Fact | undefined {
    return this.#decided.get(decided);
  }

  /** Whether somebody did anything between two moments of true time. */
  wasAsked(from: number, until: number): boolean {
    return this.#deps.slack.deliveries.some(({ sentAt }) => sentAt > from && sentAt <= until);
  }

  /** After the rows of an event: what was acknowledged is written down, and what was done was somebody's act. */
  atRest(): void {
    for (const fact of this.#unbound) {
      if (REFUSED.has(fact.type)) continue;
      const what = `${fact.type} is put down to ${fact.actor}, who has not asked for it.`;
      this.#say(what, [rowText(fact)], fact.row.stream);
    }
    this.#unbound = [];
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter((delivery) => {
      const isOver = delivery.acknowledgedAt !== undefined;
      if (isOver) this.#checkAcknowledged(delivery);
      return !isOver;
    });
  }

  atEnd(): void {
    for (const { received, settled } of this.#intents.values()) {
      if (settled === undefined) this.#say("What somebody asked for was never dealt with.", [rowText(received)]);
    }
    for (const delivery of this.#deps.slack.deliveries) this.#checkAnswered(delivery);
    for (const intent of this.#intents.values()) this.#checkTold(intent);
  }

  #receive(fact: Fact): void {
    const { id = "", key = "" } = fact;
    const before = this.#byKey.get(key);
    if (before !== undefined) this.#say("One act was written down twice.", [rowText(before.received), rowText(fact)]);
    const act = this.#acts.get(key);
    if (act === undefined) this.#say("The log has an act that nobody did in Slack.", [key, rowText(fact)]);
    else this.#deps.people.learn(act, fact);
    const isEarly = fact.kind === "decision" && this.#deps.isPosting(textOf(fact.body, "run"));
    const intent: IntentBook = { received: fact, act, isEarly, settled: undefined, effect: undefined };
    this.#intents.set(id, intent);
    this.#byKey.set(key, intent);
  }

  #settle(fact: Fact): void {
    const intent = this.#intents.get(fact.id ?? "");
    if (intent === undefined) return this.#say("Something was settled that nobody had asked for.", [rowText(fact)]);
    if (intent.settled !== undefined) {
      const rows = [intent.received, intent.settled, fact].map(rowText);
      return this.#say("What somebody asked for was dealt with twice.", rows);
    }
    intent.settled = fact;
    this.#bind(intent);
  }

  #start(fact: Fact): void {
    const { origin, row } = fact;
    if (origin?.intent === undefined) {
      if (origin?.door !== "system" && origin?.door !== "cli")
        this.#say("A run was started that nobody asked for.", [rowText(fact)], row.stream);
      return;
    }
    const intent = this.#intents.get(origin.intent);
    if (intent === undefined) return this.#say("A run was started that nobody asked for.", [rowText(fact)], row.stream);
    if (intent.received.actor !== fact.actor)
      this.#say(
        "A run was put down to somebody else than who asked for it.",
        [rowText(intent.received), rowText(fact)],
        row.stream,
      );
    this.#takeEffect(intent, fact);
  }

  /** Everything that is done is the effect of one act of exactly that person, and settled with it. */
  #bind(intent: IntentBook): void {
    const { received, act, isEarly } = intent;
    const index = this.#unbound.findLastIndex((fact) => isEffectOf(received, fact));
    const [fact] = index === -1 ? [] : this.#unbound.splice(index, 1);
    if (fact === undefined) return;
    this.#takeEffect(intent, fact);
    this.#decided.set(fact, received);
    if (fact.type === "gate.decided" && act?.click !== undefined)
      this.#checkClick(fact, received, { ...act.click, isEarly });
    const named = this.#named.get(fact);
    if (named === undefined || JSON.stringify(received.body).includes(named)) return;
    const what = `The run goes on from ${named}, which had succeeded and which nobody named.`;
    this.#say(what, [rowText(received), rowText(fact)], fact.row.stream);
  }

  #checkClick(
    fact: Fact,
    received: Fact,
    { value, messageTs, isEarly }: NonNullable<SlackDelivery["click"]> & Pick<IntentBook, "isEarly">,
  ): void {
    if (!isEarly) this.#checkPlace(fact, messageTs);
    if (value === undefined || value.includes(`"${fact.digest}"`)) return;
    const what = `${fact.actor} decided on something else than their button said.`;
    this.#say(what, [rowText(received), rowText(fact)], fact.row.stream);
  }

  /** Decided is on the message that is kept up to date, and on no copy; while nobody knows which that is, on any. */
  #checkPlace(fact: Fact, messageTs: string): void {
    const { messages } = this.#deps.slack;
    const own = messages.filter(
      ({ slot }) => slot?.startsWith(`${fact.row.stream}/gate/`) && slot.endsWith(`/${fact.path}`),
    );
    if (own.some(({ ts }) => ts === messageTs)) return;
    this.#say(`${fact.actor} decided on a copy of the request.`, [rowText(fact)], fact.row.stream);
  }

  #takeEffect(intent: IntentBook, fact: Fact): void {
    const rows = [intent.received, intent.effect, intent.settled, fact].filter((row) => row !== undefined).map(rowText);
    const { received } = intent;
    const lateMs = Math.min(fact.at - received.at, fact.seenAt - received.seenAt);
    if (lateMs > OLDEST_MS)
      this.#say(`What was asked ${lateMs} ms before was done all the same.`, rows, fact.row.stream);
    if (intent.effect !== undefined) this.#say("One act had two effects.", rows, fact.row.stream);
    else if (intent.settled !== undefined && intent.settled.seenAt !== fact.seenAt)
      this.#say("An act took effect after it had been dealt with.", rows, fact.row.stream);
    intent.effect = fact;
    this.#deps.onEffect({ received: intent.received, fact });
  }

  #checkAcknowledged(delivery: SlackDelivery): void {
    const key = keyOf(delivery);
    const isMeant = delivery.kind !== "click" || isApproval(delivery);
    if (key === undefined || this.#byKey.has(key) || !isMeant || saysNot(delivery)) return;
    this.#say("Slack was told that an act had arrived, and it was not written down.", [deliveryText(delivery)]);
  }

  /** Whoever did something that was acknowledged finds it written down, or was told that it was not. */
  #checkAnswered(delivery: SlackDelivery): void {
    const key = keyOf(delivery);
    if (key === undefined || delivery.acknowledgedAt === undefined || this.#byKey.has(key) || saysNot(delivery)) return;
    if (!this.#isTold(delivery))
      this.#say("An act was acknowledged and then lost, and nobody was told.", [deliveryText(delivery)]);
  }

  /** Where nothing went wrong, whoever asked for something hears what came of it. */
  #checkTold({ received, act, settled, effect }: IntentBook): void {
    if (act === undefined || settled === undefined) return;
    const isDue = textOf(settled.result, "kind") !== "done" || (effect !== undefined && REFUSED.has(effect.type));
    // Slack itself has told the person when it took too long.
    const isTold = act.acknowledgedAt === undefined || act.failure !== undefined || this.#isTold(act);
    if (isTold || !isDue || !this.#wasCalm(act.sentAt, settled.seenAt + ANSWER_MS)) return;
    this.#say("Somebody was left without an answer.", [deliveryText(act), rowText(received), rowText(settled)]);
  }

  #wasCalm(from: number, until: number): boolean {
    return this.#deps.wasCalm?.(from, until) === true;
  }

  /** Something private came back, or a window opened. */
  #isTold({ kind, triggerId, user, sentAt }: SlackDelivery): boolean {
    const { ephemerals, deliveries, views } = this.#deps.slack;
    const isAnswered = ephemerals.some(({ answers, user: reader, versions }) => {
      // A form has no address of its own: what came of it is told where it was asked for.
      if (answers !== undefined && kind !== "form") return deliveries[answers]?.triggerId === triggerId;
      return reader === user && (versions.at(-1)?.at ?? 0) >= sentAt;
    });
    return isAnswered || views.some((view) => view.triggerId === triggerId);
  }

  #say(what: string, proof: readonly string[], run?: string): void {
    this.#deps.report({ check: CHECK, what, run, proof });
  }
}

/** The key by which the log has to know an act; undefined for what leads to no row. */
export function keyOf({ kind, team, triggerId, click, body }: SlackDelivery): string | undefined {
  if (kind === "command") return `slash/${team}/${triggerId}`;
  if (kind === "click") {
    const isOurs = click !== undefined && (click.actionId === "gate_approve" || click.actionId.startsWith("command_"));
    // Nothing is asked for by what nobody can read.
    return isOurs && click.value?.startsWith("{") === true ? `click/${team}/${triggerId}` : undefined;
  }
  if (kind !== "form") return undefined;
  const view = membersOf(body["view"]);
  return `form/${team}/${textOf(view, "id")}/${textOf(view, "hash")}`;
}

const REFUSED: ReadonlySet<string> = new Set(["gate.refused", "run.refused", "lock.refused"]);
const BY_PEOPLE: ReadonlySet<string> = new Set([
  ...REFUSED,
  "gate.decided",
  "run.retried",
  "run.cancel-requested",
  "lock.set",
  "lock.lifted",
]);

/** Whether a row can have come of what somebody asked for. A refusal does not say what was on the button. */
function isEffectOf({ actor, body, kind }: Fact, fact: Fact): boolean {
  if (fact.actor !== actor || (kind === "decision") !== fact.type.startsWith("gate.")) return false;
  if (kind !== "decision") return true;
  const isSame =
    fact.row.stream === textOf(body, "run") &&
    fact.path === textOf(body, "path") &&
    fact.decision === textOf(body, "decision");
  return isSame && (fact.type === "gate.refused" || fact.digest === textOf(body, "digest"));
}

const NOT_WRITTEN = /could not be written down|slow to write|in a form that Quarterdeck does not know|"errors"/u;

/** The acknowledgement itself says that it is not known to be written down, or that something is to be mended first. */
function saysNot({ acknowledgement }: SlackDelivery): boolean {
  return acknowledgement !== undefined && NOT_WRITTEN.test(JSON.stringify(acknowledgement) ?? "");
}

function deliveryText({ number, kind, user, sentAt, acknowledgedAt, click, body }: SlackDelivery): string {
  const what = click?.actionId ?? [textOf(body, "command"), textOf(body, "text")].join(" ").trim();
  const when = acknowledgedAt === undefined ? "" : `, acknowledged at ${timeText(acknowledgedAt)}`;
  return `delivery ${number}: ${kind} of ${user} (${what}) at ${timeText(sentAt)}${when}`;
}

/** Of the buttons only those that decide lead to a row by themselves; what was made up says nothing of a run. */
function isApproval({ click }: SlackDelivery): boolean {
  return click?.actionId.includes("approve") === true && click.value?.includes('"digest"') === true;
}
