import { type Answer, notice } from "../engine/answer.ts";
import type { EventStore, Intent, Person } from "../engine/ports.ts";
import { isJsonMap, type Json } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode, errorMessage, errorText } from "../platform/errors.ts";
import { newId, type Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { timeLimit } from "../platform/time-limit.ts";
import type { CommandForms } from "../engine/command-form.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { RunService } from "../engine/run-service.ts";
import { actOnRequest } from "./act-request.ts";
import { Arrival, type DecisionArrival } from "./arrival.ts";
import { decideOnGate, type DecisionDeps } from "./decision-request.ts";
import { type FormDeps, InventoryForms } from "./command-forms.ts";
import { keptAnswer } from "./kept-answer.ts";
import { lookIntoQuestion } from "./look-into-question.ts";
import type { PeopleCheck } from "./people-check.ts";
import { readSlash, type SlashDeps, type SlashRequest } from "./slash-request.ts";
import { startFromRequest, type StartDeps } from "./start-request.ts";

/** An arrival that is on record. */
export interface Taken {
  /** False where its key was on record before. */
  readonly isNew: boolean;
  /** Whether it could be answered at once. */
  readonly answered: boolean;
  /** What comes of it; undefined where there is nothing to say, or the server stops first. */
  readonly outcome: Promise<Answer | undefined>;
}

/** Where private answers go; fails silently where Slack takes none any more. */
export type Reply = (arrival: Arrival, answer: Answer) => Promise<void>;

export interface IntakeDeps
  extends
    Omit<SlashDeps, "events" | "runs" | "check" | "locks">,
    Omit<StartDeps, "events" | "proofs" | "runs" | "check" | "locks">,
    Omit<DecisionDeps, "runs" | "check"> {
  readonly git: FormDeps["git"];
  readonly locks: Pick<LockDesk, "on" | "locks" | "set" | "lift">;
  readonly events: EventStore;
  readonly runs: RunService;
  readonly check: PeopleCheck;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly reply: Reply;
  /** Takes out of what arrived what nobody should have typed. */
  readonly hide?: ((arrival: Arrival) => Arrival) | undefined;
}

// Long enough for a first fetch of a repository, short enough that the private answer still finds its way (30 minutes).
const LONGEST_REQUEST_MS = 15 * 60_000;
// What was asked longer ago, before a long stop of the server, is answered instead of done: nobody expects it any more.
const OLDEST_INTENT_MS = 15 * 60_000;
// Nobody stands behind a machine who would ask again, and what it was told is still so.
const OLDEST_TOLD_MS = 24 * 60 * 60_000;
const STOP_WITHIN_MS = 1000;
const SETTLE_AGAIN_MS = 5000;
// Each of them asks Argo CD and Git: hundreds at once would keep everything else, and one another, from being done.
const TAKEN_UP_AT_ONCE = 8;
const NEXT_AFTER_MS = 1000;
const NOTHING = Promise.resolve(undefined);

/**
 * Where everything that people ask for comes in. It is recorded before it is acknowledged; what was recorded and not settled
 * when the process ended is taken up at the next start. Refusals are recorded like everything else.
 */
export class Intake implements AsyncDisposable {
  /** What forms are filled from. */
  readonly forms: CommandForms;
  readonly #deps: IntakeDeps;
  readonly #stop = new AbortController();
  /** By intent. */
  readonly #underWay = new Map<string, Promise<Answer | undefined>>();
  /** What an earlier process left and nobody has begun yet; by intent. */
  readonly #left = new Set<string>();

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.forms = new InventoryForms(deps);
  }

  /**
   * Records what arrived; resolves, once that is on the disk, with what to acknowledge it with. `key` is the sender's own
   * idempotency key: what arrives a second time is acknowledged and otherwise ignored.
   */
  async receive(key: string, arrived: Arrival): Promise<Answer | undefined> {
    const { isNew, answered, outcome } = await this.take(key, arrived);
    if (!isNew) return undefined;
    if (answered) return await outcome;
    return arrived.kind === "slash" ? notice("resolving", "Looking into it.") : undefined;
  }

  /** The same for whoever wants to know what comes of it, which may take as long as Git and Argo CD take. */
  async take(key: string, arrived: Arrival): Promise<Taken> {
    const { events, people, clock, random, hide, reply } = this.#deps;
    const arrival = hide?.(arrived) ?? arrived;
    const actor = people.pseudonymOf(arrival.team, arrival.user);
    const at = clock.now();
    const intent: Intent = {
      id: newId("int", at, random),
      key,
      at,
      actor,
      kind: arrival.kind,
      body: recordedBody(arrival),
    };
    const request = arrival.kind === "decision" ? undefined : this.#read(arrival, intent);
    if (request?.kind === "answered") {
      const isNew = await events.recordIntent(intent, kept(request.answer, arrival));
      // People are answered by the acknowledgement.
      if (isNew && arrival.kind === "machine") await reply(arrival, request.answer);
      return { isNew, answered: true, outcome: Promise.resolve(request.answer) };
    }
    if (!(await events.recordIntent(intent))) return { isNew: false, answered: false, outcome: NOTHING };
    return { isNew: true, answered: false, outcome: this.#begin(intent, arrival) };
  }

  /** Takes up what an earlier process recorded and did not settle; what has arrived since is under way already. */
  resume(): void {
    if (this.#stop.signal.aborted) return;
    const left = this.#deps.events.openIntents().filter(({ id }) => !this.#underWay.has(id) && !this.#left.has(id));
    for (const { id } of left) this.#left.add(id);
    const next = left.values();
    for (let lane = 0; lane < TAKEN_UP_AT_ONCE; lane += 1) void this.#takeUp(next);
  }

  /** Lets what is under way stop; it stays recorded and is taken up at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the server stops"));
    // What waits for somebody who does not answer is not waited for.
    await Promise.race([Promise.allSettled(this.#underWay.values()), this.#deps.clock.sleep(STOP_WITHIN_MS)]);
  }

  /** One after the other. What waits for somebody else does not keep the next one waiting for long. */
  async #takeUp(left: Iterable<Intent>): Promise<void> {
    for (const intent of left) {
      if (this.#stop.signal.aborted) return;
      const arrival = this.#arrivalOf(intent);
      if (arrival !== undefined) void this.#begin(intent, arrival);
      else this.#deps.logger.error("a recorded request cannot be read by this version", { intent: intent.id });
      this.#left.delete(intent.id);
      const ended = this.#underWay.get(intent.id);
      if (ended === undefined) continue;
      const over = new AbortController();
      await Promise.race([ended, this.#deps.clock.sleep(NEXT_AFTER_MS, over.signal).catch(() => undefined)]);
      over.abort();
    }
  }

  #read(arrival: Asking, intent: Intent): SlashRequest {
    return readSlash(this.#deps, arrival, { person: personOf(arrival, intent), intent: intent.id });
  }

  /** The reverse of `recordedBody`; undefined for what this version cannot read or whose sender was redacted. */
  #arrivalOf(intent: Intent): Arrival | undefined {
    const sender = this.#deps.people.person(intent.actor);
    if (sender === undefined || !isJsonMap(intent.body)) return undefined;
    const { team, user } = sender;
    return Arrival.safeParse({ ...intent.body, kind: intent.kind, team, user }).data;
  }

  #begin(intent: Intent, arrival: Arrival): Promise<Answer | undefined> {
    const begun = this.#underWay.get(intent.id);
    if (begun !== undefined) return begun;
    const work = this.#deal(intent, arrival).finally(() => this.#underWay.delete(intent.id));
    this.#underWay.set(intent.id, work);
    return work;
  }

  async #deal(intent: Intent, arrival: Arrival): Promise<Answer | undefined> {
    const { events, clock, logger, reply } = this.#deps;
    try {
      const settle = (answer: Answer | undefined): Promise<void> =>
        events.settleIntent(intent.id, kept(answer, arrival), clock.now());
      const answer = await this.#answer(intent, arrival, settle);
      await settle(answer);
      if (answer !== undefined) await reply(arrival, answer);
      return answer;
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined;
      logger.error("a request could not be dealt with", { intent: intent.id, error: errorText(error) });
      return await this.#giveUp(intent, arrival, error);
    }
  }

  async #answer(
    intent: Intent,
    arrival: Arrival,
    settle: (answer: Answer | undefined) => Promise<void>,
  ): Promise<Answer | undefined> {
    if (this.#deps.clock.now() - intent.at > oldest(arrival)) {
      return notice(
        "intent.too-old",
        "This was asked before Quarterdeck was stopped for a long time, so it was not done. Ask again if it is still wanted.",
      );
    }
    if (arrival.kind === "decision" && arrival.decision === "approve" && this.#deps.mode === "observe") {
      return notice(
        "mode.observing",
        'Quarterdeck only observes here, so nothing is approved: the run could not go on. Press Approve again when whoever runs it has taken "mode: observe" out of quarterdeck.yaml; until then a run can be rejected or cancelled.',
      );
    }
    if (arrival.kind === "decision")
      return await decideOnGate(this.#deps, arrival, { actor: intent.actor, settle: () => settle(undefined) });
    const request = this.#read(arrival, intent);
    using limit = timeLimit(this.#deps.clock, LONGEST_REQUEST_MS);
    const signal = AbortSignal.any([this.#stop.signal, limit.signal]);
    switch (request.kind) {
      case "answered":
        return request.answer;
      case "start":
        return await startFromRequest(this.#deps, { ...request.ask, signal, settle });
      case "act":
        return await actOnRequest(this.#deps, { ...request.ask, settle });
      case "question":
        return await lookIntoQuestion(this.#deps, request.answers, { ...request.ask, signal });
    }
  }

  async #giveUp(intent: Intent, arrival: Arrival, error: unknown): Promise<Answer> {
    const message =
      error instanceof AppError ? errorMessage(error) : "Something went wrong inside Quarterdeck; its log says what.";
    const answer = notice(errorCode(error), message);
    const { events, clock, logger, reply } = this.#deps;
    // Whoever asked is told that it failed: what is not settled would be done all the same at the next start.
    const settle = async (): Promise<void> => {
      try {
        await events.settleIntent(intent.id, kept(answer, arrival), clock.now());
      } catch (again) {
        if (this.#stop.signal.aborted) return;
        const failed = { intent: intent.id, error: errorText(again) };
        logger.error("a request could not be settled; it is tried again", failed);
        clock.setTimer(SETTLE_AGAIN_MS, () => void settle());
      }
    };
    await settle();
    await reply(arrival, answer);
    return answer;
  }
}

/** Whatever names a command. */
type Asking = Exclude<Arrival, DecisionArrival>;

function oldest(arrival: Arrival): number {
  return arrival.kind === "machine" && arrival.door !== "api" ? OLDEST_TOLD_MS : OLDEST_INTENT_MS;
}

/** What the log keeps of an arrival: all but who it was, who stands in the header by pseudonym. */
function recordedBody(arrival: Arrival): Json {
  const { kind: _kind, team: _team, user: _user, ...body } = arrival;
  const members: Record<string, Json> = {};
  for (const [name, value] of Object.entries(body)) if (value !== undefined) members[name] = value;
  return members;
}

function personOf({ team, user }: Asking, { actor }: Intent): Person {
  return { pseudonym: actor, team, user };
}

function kept(answer: Answer | undefined, { kind }: Pick<Arrival, "kind">): Json {
  return { ...keptAnswer(answer, kind === "machine") };
}
