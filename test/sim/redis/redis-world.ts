import type { JobQueue, JobSource, Ticket } from "../../../src/dispatch/job-queue.ts";
import type { Link } from "../../../src/dispatch/link.ts";
import type { Dice } from "../dice.ts";
import type { Schedule } from "../schedule.ts";
import { forgeriesOf } from "./forgeries.ts";
import { Memory } from "./memory.ts";
import type { MessageTrouble, RedisAct, Replayed } from "./redis-act.ts";
import { SimJobQueue } from "./sim-job-queue.ts";
import { SimJobSource } from "./sim-job-source.ts";
import { type RedisSide, type RedisUser, SimLink } from "./sim-link.ts";
import { SimQueue } from "./sim-queue.ts";

/** One process's ends of everything: a server uses the link and the queue, a worker the link and the source. */
export interface RedisEnds {
  readonly link: Link;
  readonly queue: JobQueue;
  readonly source: JobSource;
}

type Misdirection = Extract<RedisAct, { kind: "misdirect" }>;
type Redelivery = Extract<RedisAct, { kind: "redeliver" }>;

// A client gives up a connection on which nothing arrives for so long.
const SILENT_MS = 5000;
const LONGEST_REDELIVERY_MS = 3000;
const LONGEST_REPLAY_MS = 4000;
const MISDIRECTED_MS = 8;
// Whoever has to answer what is said to them would keep this going for ever.
const MISDIRECTED_EVERY_MS = 20;

/** A Redis through which a server and its workers speak, and which loses, doubles, delays and forgets what it is told to. */
export class RedisWorld {
  readonly #line: Schedule;
  readonly #dice: Dice;
  readonly #luck: Dice;
  readonly #queue: SimQueue;
  readonly #links = new Set<SimLink>();
  readonly #memory: Memory;
  readonly #troubles = new Set<MessageTrouble>();
  readonly #redeliveries = new Set<Redelivery>();
  readonly #misdirections = new Set<Misdirection>();
  /** Where workers hear what is answered to them. */
  readonly #answered = new Set<string>();
  #misdirectedAt = 0;
  readonly #cuts = new Set<string>();
  /** What is done when it goes on; undefined while it does not stand still. */
  #frozen: (() => void)[] | undefined;
  #isAway = false;
  #isFull = false;
  #answersLostUntil = 0;

  constructor(deps: { readonly line: Schedule; readonly dice: Dice }) {
    this.#line = deps.line;
    this.#dice = deps.dice.fork("ways");
    this.#luck = deps.dice.fork("faults");
    this.#memory = new Memory(deps.dice.fork("memory"));
    this.#queue = new SimQueue({ line: deps.line, dice: deps.dice.fork("queue") });
  }

  /** Connects a process. */
  connect(user: RedisUser): RedisEnds {
    const late: { source?: SimJobSource } = {};
    const link = new SimLink({
      user,
      line: this.#line,
      dice: this.#dice,
      redis: this.#side,
      onOpen: () => late.source?.expect(),
    });
    this.#links.add(link);
    user.life.onDeath(() => this.#links.delete(link));
    const source = new SimJobSource({ link, queue: this.#queue });
    late.source = source;
    const queue = new SimJobQueue({
      link,
      add: (tickets) => this.#add(tickets),
      remove: (ids) => this.#queue.remove(ids),
      drain: () => this.#queue.drain(),
    });
    return { link, queue, source };
  }

  /** Something goes wrong from now on, for as long as the act says. */
  apply(act: RedisAct): void {
    switch (act.kind) {
      case "flush":
        return this.#queue.flush();
      case "away":
        return this.#goAway(act);
      case "freeze":
        return this.#freeze(act.ms);
      case "cut":
        return this.#cut(act);
      case "full":
        this.#isFull = true;
        return void this.#line.after(act.ms, () => (this.#isFull = false));
      case "messages":
        return this.#whileIn(this.#troubles, act);
      case "lose-answers":
        this.#answersLostUntil = Math.max(this.#answersLostUntil, this.#line.now() + act.ms);
        return undefined;
      case "redeliver":
        return this.#whileIn(this.#redeliveries, act);
      case "replay":
        return this.#replay(act.of, act.count);
      case "misdirect":
        return this.#whileIn(this.#misdirections, act);
      case "forge":
        return this.#forge(act.count);
    }
  }

  /** Everything that goes wrong is over. */
  calm(): void {
    this.#isAway = false;
    this.#isFull = false;
    this.#cuts.clear();
    this.#troubles.clear();
    this.#redeliveries.clear();
    this.#misdirections.clear();
    this.#answersLostUntil = 0;
    this.#thaw();
  }

  readonly #side: RedisSide = {
    reachable: (link) => {
      if (this.#isAway || [...this.#cuts].some((whom) => link.user.life.name.startsWith(whom))) return "refused";
      return this.#frozen === undefined ? "yes" : "silent";
    },
    carry: (act) => void (this.#frozen === undefined ? act() : this.#frozen.push(act)),
    publish: (channel, text) => this.#publish(channel, text),
    isAnswered: () => !this.#hits("unanswered"),
  };

  #add(tickets: readonly Ticket[]): void {
    if (this.#isFull) throw new Error("it is full (maxmemory)");
    for (const ticket of tickets) {
      this.#memory.job(ticket);
      const hit = [...this.#redeliveries].some(({ share }) => this.#luck.chance(share));
      if (hit) this.#line.after(this.#luck.below(LONGEST_REDELIVERY_MS), () => this.#queue.addAgain(ticket));
    }
    this.#queue.add(tickets);
  }

  #publish(channel: string, text: string): void {
    const of = this.#memory.message(channel, text);
    const now = this.#line.now();
    if (of === "answers") this.#answered.add(channel);
    if (of === "answers" && now < this.#answersLostUntil) return;
    this.#spread(channel, text);
    if (of !== "reports" || now < this.#misdirectedAt + MISDIRECTED_EVERY_MS) return;
    this.#misdirectedAt = now;
    for (const { count } of this.#misdirections) this.#misdirect(count);
  }

  /** While somebody waits for an answer, those that were meant for others. */
  #misdirect(count: number): void {
    for (let again = 0; again < count; again += 1) {
      const said = this.#memory.anyMessage("answers");
      if (said === undefined) return;
      const others = [...this.#answered].filter((channel) => channel !== said.channel);
      for (const channel of others)
        this.#line.after(this.#luck.below(MISDIRECTED_MS), () => this.#spread(channel, said.text));
    }
  }

  #spread(channel: string, text: string): void {
    for (const link of this.#links) {
      if (this.#hits("lost")) continue;
      link.deliver(channel, text, this.#lateMs());
      if (this.#hits("doubled")) link.deliver(channel, text, this.#lateMs());
    }
  }

  #hits(what: "lost" | "doubled" | "unanswered"): boolean {
    for (const trouble of this.#troubles) {
      const share = trouble[what];
      if (share !== undefined && this.#luck.chance(share)) return true;
    }
    return false;
  }

  #lateMs(): number {
    for (const { late = 0, lateMs = 0 } of this.#troubles) {
      if (late > 0 && this.#luck.chance(late)) return this.#luck.between(1, Math.max(1, lateMs));
    }
    return 0;
  }

  #goAway({ ms, keeps }: Extract<RedisAct, { kind: "away" }>): void {
    if (!keeps) this.#queue.flush();
    this.#frozen = undefined;
    this.#isAway = true;
    for (const link of this.#links) link.lose();
    this.#line.after(ms, () => (this.#isAway = false));
  }

  #freeze(ms: number): void {
    if (this.#isAway || this.#frozen !== undefined) return;
    const frozen: (() => void)[] = [];
    this.#frozen = frozen;
    for (const link of this.#links) link.silence();
    this.#line.after(SILENT_MS, () => {
      if (this.#frozen === frozen) for (const link of this.#links) link.lose();
    });
    this.#line.after(ms, () => {
      if (this.#frozen === frozen) this.#thaw();
    });
  }

  #thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const act of waiting) act();
    for (const link of this.#links) link.unsilence();
  }

  #cut({ whom, ms }: Extract<RedisAct, { kind: "cut" }>): void {
    this.#cuts.add(whom);
    for (const link of this.#links) if (link.user.life.name.startsWith(whom)) link.lose();
    this.#line.after(ms, () => this.#cuts.delete(whom));
  }

  #whileIn<Act extends { readonly ms: number }>(acts: Set<Act>, act: Act): void {
    acts.add(act);
    this.#line.after(act.ms, () => acts.delete(act));
  }

  #replay(of: Replayed, count: number): void {
    for (let again = 0; again < count; again += 1) {
      this.#line.after(this.#luck.below(LONGEST_REPLAY_MS), () => this.#sayAgain(of));
    }
  }

  #sayAgain(of: Replayed): void {
    if (of === "jobs") {
      const ticket = this.#memory.anyJob();
      if (ticket !== undefined) this.#queue.addAgain({ ...ticket, id: `again-${this.#luck.below(1e9)}` });
      return;
    }
    const [said, other] = [this.#memory.anyMessage(of), this.#memory.anyMessage(of)];
    // Also to somebody whom it was not meant for.
    const to = this.#luck.chance(0.3) ? other : said;
    if (said !== undefined && to !== undefined) this.#spread(to.channel, said.text);
  }

  #forge(count: number): void {
    for (let made = 0; made < count; made += 1) {
      const of = this.#luck.pick(["reports", "answers", "roll-calls"] as const);
      const said = this.#memory.anyMessage(of);
      if (said !== undefined) this.#spread(said.channel, this.#luck.pick(forgeriesOf(said.text)));
      const job = this.#memory.anyJob();
      if (job === undefined) continue;
      const envelope = this.#luck.pick(forgeriesOf(job.envelope));
      this.#queue.addAgain({ id: `forged-${this.#luck.below(1e9)}`, envelope });
    }
  }
}
