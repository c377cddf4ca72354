import { effectKey } from "../../../src/domain/effect.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Job, JobReports } from "../../../src/engine/ports.ts";
import { Dice } from "../dice.ts";
import { RemoteRig } from "./remote-rig.ts";
import { remoteSteps, usesOf } from "./remote-steps.ts";
import type { RemoteStory, StoryAct } from "./remote-story.ts";
import { RemoteWitness, type Wanted } from "./remote-witness.ts";
import type { SimWorker } from "./sim-worker.ts";
import { WorkerPlaces } from "./worker-places.ts";

export interface StoryEnd {
  readonly violations: readonly string[];
  /** The whole story, for a second look. */
  readonly log: readonly string[];
}

const CALM_MS = 90_000;
const GRACE_MS = 5000;
const AT_ONCE = 2;

/** Plays it: a small engine that hands out effects as the real one does, and a witness of what becomes of them. */
export async function playStory(story: RemoteStory): Promise<StoryEnd> {
  const player = new Player(story);
  await player.play();
  return player.witness;
}

interface StoryStep extends Wanted {
  readonly job: Omit<Job, "token" | "input" | "checkpointed">;
}

type ServerEvent = Extract<StoryAct, { readonly who: "server" }>["act"];

class Player {
  readonly witness: RemoteWitness;
  readonly #story: RemoteStory;
  readonly #rig: RemoteRig;
  readonly #dice: Dice;
  readonly #wanted = new Map<string, StoryStep>();
  readonly #workers: WorkerPlaces;
  #server: ReturnType<RemoteRig["server"]> | undefined;
  #token = 0;
  #servers = 0;
  #rushes = 0;

  constructor(story: RemoteStory) {
    this.#story = story;
    this.#dice = new Dice(`story/${story.seed}`);
    this.#rig = new RemoteRig({
      seed: story.seed,
      shutdownGraceMs: GRACE_MS,
      kindsOf: ({ life, clock }) =>
        remoteSteps({
          worker: life.name,
          clock,
          dice: this.#dice,
          witness: this.witness,
          wantedOf: (key) => this.#wanted.get(key),
        }),
    });
    this.#workers = new WorkerPlaces({ count: story.workers, line: this.#rig.line, open: () => this.#openWorker() });
    this.witness = new RemoteWitness({ now: () => this.#rig.line.now(), graceMs: GRACE_MS });
  }

  async play(): Promise<void> {
    const [story, { line, redis }] = [this.#story, this.#rig];
    this.#startServer();
    this.#workers.fill();
    for (let step = 0; step < story.steps; step += 1) {
      line.after(this.#dice.between(0, story.lastsMs), () => this.#want(`step_${step}`));
    }
    for (const act of story.acts) line.after(act.at, () => this.#apply(act));
    await this.#rig.pass(story.lastsMs);
    redis.calm();
    this.#startServer();
    this.#workers.fill();
    await this.#rig.pass(CALM_MS);
    for (const { key, ended } of this.#wanted.values())
      if (ended === undefined) this.witness.wrong(`${key} never ended`);
    for (const said of this.#rig.log) this.witness.log.push(JSON.stringify(said));
  }

  #want(path: string): string {
    const effect = { run: "run_1", path, attempt: 1 };
    const repeat = this.#dice.pick(["safe", "keyed", "ask", "ask"] as const);
    const key = effectKey(effect);
    const facts = { runTitle: "", requester: "", requesterUser: "" };
    const job = { effect, uses: usesOf(repeat), facts, startedAt: 0 };
    const open = { ended: undefined, cancelledAt: undefined, anewAt: -Infinity };
    this.#wanted.set(key, { key, repeat, job, token: 0, ...open });
    this.#hand(key, false);
    return key;
  }

  /** Under a newer token, unless it may have been begun already. */
  #hand(key: string, mayHaveBegun: boolean): void {
    const wanted = this.#wanted.get(key);
    if (wanted === undefined || wanted.ended !== undefined) return;
    if (!mayHaveBegun) {
      this.#token += 1;
      wanted.token = this.#token;
    }
    const { job, token } = wanted;
    this.witness.say(`${key} is handed out under ${token}${mayHaveBegun ? ", may have begun" : ""}`);
    this.#server?.dispatcher.dispatch({ ...job, token, input: { token }, checkpointed: undefined, mayHaveBegun });
  }

  #again(key: string): void {
    this.#rig.line.after(0, () => {
      if (this.#wanted.get(key)?.cancelledAt === undefined) this.#hand(key, false);
    });
  }

  #startServer(): void {
    if (this.#server !== undefined) return;
    this.#servers += 1;
    const server = this.#rig.server({ reports: this.#reportsOf(this.#servers) });
    this.#server = server;
    this.witness.say(`${server.life.name} starts`);
    // As the engine after a start: what must not be repeated under the token that it had, everything else under a newer one.
    for (const { key, repeat, cancelledAt, ended, job } of this.#wanted.values()) {
      if (ended !== undefined) continue;
      this.#hand(key, repeat === "ask");
      if (cancelledAt !== undefined) server.dispatcher.cancel(job.effect, "not wanted");
    }
  }

  /** What one server hears; when it is dead that reaches nobody. */
  #reportsOf(server: number): JobReports {
    const isCurrent = (): boolean => server === this.#servers && this.#server !== undefined;
    const wantedBy = ({ effect, token }: Job): Wanted | undefined => {
      const wanted = this.#wanted.get(effectKey(effect));
      return isCurrent() && wanted?.token === token && wanted.ended === undefined ? wanted : undefined;
    };
    return {
      progress: () => undefined,
      checkpoint: async (job) => {
        const wanted = wantedBy(job);
        if (wanted === undefined) throw new Error("an old token");
        const { key, token, cancelledAt } = wanted;
        if (cancelledAt !== undefined) this.witness.wrong(`${key} may go on, and nobody wants it any more`);
        // Some disks are slow, and some are full.
        const lateMs = this.#dice.chance(0.8) ? this.#dice.between(0, 300) : this.#dice.between(300, 4000);
        await new Promise<void>((resolve) => void this.#rig.line.after(lateMs, resolve));
        if (!isCurrent()) return new Promise(() => undefined);
        if (this.#dice.chance(0.02)) throw new Error("the disk is full");
        this.witness.durable(key, token);
      },
      outcome: (job, outcome) => {
        const wanted = wantedBy(job);
        if (wanted !== undefined) this.#end(wanted, outcome);
      },
      handedBack: (job) => {
        const wanted = wantedBy(job);
        if (wanted === undefined) return;
        this.witness.say(`${wanted.key} is handed back`);
        this.witness.handedBack(wanted);
        this.#again(wanted.key);
      },
    };
  }

  #end(wanted: Wanted, outcome: Outcome): void {
    const { key } = wanted;
    const status = outcome.status === "failed" ? outcome.failure.code : outcome.status;
    this.witness.say(`${key} ends: ${status}`);
    if (outcome.status === "postponed") return this.#again(key);
    this.witness.ended(wanted, status);
    wanted.ended = status;
  }

  #openWorker(): SimWorker {
    const worker = this.#rig.worker({ concurrency: AT_ONCE });
    const { life } = worker;
    life.onDeath(() => this.witness.died(life.name));
    this.witness.say(`${life.name} starts`);
    return worker;
  }

  #apply(act: StoryAct): void {
    this.witness.say(JSON.stringify(act));
    switch (act.who) {
      case "redis":
        this.witness.act(act, undefined);
        return this.#rig.redis.apply(act.act);
      case "run":
        return act.act.kind === "cancel"
          ? this.#cancel(this.#open(act.act.which, () => true))
          : this.#dispatchAnew(act.act.which);
      case "server":
        this.witness.act(act, undefined);
        return this.#onServer(act.act);
      case "rush":
        return this.#rush(act);
      case "worker":
        this.witness.act(act, this.#workers.at(act.act)?.life.name);
        return this.#workers.apply(act.act);
    }
  }

  #rush({ at, afterMs, act }: Extract<StoryAct, { readonly who: "rush" }>): void {
    this.#rushes += 1;
    const key = this.#want(`rush_${this.#rushes}`);
    this.#rig.line.after(afterMs, () => {
      if (act.kind === "cancel") this.#cancel(this.#wanted.get(key));
      else if (act.kind === "cut") this.#apply({ at, who: "redis", act });
      else this.#apply({ at, who: "worker", act });
    });
  }

  #onServer({ kind, ms }: ServerEvent): void {
    const server = this.#server;
    if (server === undefined) return;
    if (kind === "stall") return server.pace.stall(ms);
    this.#server = undefined;
    server.life.kill();
    this.#rig.line.after(ms, () => this.#startServer());
  }

  /** As whoever retries a step that seems to be stuck. */
  #dispatchAnew(which: number): void {
    const wanted = this.#open(which, (repeat) => repeat !== "ask");
    if (wanted === undefined) return;
    wanted.anewAt = this.#rig.line.now();
    this.#again(wanted.key);
  }

  #cancel(wanted: StoryStep | undefined): void {
    const server = this.#server;
    if (wanted === undefined || wanted.ended !== undefined || server === undefined) return;
    wanted.cancelledAt ??= this.#rig.line.now();
    server.dispatcher.cancel(wanted.job.effect, "not wanted");
  }

  #open(which: number, fits: (repeat: Wanted["repeat"]) => boolean) {
    const open = [...this.#wanted.values()].filter(
      ({ ended, cancelledAt, repeat }) => ended === undefined && cancelledAt === undefined && fits(repeat),
    );
    return open[which % Math.max(1, open.length)];
  }
}
