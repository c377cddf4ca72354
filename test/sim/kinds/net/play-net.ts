import { isDeepStrictEqual } from "node:util";

import { projectRun } from "../../../../src/engine/projection.ts";
import type { Random } from "../../../../src/platform/ids.ts";
import { atEndOfTurn } from "../../../../src/platform/turn.ts";
import { openStore, type Store } from "../../../../src/store/store.ts";
import { MemoryArtifacts } from "../../../support/memory-artifacts.ts";
import { Dice } from "../../dice.ts";
import { seededRandom } from "../../seeded-random.ts";
import { settleDisk } from "../ships/disk-clock.ts";
import { plain } from "../run-facts.ts";
import type { PlainFact } from "../signal-book.ts";
import { type Process, startProcess } from "../start-process.ts";
import { JOB_SECRET } from "./job-ends.ts";
import { type Focus, focusOf } from "./focus.ts";
import { type Attempt, NetBook } from "./net-book.ts";
import { endFaults, isLasting, runningFaults } from "./net-check.ts";
import { netKinds } from "./net-kinds.ts";
import { passTime } from "./net-line.ts";
import { netPlan } from "./net-plan.ts";
import { NetWorld } from "./net-world.ts";
import { READER } from "./oci-end.ts";
import { BEARER } from "./web-ends.ts";
import { someMoment } from "./window-plan.ts";

const STEPS = 40;
const MOST_CALM_STEPS = 200;
const SECRETS = [BEARER, READER.password, JOB_SECRET];
const SLOW: ReadonlySet<string> = new Set(["delay", "window"]);
const CANCELLED_BY_MS = 15_000;
// A window that was missed may open a week later.
const CALM_HOURS_MS = 5_400_000;

/** Plays one seed: a run of kinds that look at others, which come and go, on a machine whose processes die and whose clock is set. */
export async function playNet(seed: string): Promise<readonly string[]> {
  const dice = new Dice(`net/${seed}`);
  const random = seededRandom(dice.fork("random"));
  using world = new NetWorld(dice.fork("world"), someMoment(dice.fork("moment")));
  const clock = world.clock();
  await using store = await openStore({
    dataFolder: ":memory:",
    address: "sim",
    clock,
    random,
    atEndOfTurn,
    projector: projectRun,
  });
  return await new NetGame({ dice, random, store, world, focus: focusOf(seed) }).play();
}

interface Deps {
  readonly dice: Dice;
  readonly random: Random;
  readonly store: Store;
  readonly world: NetWorld;
  readonly focus: Focus | undefined;
}

class NetGame {
  readonly #deps: Deps;
  readonly #acts: Dice;
  readonly #artifacts = new MemoryArtifacts();
  readonly #book = new NetBook();
  readonly #facts: PlainFact[] = [];
  readonly #faults: string[] = [];
  readonly #run: string;
  /** Whether somebody sets the clock in this world. */
  readonly #isStepped: boolean;
  /** What people see. */
  #shown: (() => object) | undefined;
  /** How many of the files have been looked into. */
  #heard = 0;
  #process: Process;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#acts = deps.dice.fork("acts");
    this.#isStepped = this.#acts.chance(0.45) || deps.focus === "moments";
    deps.world.begin();
    this.#process = this.#start();
    this.#run = this.#process.runs.newRunId();
  }

  async play(): Promise<readonly string[]> {
    const { dice, world, focus } = this.#deps;
    await this.#process.runs.start({
      run: this.#run,
      actor: "p_ana",
      plan: netPlan(dice.fork("plan"), world.now, focus),
      planDigest: "d",
      inputs: {},
      targets: [],
      origin: { door: "slash", team: "T1", channel: "C1", text: "" },
      title: "net",
    });
    await this.#playTrouble();
    if (this.#faults.length === 0) await this.#playCalm();
    if (this.#faults.length === 0) this.#lookBack();
    world.span.life.kill();
    return this.#faults;
  }

  async #playTrouble(): Promise<void> {
    for (let turn = 0; turn < STEPS && this.#state().status !== "succeeded"; turn += 1) {
      await this.#act();
      await this.#pass(this.#paceMs(this.#acts));
      if (this.#look().length > 0) return;
    }
  }

  async #playCalm(): Promise<void> {
    this.#deps.world.calm();
    for (let turn = 0; turn < MOST_CALM_STEPS && !this.#isOver(); turn += 1) {
      if (this.#isAtRest()) await this.#retry("");
      await this.#pass(this.#isAllSlow() ? CALM_HOURS_MS : 30_000);
      if (this.#look().length > 0) return;
    }
  }

  #lookBack(): void {
    const { status, failure } = this.#state();
    const last = this.#book.running[0]?.key ?? failure?.failure.code ?? "";
    if (!this.#isOver()) this.#faults.push(`it ends as ${status} (${last}) when nothing goes wrong any more`);
    const kept = this.#deps.store.events.readRun(this.#run).map(plain);
    if (!isDeepStrictEqual(kept, this.#facts)) this.#faults.push("the log is not what was recorded");
  }

  async #act(): Promise<void> {
    const { world } = this.#deps;
    const dice = this.#acts;
    const roll = dice.fraction();
    // What happens while a program runs hurts most.
    const isChanging = this.#book.running.some(({ uses }) => uses === "program/run");
    const [crash, shutDown, cancel] = isChanging ? [0.14, 0.19, 0.25] : [0.06, 0.085, 0.11];
    if (roll < crash) await this.#crash();
    else if (roll < shutDown) await this.#shutDown();
    else if (roll < cancel) await this.#cancel();
    else if (this.#isStepped && dice.chance(0.09))
      world.stepWall(dice.pick([-1, 1]) * dice.pick([700, 30_000, 3_600_000]));
    else if (roll < 0.34) world.registry.push(world.now);
    else if (roll < 0.85 && this.#isAtRest())
      await this.#retry(dice.chance(0.2) ? dice.pick(["image", "job", "probe"]) : "");
  }

  async #cancel(): Promise<void> {
    await this.#process.runs.apply(this.#run, { type: "cancel", actor: "p_ana", reason: "" });
  }

  async #retry(from: string): Promise<void> {
    await this.#process.runs.apply(this.#run, { type: "retry", actor: "p_ana", ...(from !== "" && { from }) });
  }

  /** How long nobody does anything: what takes long is let pass quickly. */
  #paceMs(dice: Dice): number {
    const running = this.#book.running;
    if (running.length === 0) return dice.between(1000, 30_000);
    if (this.#isAllSlow()) return dice.between(1000, dice.pick([60_000, 7_200_000]));
    return dice.between(500, running.every(({ uses }) => SLOW.has(uses) || uses === "soak") ? 90_000 : 15_000);
  }

  #isAllSlow(): boolean {
    const { running } = this.#book;
    return running.length > 0 && running.every(({ uses }) => SLOW.has(uses));
  }

  async #crash(): Promise<void> {
    const { world } = this.#deps;
    // What a dead process has asked of the real disk would still be done.
    await settleDisk();
    world.span.life.kill();
    world.orphan();
    if (this.#acts.chance(0.3)) await passTime(world.line, this.#acts.between(1000, 900_000));
    await this.#begin();
  }

  /** The server is told to end, and started again. */
  async #shutDown(): Promise<void> {
    const { world } = this.#deps;
    let isEnded = false;
    const closing = this.#process.work[Symbol.asyncDispose]().then(() => (isEnded = true));
    await passTime(world.line, 3000);
    if (!isEnded) this.#faults.push("the server does not end");
    else await closing;
    world.span.life.kill();
    world.orphan();
    await this.#begin();
  }

  async #begin(): Promise<void> {
    this.#deps.world.begin();
    this.#process = this.#start();
    await this.#process.runs.resume();
  }

  #state(): ReturnType<Process["runs"]["state"]> {
    return this.#process.runs.state(this.#run);
  }

  /** Nothing goes on unless somebody retries it. */
  #isAtRest(): boolean {
    const { status } = this.#state();
    return status === "failed" || status === "cancelled";
  }

  #isOver(): boolean {
    const { status } = this.#state();
    if (status === "succeeded") return true;
    const failed = this.#book.attempts.filter(({ end }) => end?.type === "step.failed");
    return (
      status === "failed" && failed.some((attempt) => this.#isLast(attempt) && isLasting(attempt, this.#deps.world))
    );
  }

  #isLast(attempt: Attempt): boolean {
    return this.#book.attempts.findLast(({ path }) => path === attempt.path) === attempt;
  }

  /** Everything that is wrong by now. */
  #look(): readonly string[] {
    const { world } = this.#deps;
    const { cancelledAt, running } = this.#book;
    this.#faults.push(...this.#book.takeFaults(), ...running.flatMap((attempt) => runningFaults(attempt, world)));
    const since = Math.max(cancelledAt ?? Infinity, world.span.from);
    if (running.length > 0 && world.now > since + CANCELLED_BY_MS)
      this.#faults.push(`${running[0]?.key ?? ""} goes on although the run is cancelled`);
    this.#faults.push(...world.web.leaks);
    for (const { artifact, content } of this.#artifacts.kept.slice(this.#heard))
      if (!artifact.sealed) this.#hear(content.toString());
    this.#heard = this.#artifacts.kept.length;
    if (this.#shown !== undefined) this.#hear(JSON.stringify(this.#shown()));
    return this.#faults;
  }

  /** Nobody may be told a secret. */
  #hear(text: string): void {
    if (SECRETS.some((secret) => text.includes(secret))) this.#faults.push("a secret is said");
  }

  async #pass(ms: number): Promise<void> {
    const { world } = this.#deps;
    const pieceMs = Math.max(5000, ms / 10);
    for (let passed = 0; passed < ms; passed += pieceMs) {
      await passTime(world.line, Math.min(pieceMs, ms - passed));
      await this.#process.runs.wakeDue();
      await settleDisk();
    }
  }

  #start(): Process {
    const { store, random, world } = this.#deps;
    const { span } = world;
    const { clock, life, number } = span;
    const artifacts = this.#artifacts;
    return startProcess({
      store,
      clock,
      random,
      life,
      artifacts,
      kinds: netKinds({ world, span, random, artifacts }),
      secrets: { BEARER, READER: READER.password, JOB_SECRET },
      onRecorded: (_run, events) => {
        for (const fact of events.map(plain)) this.#record(fact, number);
      },
      onShown: (_run, view) => {
        if (!life.isDead) this.#shown = view;
      },
    });
  }

  #record(fact: PlainFact, life: number): void {
    const { world } = this.#deps;
    this.#facts.push(fact);
    this.#hear(JSON.stringify(fact));
    const ended = this.#book.next(fact, { at: world.now, shown: world.shown, life });
    if (ended !== undefined) this.#faults.push(...endFaults(ended, world));
  }
}
