import type { Settings } from "../../src/app/live-settings.ts";
import { Dice } from "./dice.ts";
import { drained } from "./drained.ts";
import type { LogRow } from "./check/truth.ts";
import { Cues } from "./cues.ts";
import type { Wall } from "./machine-clock.ts";
import type { MachineAct, NetworkAct, Scenario, Scene } from "./scenario.ts";
import { SimRules } from "./rules.ts";
import { TimeLine } from "./schedule.ts";
import type { SimDisk } from "./sim-disk.ts";
import { SimServer } from "./sim-server.ts";
import type { SettingsName } from "./sim-settings.ts";
import { actOnSlack } from "./slack/slack-act.ts";
import { Worlds } from "./worlds.ts";

export interface SimulationDeps {
  readonly scenario: Scenario;
  readonly disk: SimDisk;
  readonly settings: ReadonlyMap<SettingsName, Settings>;
  /** Takes each line of the programs' logs. */
  readonly write: (line: string) => void;
  readonly level: "info" | "warn";
  /** Called after everything that happened. */
  readonly onStep: () => void;
}

/** How a simulation came to its end. */
export type SimulationEnd = "quiet" | "restless" | "stopped";

/** A supervisor starts again what did not come up. */
const AGAIN_MS = 5000;
/** How long nothing must be open before the end is believed. */
const QUIET_FOR_MS = 90_000;
const LOOK_AGAIN_MS = 1500;
const UNLOCKER = "U2";
// What is known of people may be a minute old.
const UNLOCK_AFTER_MS = 70_000;
const LOOK_EVERY_MS = 10_000;
/** Gates expire after ten minutes and steps after fifteen, one after the other. */
const LONGEST_CALM_MS = 3 * 3_600_000;

/** One scenario, played from its beginning until everything in it has ended. */
export class Simulation {
  readonly line: TimeLine;
  readonly worlds: Worlds;
  readonly rules: SimRules;
  readonly #deps: SimulationDeps;
  readonly #dice: Dice;
  readonly #wall: Wall = { offsetMs: 0 };
  readonly #offsets: { readonly from: number; readonly offsetMs: number }[] = [{ from: 0, offsetMs: 0 }];
  readonly #cues: Cues;
  #server: SimServer | undefined;
  #settings: SettingsName;
  #starts = 0;
  #startedAt = 0;
  #isWanted = true;
  #isOver = false;
  #quietSince: number | undefined;
  /** How much longer each turn of the server takes, and when the one ends that has begun. */
  #busyMs = 0;
  #turnEndsAt: number | undefined;
  #end: SimulationEnd | undefined;

  constructor(deps: SimulationDeps) {
    const { scenario, disk } = deps;
    disk.wipe();
    this.#deps = deps;
    this.#dice = new Dice(`machine/${scenario.seed}`);
    this.#settings = scenario.settings;
    this.line = new TimeLine(scenario.startAt);
    this.worlds = new Worlds(scenario, this.line);
    this.rules = new SimRules(scenario);
    this.rules.replaced(scenario.settings, scenario.startAt);
    this.#cues = new Cues({ line: this.line, act: (scene) => this.#act(scene) });
  }

  /** The clock of the application. */
  appNow(): number {
    return Math.floor(this.line.now() + this.#wall.offsetMs);
  }

  /** From when on, true time, the clock of the application has shown this moment or a later one, as it does now. */
  dueAt(shown: number): number {
    let due = Infinity;
    for (const { from, offsetMs } of this.#offsets) {
      // Where it was set back, it has to get there once more.
      const reached = Math.max(from, shown - offsetMs);
      due = reached <= from ? Math.min(due, from) : reached;
    }
    return due;
  }

  /** When the newest process was started, true time. */
  get processSince(): number {
    return this.#startedAt;
  }

  /** Messages that Slack does not show as they are wanted. */
  get backlog(): number {
    return this.#server?.backlog ?? 0;
  }

  /** Plays it; resolves with how it ended. */
  async run(): Promise<SimulationEnd> {
    const { scenario } = this.#deps;
    for (const act of scenario.acts) this.line.after(act.at, () => this.#act(act));
    this.line.after(scenario.calmAt, () => this.#calm());
    this.#start();
    await this.#settle();
    while (this.#end === undefined && this.line.step()) await this.#settle();
    this.#isOver = true;
    this.#server?.life.kill();
    return this.#end ?? "quiet";
  }

  /** Takes what has been written into the log. */
  saw(rows: readonly LogRow[]): void {
    this.#cues.saw(rows);
  }

  /** Ends it here. */
  stop(): void {
    this.#end = "stopped";
  }

  /** Lets what follows from the last event happen, up to the next one; several events may fall into one turn. */
  async #settle(): Promise<void> {
    await drained();
    for (;;) {
      const turns = this.#server?.turns;
      if (turns?.isPending !== true || this.#isTurnGoingOn()) break;
      const { nextAt } = this.line;
      if (nextAt !== undefined && nextAt <= this.line.now() && this.#dice.chance(0.5)) break;
      await turns.end();
    }
    this.#deps.onStep();
  }

  #isTurnGoingOn(): boolean {
    const { line } = this;
    if (this.#turnEndsAt === undefined) {
      if (this.#busyMs === 0) return false;
      this.#turnEndsAt = line.now() + this.#busyMs;
      line.after(this.#busyMs, () => undefined);
    }
    if (line.now() < this.#turnEndsAt) return true;
    this.#turnEndsAt = undefined;
    return false;
  }

  #start(): void {
    if (this.#isOver || (this.#server !== undefined && !this.#server.life.isDead)) return;
    const { disk, settings, write, level } = this.#deps;
    this.#starts += 1;
    this.#startedAt = this.line.now();
    const name = `server-${this.#starts}`;
    const server = new SimServer({
      name,
      line: this.line,
      wall: this.#wall,
      dice: this.#dice.fork(name),
      disk,
      settings: () => present(settings.get(this.#settings)),
      reach: (life, clock) => this.worlds.reach(life, clock),
      write,
      level,
    });
    this.#server = server;
    server.life.onDeath(() => {
      disk.crash = undefined;
    });
    server.start().catch((error: unknown) => {
      if (server.life.isDead) return;
      write(JSON.stringify({ level: "error", message: "did not start", error: String(error) }));
      server.life.kill();
      this.#startIn(AGAIN_MS);
    });
  }

  #startIn(ms: number): void {
    this.line.after(ms, () => {
      if (this.#isWanted) this.#start();
    });
  }

  #act(act: Scene): void {
    const { worlds } = this;
    switch (act.who) {
      case "person":
        return this.#actAsPerson(act, act.patienceMs ?? 0);
      case "log":
        return this.#cues.await(act.act);
      case "slack":
        return actOnSlack(act.act, worlds.slack, this.line);
      case "argocd":
        return worlds.argocd.act(act.act);
      case "git":
        return worlds.git.act(act.act);
      case "machine":
        return this.#actOnMachine(act.act);
      case "network":
        return this.#actOnNetwork(act.act);
      case "redis":
        return worlds.fleet?.redis.apply(act.act);
      case "worker":
        return worlds.fleet?.apply(act.act);
    }
  }

  #actAsPerson(whole: Extract<Scene, { readonly who: "person" }>, patienceMs: number): void {
    const { act, together } = whole;
    const { people } = this.worlds;
    if (people.act(act) > 0) {
      if (together !== undefined) this.line.after(together.afterMs, () => this.#act(together.scene));
    } else if (patienceMs > 0) {
      this.line.after(LOOK_AGAIN_MS, () => this.#actAsPerson(whole, patienceMs - LOOK_AGAIN_MS));
    }
  }

  #actOnMachine(act: MachineAct): void {
    const { disk } = this.#deps;
    const server = this.#server;
    switch (act.kind) {
      case "crash":
        return this.#crash(act);
      case "stop":
        if (server === undefined || server.life.isDead) return;
        void server.stop().then(() => this.#startIn(act.downMs));
        return;
      case "disk":
        disk.state = act.state;
        this.rules.hindered(this.line.now(), this.line.now() + act.forMs);
        this.line.after(act.forMs, () => {
          disk.state = "fine";
        });
        return;
      case "clock":
        this.#wall.offsetMs += act.byMs;
        this.#offsets.push({ from: this.line.now(), offsetMs: this.#wall.offsetMs });
        return;
      case "busy":
        this.#busyMs = act.byMs;
        this.line.after(act.forMs, () => {
          this.#busyMs = 0;
        });
        return;
      case "settings":
        this.#replaceSettings(act.name);
    }
  }

  #replaceSettings(name: SettingsName): void {
    this.#settings = name;
    this.rules.replaced(name, this.line.now());
    this.#server?.reload();
  }

  #crash({ point, of, downMs }: Extract<MachineAct, { readonly kind: "crash" }>): void {
    const server = this.#server;
    if (server === undefined || server.life.isDead) return;
    server.life.onDeath(() => this.#startIn(downMs));
    if (point === "now") server.life.kill();
    else this.#deps.disk.crash = { point, of };
  }

  #actOnNetwork(act: NetworkAct): void {
    const { carrier, frames, watches } = this.worlds;
    switch (act.kind) {
      case "trouble": {
        const way = carrier.ways[act.port];
        way.trouble = act.trouble;
        this.line.after(act.forMs, () => {
          way.trouble = undefined;
        });
        return;
      }
      case "slow": {
        const way = carrier.ways[act.port];
        way.slowMs = act.byMs;
        this.line.after(act.forMs, () => {
          way.slowMs = 0;
        });
        return;
      }
      case "loss": {
        const way = carrier.ways[act.port];
        way.loss = act.share;
        this.line.after(act.forMs, () => {
          way.loss = 0;
        });
        return;
      }
      case "lose":
        return carrier.lose(act);
      case "cut":
        for (const cut of watches) cut();
        return;
      case "frames":
        Object.assign(frames, { lost: act.lost, doubled: act.doubled, late: act.late });
        this.line.after(act.forMs, () => void Object.assign(frames, { lost: 0, doubled: 0, late: 0 }));
    }
  }

  /** From here on nothing goes wrong any more. */
  #calm(): void {
    const { carrier, frames, argocd, fleet, slack } = this.worlds;
    fleet?.calm();
    for (const way of Object.values(carrier.ways)) Object.assign(way, { trouble: undefined, slowMs: 0, loss: 0 });
    carrier.loseNothing();
    this.#busyMs = 0;
    Object.assign(frames, { lost: 0, doubled: 0, late: 0 });
    this.#deps.disk.state = "fine";
    this.#deps.disk.crash = undefined;
    argocd.act({ type: "open-window", app: "*" });
    slack.workspace.setStanding(UNLOCKER, "member");
    slack.workspace.setGroup("S0DEV", ["U1", UNLOCKER]);
    if (this.#settings === "observing") this.#replaceSettings("usual");
    this.line.after(UNLOCK_AFTER_MS, () => this.#unlockAll());
    this.#startIn(0);
    this.line.after(LOOK_EVERY_MS, () => this.#look());
  }

  /** Somebody who may takes away the locks that people have left. */
  #unlockAll(): void {
    const { people } = this.worlds;
    for (const { service, environment } of this.rules.places) {
      people.act({ kind: "type", user: UNLOCKER, command: "/qd", text: `unlock ${service} in ${environment}` });
    }
  }

  /** Whether everything has ended, for long enough to believe it. */
  #look(): void {
    const { line } = this;
    const isQuiet = this.#server?.isQuiet === true && this.#deps.disk.openThings() === 0;
    this.#quietSince = isQuiet ? (this.#quietSince ?? line.now()) : undefined;
    if (this.#quietSince !== undefined && line.now() - this.#quietSince >= QUIET_FOR_MS) this.#end = "quiet";
    else if (line.now() - this.#deps.scenario.startAt > this.#deps.scenario.calmAt + LONGEST_CALM_MS) {
      this.#end = "restless";
    } else line.after(LOOK_EVERY_MS, () => this.#look());
  }
}

function present(settings: Settings | undefined): Settings {
  if (settings === undefined) throw new Error("no such settings");
  return settings;
}
