import type { Dice } from "./dice.ts";
import type { Life } from "./life.ts";
import type { Schedule } from "./schedule.ts";

/** What a simulated process speaks with. */
export type Port = "slack" | "argocd" | "git" | "redis";

/** How the way to a port is: refusing at once, swallowing everything, or losing every answer while requests get through. */
export type Trouble = "refused" | "silent" | "answers-lost";

export class CarryError extends Error {
  /** As the operating system names it. */
  readonly code: string;

  constructor(port: Port, code: string) {
    super(`${port}: ${code}`);
    this.code = code;
  }
}

/** The limit of a fetch in the configuration, when none is given. */
const GIT_GIVES_UP_MS = 120_000;

/** One thing that gets lost on its way: the next call whose name contains `what`, or its answer. */
export interface Loss {
  readonly port: Port;
  readonly what: string;
  readonly side: "request" | "answer";
}

/** What a far end may have lying about when the connection breaks, and carry out after what was called later. */
const LYING_ABOUT: ReadonlySet<string> = new Set(["chat.update"]);
const LATE_SHARE = 0.3;
const LATE_MS = [500, 12_000] as const;

interface Way {
  readonly latency: readonly [number, number];
  trouble: Trouble | undefined;
  /** How much longer answers take now. */
  slowMs: number;
  /** The share of requests, and of answers, that are lost on the way now. */
  loss: number;
}

/** Carries requests of processes to the worlds and answers back: each takes its time, and some do not arrive. */
export class Carrier {
  readonly #line: Schedule;
  readonly #dice: Readonly<Record<Port, Dice>>;
  readonly #lateDice: Dice;
  readonly ways: Readonly<Record<Port, Way>> = {
    slack: { latency: [20, 250], trouble: undefined, slowMs: 0, loss: 0 },
    argocd: { latency: [2, 60], trouble: undefined, slowMs: 0, loss: 0 },
    git: { latency: [5, 80], trouble: undefined, slowMs: 0, loss: 0 },
    redis: { latency: [1, 5], trouble: undefined, slowMs: 0, loss: 0 },
  };

  constructor(deps: { readonly line: Schedule; readonly dice: Dice }) {
    this.#line = deps.line;
    const of = (port: Port | "late"): Dice => deps.dice.fork(port);
    this.#lateDice = of("late");
    this.#dice = { slack: of("slack"), argocd: of("argocd"), git: of("git"), redis: of("redis") };
  }

  readonly #losses: Loss[] = [];

  /** The next call of that name is lost. */
  lose(loss: Loss): void {
    this.#losses.push(loss);
  }

  /** Nothing more is lost on purpose. */
  loseNothing(): void {
    this.#losses.length = 0;
  }

  latencyMs(port: Port): number {
    const [low, high] = this.ways[port].latency;
    return this.#dice[port].between(low, high);
  }

  isLost(port: Port): boolean {
    return this.#dice[port].chance(this.ways[port].loss);
  }

  /**
   * Has `act` happen at the far end, and resolves with what it gave; with a number of milliseconds in `after` of what it gave,
   * only then. Rejects with a CarryError when the request or the answer was lost, with the signal's reason when it is aborted.
   */
  carry<Result>(
    from: {
      readonly life: Life;
      readonly port: Port;
      /** What the call is called. */
      readonly name: string;
      readonly signal?: AbortSignal | undefined;
    },
    act: (answer: (result: Result) => void) => void,
  ): Promise<Result> {
    const { life, port, name, signal } = from;
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (how: () => void): void => {
        if (isOver || life.isDead) return;
        isOver = true;
        signal?.removeEventListener("abort", abort);
        how();
      };
      const abort = (): void => end(() => reject(abortReason(signal)));
      if (signal?.aborted === true) return abort();
      signal?.addEventListener("abort", abort, { once: true });
      const fail = (code: string): void => end(() => reject(new CarryError(port, code)));
      this.#send({ life, port, name, fail, isOver: () => isOver }, act, (result) => end(() => resolve(result)));
    });
  }

  #takeLoss(port: Port, name: string): Loss["side"] | undefined {
    const index = this.#losses.findIndex((loss) => loss.port === port && name.includes(loss.what));
    return index === -1 ? undefined : this.#losses.splice(index, 1)[0]?.side;
  }

  #send<Result>(
    way: {
      readonly life: Life;
      readonly port: Port;
      readonly name: string;
      readonly fail: (code: string) => void;
      readonly isOver: () => boolean;
    },
    act: (answer: (result: Result) => void) => void,
    arrive: (result: Result) => void,
  ): void {
    const { life, port, name, fail } = way;
    const leaves = this.latencyMs(port);
    const lost = this.#takeLoss(port, name);
    const isLost = this.isLost(port) || lost === "request";
    this.#line.after(leaves, () => {
      // A request that left before its process died still arrives, unless nobody was there to send the rest of it.
      const { trouble } = this.ways[port];
      if (trouble === "refused" || isLost) return void this.#line.after(1, () => fail("ECONNREFUSED"));
      if (trouble === "silent") {
        // Git's own program gives up by itself; all others are given up by whoever asks.
        if (port === "git") this.#line.after(GIT_GIVES_UP_MS, () => fail("ETIMEDOUT"));
        return;
      }
      // What its sender has given up may be under way already.
      if (way.isOver() && !life.isDead && this.#dice[port].chance(0.5)) return;
      if (trouble === "answers-lost" && LYING_ABOUT.has(name) && this.#lateDice.chance(LATE_SHARE)) {
        this.#line.after(this.#lateDice.between(...LATE_MS), () => act(() => undefined));
        return void this.#line.after(1, () => fail("ECONNRESET"));
      }
      act((result) => {
        const isAnswerLost = lost === "answer" || this.isLost(port) || this.ways[port].trouble === "answers-lost";
        const back = this.latencyMs(port) + this.ways[port].slowMs;
        this.#line.after(back, () => {
          if (isAnswerLost || this.ways[port].trouble !== undefined) fail("ECONNRESET");
          else arrive(result);
        });
      });
    });
  }
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error("aborted");
}
