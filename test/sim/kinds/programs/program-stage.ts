import { basename } from "node:path";

import type { ProgramEnd, ProgramOrder, Programs } from "../../../../src/programs/program-order.ts";
import type { Dice } from "../../dice.ts";

/** The time in which programs take theirs. */
export interface StageClock {
  now(): number;
  sleep(delayMs: number): Promise<void>;
}

/** How a program ended that nothing has ended. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A simulated program: does what its arguments say, in the time of the world. */
export type SimulatedProgram = (call: ProgramCall) => Promise<Ended>;

/** The end of a program that was killed: nothing of its own code comes after it. */
class Killed extends Error {}

/** One program that is running. */
export class ProgramCall {
  readonly order: ProgramOrder;
  readonly dice: Dice;
  readonly now: () => number;
  readonly #clock: StageClock;
  readonly #isHeard: () => boolean;
  #left = Infinity;
  #isKilled = false;

  constructor(call: { order: ProgramOrder; dice: Dice; clock: StageClock; isHeard: () => boolean }) {
    this.order = call.order;
    this.dice = call.dice;
    this.now = () => call.clock.now();
    this.#clock = call.clock;
    this.#isHeard = call.isHeard;
  }

  /** Whoever started it has told it to end. */
  get isTold(): boolean {
    return this.order.signal.aborted;
  }

  /** Whoever started it is there, and takes what it says for its result. */
  get isHeard(): boolean {
    return this.#isHeard() && !this.isTold;
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** So many moments it still lives. */
  doom(moments: number): void {
    this.#left = Math.min(this.#left, moments);
  }

  /** Takes its time. Throws where it is killed by then. */
  async pass(low: number, high: number): Promise<void> {
    await this.#clock.sleep(this.dice.between(low, high));
    if (this.#left <= 0) {
      this.#isKilled = true;
      throw new Killed();
    }
    this.#left -= 1;
  }

  print(line: string, to: "stdout" | "stderr" = "stdout"): void {
    if (this.#isHeard()) this.order.onLine?.(line, to);
  }

  get env(): Readonly<Record<string, string>> {
    return this.order.env ?? {};
  }
}

interface Deps {
  readonly clock: StageClock;
  readonly dice: Dice;
  readonly programs: ReadonlyMap<string, SimulatedProgram>;
  /** Whether programs are killed now and then, as where memory runs out. */
  readonly isTroubled: () => boolean;
}

/** The machine on which all processes of a world run their programs, one process after the other. */
export class ProgramStage {
  readonly #deps: Deps;
  readonly #running = new Set<ProgramCall>();
  readonly #counts = new Map<string, number>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** What one process of the application runs; what it hears ends with `isDead`. */
  of(life: { readonly isDead: boolean }): Programs {
    const own = new Set<ProgramCall>();
    return {
      run: async (order) => {
        order.signal.throwIfAborted();
        // What an earlier process left behind is ended before anything else is begun.
        for (const call of this.#running) if (!own.has(call)) call.doom(0);
        return await this.#run(order, { life, own });
      },
    };
  }

  /** The process that started them is gone: some go on for a moment. */
  orphan(): void {
    for (const call of this.#running) call.doom(call.dice.below(5));
  }

  async #run(
    order: ProgramOrder,
    { life, own }: { readonly life: { readonly isDead: boolean }; readonly own: Set<ProgramCall> },
  ): Promise<ProgramEnd> {
    const { clock, dice, programs, isTroubled } = this.#deps;
    const program = programs.get(order.program);
    if (program === undefined) throw new TypeError(`nobody has ${order.program}`);
    const name = `${order.program} ${placeOf(order)}`;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const luck = dice.fork(`${name} ${count}`);
    const call = new ProgramCall({ order, dice: luck, clock, isHeard: () => !life.isDead });
    if (isTroubled() && luck.chance(0.04)) call.doom(luck.below(6));
    this.#running.add(call);
    own.add(call);
    const end = await program(call)
      .catch((error: unknown) => {
        if (error instanceof Killed) return undefined;
        throw error;
      })
      .finally(() => this.#running.delete(call));
    if (life.isDead) return await new Promise<never>(() => undefined);
    order.signal.throwIfAborted();
    if (end === undefined) return { exitCode: undefined, endedBy: "SIGKILL", stdout: "", stderr: "", isCut: false };
    const { exitCode, stdout = "", stderr = "" } = end;
    if (order.onLine !== undefined) for (const line of stderr.split("\n")) call.print(line, "stderr");
    return { exitCode, endedBy: undefined, stdout, stderr, isCut: false };
  }
}

/** Where a program works, whatever the names of folders and runs are: what happens side by side has luck of its own. */
function placeOf({ folder, env = {} }: ProgramOrder): string {
  return basename(env["TF_DATA_DIR"] === undefined ? folder : (env["HOME"] ?? "")).replace(/run_[0-9A-Z]+/u, "");
}

interface KnownOptions {
  /** `-no-color` */
  readonly flags?: readonly string[];
  /** `-out=FILE` */
  readonly joined?: readonly string[];
  /** `--limit HOSTS` */
  readonly apart?: readonly string[];
}

/** The arguments of a program taken apart: words, and options with what they say. Throws for an option that it does not have. */
export function parseArguments(
  args: readonly string[],
  { flags = [], joined = [], apart = [] }: KnownOptions,
): { readonly words: readonly string[]; readonly options: ReadonlyMap<string, string> } {
  const words: string[] = [];
  const options = new Map<string, string>();
  const left = [...args];
  for (let argument = left.shift(); argument !== undefined; argument = left.shift()) {
    const [, name, value] = /^--?([a-z-]+)(?:=(.*))?$/su.exec(argument) ?? [];
    const known = value === undefined ? [...flags, ...apart] : joined;
    if (name === undefined) words.push(argument);
    else if (!known.includes(name)) throw new RangeError(`flag provided but not defined: ${argument}`);
    else if (apart.includes(name)) options.set(name, left.shift() ?? "");
    else options.set(name, value ?? "true");
  }
  return { words, options };
}
