import { projectRun } from "../../../../src/engine/projection.ts";
import { atEndOfTurn } from "../../../../src/platform/turn.ts";
import { openStore } from "../../../../src/store/store.ts";
import { MemoryArtifacts } from "../../../support/memory-artifacts.ts";
import { Dice } from "../../dice.ts";
import { seededRandom } from "../../seeded-random.ts";
import { RunFacts } from "../run-facts.ts";
import { type Process, startProcess } from "../start-process.ts";
import { DiskClock, settleDisk } from "./disk-clock.ts";
import { shipFaults } from "./ship-check.ts";
import { shipKinds } from "./ship-kinds.ts";
import { ShipPeople } from "./ship-people.ts";
import { shipPlan } from "./ship-plan.ts";
import { ShipWorld, TOKEN } from "./ship-world.ts";

const STEPS = 45;
const MOST_CALM_STEPS = 80;
// What a person has to mend in a file before it can go on: no retry helps.
const VERDICTS: ReadonlySet<string> = new Set([
  "trivy.findings",
  "cosign.unsigned",
  "cosign.not-verified",
  "custody.broken",
  "ansible.handlers-owed",
]);

const CHANGING: ReadonlySet<string> = new Set(["terraform/apply", "ansible/playbook"]);

/** Plays one seed: one or two runs that plan, ask, apply and configure on one state, and everything that may come between. */
export async function playShips(seed: string): Promise<readonly string[]> {
  const dice = new Dice(`ships/${seed}`);
  const random = seededRandom(dice.fork("random"));
  const clock = new DiskClock();
  const log = { dataFolder: ":memory:", address: "sim", clock, random, atEndOfTurn, projector: projectRun };
  await using store = await openStore(log);
  using world = new ShipWorld(dice.fork("world"), clock);
  const game = new ShipGame({ dice, random, store, world, clock });
  return await game.play();
}

interface Deps {
  readonly dice: Dice;
  readonly random: ReturnType<typeof seededRandom>;
  readonly store: Awaited<ReturnType<typeof openStore>>;
  readonly world: ShipWorld;
  readonly clock: DiskClock;
}

class ShipGame {
  readonly #deps: Deps;
  readonly #acts: Dice;
  readonly #people: ShipPeople;
  readonly #artifacts = new MemoryArtifacts();
  readonly #runs: string[] = [];
  readonly #facts = new RunFacts();
  #seen = 0;
  #process: Process;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#acts = deps.dice.fork("acts");
    this.#people = new ShipPeople(deps);
    this.#process = this.#start();
  }

  async play(): Promise<readonly string[]> {
    const { dice, world } = this.#deps;
    const [first = "", ...others] = dice.chance(0.6) ? ["U1", "U2"] : ["U1"];
    await this.#ask(first);
    for (let turn = 0; turn < STEPS; turn += 1) {
      if (turn === 8) for (const user of others) await this.#ask(user);
      await this.#act();
      await this.#pass(this.#acts.between(500, this.#isChanging() ? 8000 : 40_000));
      const faults = this.#faults();
      if (faults.length > 0) return faults;
    }
    world.isTroubled = false;
    for (let turn = 0; turn < MOST_CALM_STEPS && !this.#isOver(); turn += 1) {
      for (const run of this.#runs) await this.#settle(run);
      await this.#pass(30_000);
    }
    return [...this.#faults(), ...this.#readLog(), ...this.#ends()];
  }

  async #ask(user: string): Promise<void> {
    const { dice, world } = this.#deps;
    const { runs } = this.#process;
    const run = runs.newRunId();
    this.#runs.push(run);
    const prod = { name: "prod", first: true, last: true, approval: structuredClone(world.rule) };
    await runs.start({
      run,
      actor: this.#people.pseudonym(user),
      plan: shipPlan(dice.fork(`plan ${user}`), world),
      planDigest: "d",
      inputs: { environment: JSON.parse(JSON.stringify(prod)) },
      targets: [],
      origin: { door: "slash", team: "T1", channel: "C1", text: "" },
      title: "ship",
    });
  }

  async #act(): Promise<void> {
    const { world } = this.#deps;
    const dice = this.#acts;
    const run = dice.pick(this.#runs);
    this.#people.look(this.#process, run);
    world.liftOldLock();
    const roll = dice.fraction();
    if (roll < (this.#isChanging() ? 0.13 : 0.1)) await this.#crash();
    else if (roll < 0.4) await this.#people.pressAny(this.#process, dice);
    else if (roll < 0.6) await this.#retry(run, dice);
    else if (roll < 0.63)
      await this.#process.runs.apply(run, { type: "cancel", actor: this.#people.pseudonym("U1"), reason: "" });
    else if (roll < 0.8) world.stir(dice);
  }

  async #retry(run: string, dice: Dice): Promise<void> {
    const actor = this.#people.pseudonym(dice.pick(["U1", "U2"]));
    const from = dice.pick(["", "", "", "plan", "configure", "custody"]);
    await this.#process.runs.apply(run, { type: "retry", actor, ...(from !== "" && { from }) });
  }

  /** Something is being changed outside: what comes in between now hurts most. */
  #isChanging(): boolean {
    const steps = this.#runs.flatMap((run) => [...this.#process.runs.state(run).steps.values()]);
    return steps.some(({ uses, status }) => status === "running" && CHANGING.has(uses));
  }

  async #crash(): Promise<void> {
    // What a dead process has asked of the real disk would still be done.
    await settleDisk();
    this.#process.life.isDead = true;
    this.#deps.world.stage.orphan();
    this.#process = this.#start();
    await this.#process.runs.resume();
  }

  /** People do what they can for a run to come to its end. */
  async #settle(run: string): Promise<void> {
    const { world } = this.#deps;
    world.liftOldLock();
    const { status } = this.#process.runs.state(run);
    if (status === "failed" || status === "cancelled") {
      if (this.#verdict(run) === undefined)
        await this.#process.runs.apply(run, { type: "retry", actor: this.#people.pseudonym("U1") });
      return;
    }
    for (const user of ["U3", "U4", "U6"]) {
      const button = this.#people.look(this.#process, run);
      if (button !== undefined) await this.#people.press(this.#process, button, { user, decision: "approve" });
    }
  }

  /** Why a run can not go on without somebody who mends something. */
  #verdict(run: string): string | undefined {
    const { status, failure } = this.#process.runs.state(run);
    const code = failure?.failure.code ?? "";
    const { steps } = this.#process.runs.state(run);
    const isMistake =
      code === "approval.missing" && (steps.has("ship/again") || steps.has("ship/held/again") || !this.#hasGate(run));
    return status === "failed" && (VERDICTS.has(code) || isMistake) ? code : undefined;
  }

  #hasGate(run: string): boolean {
    return JSON.stringify(this.#facts.byRun.get(run)?.[0]?.["plan"]).includes('"uses":"approval"');
  }

  #isOver(): boolean {
    return this.#ends().length === 0;
  }

  #ends(): readonly string[] {
    return this.#runs.flatMap((run) => {
      const { status, failure } = this.#process.runs.state(run);
      if (status === "succeeded" || this.#verdict(run) !== undefined) return [];
      return [`${run} ends as ${status} (${failure?.failure.code ?? ""}) when nothing goes wrong any more`];
    });
  }

  /** What is wrong by now; at the end it is looked for in the log itself. */
  #faults(): readonly string[] {
    const { world } = this.#deps;
    for (const { artifact, content } of this.#artifacts.kept.slice(this.#seen))
      if (!artifact.sealed) this.#facts.say(content.toString());
    this.#seen = this.#artifacts.kept.length;
    return shipFaults({ facts: this.#facts.byRun, world, users: this.#people.users, said: this.#facts.takeSaid() });
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
      artifacts: this.#artifacts,
      kinds: shipKinds(world, life),
      secrets: { TOKEN },
      onRecorded: (run, events) => this.#facts.note(run, events),
      onShown: (_run, view) => void (life.isDead || this.#facts.say(JSON.stringify(view()))),
    });
  }
}
