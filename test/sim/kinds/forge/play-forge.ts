import { projectRun } from "../../../../src/engine/projection.ts";
import { atEndOfTurn } from "../../../../src/platform/turn.ts";
import { openStore } from "../../../../src/store/store.ts";
import { MemoryArtifacts } from "../../../support/memory-artifacts.ts";
import { Dice } from "../../dice.ts";
import { seededRandom } from "../../seeded-random.ts";
import { DiskClock, settleDisk } from "../ships/disk-clock.ts";
import { RunFacts } from "../run-facts.ts";
import { type Process, startProcess } from "../start-process.ts";
import { forgeFaults } from "./forge-check.ts";
import { forgeKinds } from "./forge-kinds.ts";
import { TOKEN } from "./forge-line.ts";
import { forgePlan } from "./forge-plan.ts";
import { focusOf } from "./focus.ts";
import { ForgeWorld } from "./forge-world.ts";

const STEPS = 50;
const MOST_CALM_STEPS = 60;

/** Plays one seed: one or two runs that write, ask, look and merge, and everything that may come between. */
export async function playForge(seed: string): Promise<readonly string[]> {
  const dice = new Dice(`forge/${seed}`);
  const random = seededRandom(dice.fork("random"));
  const clock = new DiskClock();
  const log = { dataFolder: ":memory:", address: "sim", clock, random, atEndOfTurn, projector: projectRun };
  await using store = await openStore(log);
  using world = new ForgeWorld({ dice: dice.fork("world"), clock, focus: focusOf(seed) });
  return await new ForgeGame({ dice, random, store, world, clock }).play();
}

interface Deps {
  readonly dice: Dice;
  readonly random: ReturnType<typeof seededRandom>;
  readonly store: Awaited<ReturnType<typeof openStore>>;
  readonly world: ForgeWorld;
  readonly clock: DiskClock;
}

class ForgeGame {
  readonly #deps: Deps;
  readonly #acts: Dice;
  readonly #artifacts = new MemoryArtifacts();
  readonly #runs: string[] = [];
  readonly #facts = new RunFacts();
  #process: Process;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#acts = deps.dice.fork("acts");
    this.#process = this.#start();
  }

  async play(): Promise<readonly string[]> {
    const { dice, world } = this.#deps;
    await this.#ask("first");
    const hasTwo = dice.chance(0.5);
    for (let turn = 0; turn < STEPS; turn += 1) {
      if (turn === 6 && hasTwo) await this.#ask("second");
      await this.#act();
      await this.#pass(this.#acts.between(300, this.#isChanging() ? 6000 : 25_000));
      const faults = this.#faults();
      if (faults.length > 0) return faults;
    }
    for (let turn = 0; turn < MOST_CALM_STEPS && this.#unended().length > 0; turn += 1) {
      world.calm();
      for (const run of this.#runs) await this.#settle(run);
      await this.#pass(30_000);
    }
    return [...this.#faults(), ...this.#readLog(), ...this.#unended()];
  }

  async #ask(name: string): Promise<void> {
    const { dice, world } = this.#deps;
    const { runs } = this.#process;
    const run = runs.newRunId();
    this.#runs.push(run);
    await runs.start({
      run,
      actor: "p_ana",
      plan: forgePlan(dice.fork(`plan ${name}`), world),
      planDigest: "d",
      inputs: {},
      targets: [],
      origin: { door: "slash", team: "T1", channel: "C1", text: "" },
      title: "forge",
    });
  }

  async #act(): Promise<void> {
    const { world } = this.#deps;
    const dice = this.#acts;
    const run = dice.pick(this.#runs);
    const roll = dice.fraction();
    if (roll < (this.#isChanging() ? 0.2 : 0.1)) {
      await this.#crash();
      if (dice.chance(0.5)) world.provoke(dice);
    } else if (roll < (this.#hasEnded(run) ? 0.65 : 0.22)) await this.#retry(run, dice);
    else if (roll > 0.98) await this.#process.runs.apply(run, { type: "cancel", actor: "p_ana", reason: "" });
    else if (roll > 0.65) world.stir(dice);
  }

  #hasEnded(run: string): boolean {
    const { status } = this.#process.runs.state(run);
    return status === "failed" || status === "cancelled";
  }

  /** Something is being changed outside: what comes in between now hurts most. */
  #isChanging(): boolean {
    const steps = this.#runs.flatMap((run) => [...this.#process.runs.state(run).steps.values()]);
    return steps.some(({ sort, status }) => status === "running" && sort === "action");
  }

  async #retry(run: string, dice: Dice): Promise<void> {
    const code = this.#process.runs.state(run).failure?.failure.code ?? "";
    const from = ANEW.has(code) && dice.chance(0.7) ? "request" : dice.pick(["", "", "", "", "write", "request"]);
    await this.#process.runs.apply(run, { type: "retry", actor: "p_ana", ...(from !== "" && { from }) });
  }

  async #crash(): Promise<void> {
    // What a dead process has asked of the real disk would still be done.
    await settleDisk();
    this.#process.life.isDead = true;
    this.#process = this.#start();
    await this.#process.runs.resume();
  }

  /** People do what they can for a run to come to its end. */
  async #settle(run: string): Promise<void> {
    const { world } = this.#deps;
    const { status, failure, steps } = this.#process.runs.state(run);
    for (const step of steps.values()) {
      const number = Number(step.input["number"]);
      const request = step.uses === "git/merged" && step.status === "running" ? world.forge.get(number) : undefined;
      if (request !== undefined) world.mergeByHand(request, "kim");
    }
    if ((status !== "failed" && status !== "cancelled") || this.#verdict(run) !== undefined) return;
    const isAnew = ANEW.has(failure?.failure.code ?? "");
    const from = isAnew ? { from: "request" } : {};
    await this.#process.runs.apply(run, { type: "retry", actor: "p_ana", ...from });
  }

  /** Why a run can not go on without another command: what it is about is gone, or was never possible. */
  #verdict(run: string): string | undefined {
    const { status, failure } = this.#process.runs.state(run);
    const { code = "", message = "" } = failure?.failure ?? {};
    const isOver =
      code === "git.moved" ||
      (code === "git.head-moved" && this.#isMerged(run)) ||
      (code === "forge.refused" && /No commits|nothing to merge|Rebase merges/u.test(message));
    return status === "failed" && isOver ? code : undefined;
  }

  #isMerged(run: string): boolean {
    return this.#deps.world.forge.requests.some(
      ({ head, state }) => head === `release/${run}` && state.now === "merged",
    );
  }

  #unended(): readonly string[] {
    return this.#runs.flatMap((run) => {
      const { status, failure } = this.#process.runs.state(run);
      if (status === "succeeded" || this.#verdict(run) !== undefined) return [];
      return [`${run} ends as ${status} (${failure?.failure.code ?? ""}) when nothing goes wrong any more`];
    });
  }

  /** What is wrong by now; at the end it is looked for in the log itself. */
  #faults(): readonly string[] {
    const said = this.#facts.takeSaid();
    this.#deps.world.forge.catchUp(this.#deps.clock.now());
    return [
      ...forgeFaults({ facts: this.#facts.byRun, world: this.#deps.world }),
      ...(said.some((text) => text.includes(TOKEN)) ? ["a secret is said"] : []),
    ];
  }

  #readLog(): readonly string[] {
    return this.#facts.compareLog(this.#deps.store.events, this.#runs);
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5000) {
      await this.#deps.clock.advance(Math.min(5000, ms - passed));
      await this.#process.runs.wakeDue();
      await settleDisk();
    }
  }

  #start(): Process {
    const { store, clock, random, world } = this.#deps;
    const life = { isDead: false };
    return startProcess({
      store,
      clock,
      random,
      life,
      secrets: { TOKEN },
      artifacts: this.#artifacts,
      kinds: forgeKinds(world, { life, random }),
      onRecorded: (run, events) => this.#facts.note(run, events),
      onShown: (_run, view) => void (life.isDead || this.#facts.say(JSON.stringify(view()))),
    });
  }
}

const ANEW: ReadonlySet<string> = new Set([
  "git.head-moved",
  "git.request-closed",
  "git.request-taken",
  "git.conflict",
]);
