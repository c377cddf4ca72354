import { z } from "zod";

import { type Effect, effectKey } from "../../../src/domain/effect.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Job, JobReports } from "../../../src/engine/ports.ts";
import { type ActionContext, defineAction, type Repeat, type StepKind } from "../../../src/engine/step-kind.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import type { BullmqDispatcher } from "../../../src/dispatch/bullmq-dispatcher.ts";
import { Dice } from "../dice.ts";
import type { SimWorker } from "./sim-worker.ts";
import { RemoteRig } from "./remote-rig.ts";

import type { RemoteStory, StoryAct } from "./remote-story.ts";

/** One effect as the log would have it. */
interface Wanted {
  readonly effect: Effect;
  readonly uses: string;
  token: number;
  /** Undefined until it has ended. */
  ended: string | undefined;
  cancelled: boolean;
  /** Whether a server that ended may have had it begun. */
  isOld: boolean;
}

/** One execution on a worker. */
interface Begun {
  readonly key: string;
  readonly token: number;
  readonly life: string;
  /** Whether its effect has happened. */
  didAct: boolean;
  hasEnded: boolean;
}

export interface StoryEnd {
  readonly violations: readonly string[];
  /** The whole story, for a second look. */
  readonly log: readonly string[];
}

const CALM_MS = 60_000;
// After this whatever went wrong has no consequences any more.
const RECOVERY_MS = 12_000;

/** Plays it: a small engine that hands out effects as the real one does, and watches what becomes of them. */
export async function playStory(story: RemoteStory): Promise<StoryEnd> {
  const player = new Player(story);
  await player.play();
  return { violations: player.violations, log: player.log };
}

class Player implements JobReports {
  readonly violations: string[] = [];
  readonly log: string[] = [];
  readonly #story: RemoteStory;
  readonly #rig: RemoteRig;
  readonly #dice: Dice;
  readonly #wanted = new Map<string, Wanted>();
  readonly #begun: Begun[] = [];
  readonly #checkpointed = new Map<string, number>();
  /** Dispatches whose checkpoints are on the disk. */
  readonly #durable = new Set<string>();
  #dispatcher: BullmqDispatcher | undefined;
  #server: ReturnType<RemoteRig["server"]> | undefined;
  #workers: (SimWorker | undefined)[] = [];
  #token = 0;
  /** Until then nobody is to be blamed who takes a worker for gone. */
  #excusedUntil = 0;
  /** Until then things do not go their usual way. */
  #unquietUntil = 0;
  #servers = 0;

  constructor(story: RemoteStory) {
    this.#story = story;
    this.#dice = new Dice(`story/${story.seed}`);
    this.#rig = new RemoteRig({
      seed: story.seed,
      kinds: this.#kinds("", undefined),
      reports: this,
      kindsOf: ({ life, clock }) => this.#kinds(life.name, clock),
    });
  }

  async play(): Promise<void> {
    const { story, rig } = { story: this.#story, rig: this.#rig };
    this.#startServer();
    for (let place = 0; place < story.workers; place += 1) this.#startWorker(place);
    for (let step = 0; step < story.steps; step += 1) {
      const path = `step_${step}`;
      rig.line.after(this.#dice.between(0, story.lastsMs), () => this.#want(path));
    }
    for (const act of story.acts) rig.line.after(act.at, () => this.#apply(act));
    await rig.pass(story.lastsMs);
    rig.redis.calm();
    this.#startServer();
    for (const place of this.#workers.keys()) this.#startWorker(place);
    await rig.pass(CALM_MS);
    for (const [key, { ended }] of this.#wanted) if (ended === undefined) this.#wrong(`${key} never ended`);
    for (const line of rig.log) this.log.push(JSON.stringify(line));
  }

  progress(): void {}

  async checkpoint(job: Job, data: unknown): Promise<void> {
    const key = effectKey(job.effect);
    const wanted = this.#wanted.get(key);
    if (wanted?.token !== job.token || wanted.ended !== undefined) throw new Error("an old token");
    this.#say(`checkpoint of ${key} under ${job.token}: ${JSON.stringify(data)}`);
    if (wanted.cancelled) this.#wrong(`a checkpoint of ${key} was let through, which nobody wants any more`);
    this.#checkpointed.set(key, job.token);
    const { line } = this.#rig;
    await new Promise<void>((resolve) => void line.after(this.#dice.between(0, 300), resolve));
    if (this.#dice.chance(0.02)) throw new Error("the disk is full");
    this.#durable.add(dispatchName(key, job.token));
  }

  outcome(job: Job, outcome: Outcome): void {
    const key = effectKey(job.effect);
    const wanted = this.#wanted.get(key);
    const status = outcome.status === "failed" ? outcome.failure.code : outcome.status;
    this.#say(`outcome of ${key} under ${job.token}: ${status}`);
    if (wanted?.token !== job.token) return;
    if (wanted.ended !== undefined) return this.#wrong(`${key} ended twice: ${wanted.ended}, ${status}`);
    if (outcome.status === "postponed") return this.#again(wanted);
    if (["step.interrupted", "worker.lost"].includes(status)) this.#gaveUp(key, status);
    const did = this.#begun.some((begun) => begun.key === key && begun.didAct);
    if (status === "succeeded" && !did) this.#wrong(`${key} succeeded, and nobody did it`);
    wanted.ended = status;
  }

  /** People are asked to look how far it came: that has to be necessary. */
  #gaveUp(key: string, status: string): void {
    const isUnderWay = this.#begun.some((begun) => begun.key === key && !begun.hasEnded);
    if (isUnderWay && this.#rig.line.now() > this.#excusedUntil)
      this.#wrong(`${key} ended with ${status} while it was under way, and nothing had happened to any worker`);
  }

  handedBack(job: Job): void {
    const key = effectKey(job.effect);
    const wanted = this.#wanted.get(key);
    this.#say(`${key} handed back under ${job.token}`);
    if (wanted?.token !== job.token || wanted.ended !== undefined) return;
    if (wanted.uses === "test/ask") this.#wrong(`${key} must not be repeated and was handed back`);
    this.#again(wanted);
  }

  #again(wanted: Wanted): void {
    this.#rig.line.after(0, () => {
      if (wanted.ended !== undefined || wanted.cancelled) return;
      wanted.token = this.#nextToken();
      this.#hand(wanted, false);
    });
  }

  #want(path: string): void {
    const effect = { run: "run_1", path, attempt: 1 };
    const uses = this.#dice.pick(["test/safe", "test/keyed", "test/ask"]);
    const wanted: Wanted = { effect, uses, token: this.#nextToken(), ended: undefined, cancelled: false, isOld: false };
    this.#wanted.set(effectKey(effect), wanted);
    this.#hand(wanted, false);
  }

  #hand(wanted: Wanted, mayHaveBegun: boolean): void {
    const { effect, uses, token } = wanted;
    const checkpointed = this.#checkpointed.get(effectKey(effect));
    const facts = { runTitle: "", requester: "", requesterUser: "" };
    const job: Job = { effect, token, uses, input: { token }, facts, checkpointed, startedAt: 0, mayHaveBegun };
    this.#say(`${effectKey(effect)} handed out under ${token}${mayHaveBegun ? ", may have begun" : ""}`);
    this.#dispatcher?.dispatch(job);
  }

  #nextToken(): number {
    this.#token += 1;
    return this.#token;
  }

  #startServer(): void {
    if (this.#server !== undefined) return;
    this.#servers += 1;
    const number = this.#servers;
    const own: JobReports = {
      progress: () => undefined,
      checkpoint: (job, data) => (this.#servers === number ? this.checkpoint(job, data) : new Promise(() => undefined)),
      outcome: (job, outcome) => {
        if (this.#servers === number) this.outcome(job, outcome);
      },
      handedBack: (job) => {
        if (this.#servers === number) this.handedBack(job);
      },
    };
    this.#server = this.#rig.server({ reports: own });
    this.#dispatcher = this.#server.dispatcher;
    this.#say(`server ${number} starts`);
    // As the engine after a start: what must not be repeated under the token that it had, everything else under a newer one.
    for (const wanted of this.#wanted.values()) {
      if (wanted.ended !== undefined) continue;
      const isAsk = wanted.uses === "test/ask";
      if (!isAsk) wanted.token = this.#nextToken();
      this.#hand(wanted, isAsk);
      if (wanted.cancelled) this.#dispatcher.cancel(wanted.effect, "not wanted");
    }
  }

  #startWorker(place: number): void {
    if (this.#workers[place] !== undefined) return;
    const worker = this.#rig.worker({ concurrency: 2 });
    this.#workers[place] = worker;
    const { life } = worker;
    life.onDeath(() => {
      for (const begun of this.#begun) begun.hasEnded ||= begun.life === life.name;
    });
    this.#say(`${life.name} starts`);
  }

  #apply(act: StoryAct): void {
    this.#say(JSON.stringify(act));
    this.#excuse(act);
    switch (act.who) {
      case "redis":
        return this.#rig.redis.apply(act.act);
      case "run":
        return act.act.kind === "cancel" ? this.#cancel(act.act.which) : this.#dispatchAnew(act.act.which);
      case "server": {
        const server = this.#server;
        if (server === undefined) return;
        if (act.act.kind === "stall") return server.pace.stall(act.act.ms);
        this.#server = undefined;
        this.#dispatcher = undefined;
        this.#servers += 1;
        server.life.kill();
        return void this.#rig.line.after(act.act.ms, () => this.#startServer());
      }
      case "worker": {
        const place = act.act.worker % this.#workers.length;
        const worker = this.#workers[place];
        if (worker === undefined) return;
        if (act.act.kind === "stall") return worker.pace.stall(act.act.ms);
        this.#workers[place] = undefined;
        if (act.act.kind === "lose") worker.life.kill();
        else void worker.end();
        return void this.#rig.line.after(act.act.downMs, () => this.#startWorker(place));
      }
    }
  }

  #excuse({ who, act }: StoryAct): void {
    const until = this.#rig.line.now() + ("ms" in act ? act.ms : 0) + RECOVERY_MS;
    if (who !== "run") this.#unquietUntil = Math.max(this.#unquietUntil, until);
    const isWorkers = act.kind === "messages" || (act.kind === "cut" && act.whom.startsWith("worker"));
    if (who === "worker" || isWorkers) this.#excusedUntil = Math.max(this.#excusedUntil, until);
  }

  /** As whoever retries a step that seems to be stuck. */
  #dispatchAnew(which: number): void {
    const open = [...this.#wanted.values()].filter(({ ended, uses }) => ended === undefined && uses !== "test/ask");
    const wanted = open[which % Math.max(1, open.length)];
    if (wanted !== undefined) this.#again(wanted);
  }

  #cancel(which: number): void {
    const open = [...this.#wanted.values()].filter(({ ended }) => ended === undefined);
    const wanted = open[which % Math.max(1, open.length)];
    if (wanted === undefined) return;
    wanted.cancelled = true;
    this.#dispatcher?.cancel(wanted.effect, "not wanted");
    if (this.#dispatcher === undefined && wanted.uses !== "test/ask") wanted.ended = "cancelled";
  }

  #kinds(life: string, clock: Clock | undefined): ReadonlyMap<string, StepKind> {
    return new Map(
      (["safe", "keyed", "ask"] as const).map((repeat) => [`test/${repeat}`, this.#kind(repeat, { life, clock })]),
    );
  }

  /** Looks whether it was done, writes down that it does it, and does it: as the product's own steps. */
  #kind(repeat: Repeat, { life, clock }: { readonly life: string; readonly clock: Clock | undefined }): StepKind {
    const run = async (
      { token }: { readonly token: number },
      context: ActionContext,
    ): Promise<Outcome & { status: "succeeded" }> => {
      const key = effectKey(context.effect);
      const begun: Begun = { key, token, life, didAct: false, hasEnded: false };
      const earlier = this.#begun.filter((other) => other.key === key);
      this.#say(`${life} begins ${key}`);
      if (repeat === "ask" && earlier.length > 0)
        this.#wrong(`${key} must not be repeated and was begun again by ${life}`);
      const beside = earlier.find(({ hasEnded, life: other }) => !hasEnded && other !== life);
      if (beside !== undefined && this.#rig.line.now() > this.#unquietUntil)
        this.#wrong(`${life} began ${key} beside ${beside.life}, in the quietest of times`);
      context.signal.addEventListener("abort", () => (begun.hasEnded = true));
      this.#begun.push(begun);
      const wait = (low: number, high: number): Promise<void> =>
        clock === undefined ? Promise.resolve() : clock.sleep(this.#dice.between(low, high), context.signal);
      await wait(1, 500);
      const found = repeat === "keyed" && this.#begun.some((other) => other.key === key && other.didAct);
      if (!found) {
        await context.checkpoint({ by: life });
        this.#act(begun, repeat);
      }
      await wait(100, 8000);
      begun.hasEnded = true;
      return { status: "succeeded", output: {} };
    };
    return defineAction({
      kind: `test/${repeat}`,
      summary: "",
      repeat,
      input: z.strictObject({ token: z.int() }),
      output: z.looseObject({}),
      run,
    });
  }

  /** The effect itself, in the same turn in which the checkpoint was told to be durable. */
  #act(begun: Begun, repeat: Repeat): void {
    const { key } = begun;
    const wanted = this.#wanted.get(key);
    if (wanted?.ended !== undefined) this.#wrong(`${begun.life} did ${key} after it had ended (${wanted.ended})`);
    if (!this.#durable.has(dispatchName(key, begun.token)))
      this.#wrong(`${begun.life} did ${key} under ${begun.token} before its checkpoint was on the disk`);
    const others = this.#begun.filter((other) => other.key === key && other.didAct);
    if (repeat !== "safe" && others.length > 0) this.#wrong(`${begun.life} did ${key} after ${others[0]?.life} had`);
    begun.didAct = true;
    this.#say(`${begun.life} does ${key}`);
  }

  #wrong(what: string): void {
    this.violations.push(what);
    this.#say(`WRONG: ${what}`);
  }

  #say(text: string): void {
    const at = this.#rig === undefined ? 0 : this.#rig.line.now() % 86_400_000;
    this.log.push(`${String(at / 1000)} ${text}`);
  }
}

function dispatchName(key: string, token: number): string {
  return `${key} under ${token}`;
}
