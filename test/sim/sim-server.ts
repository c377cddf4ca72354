import { assemble, type Assembly } from "../../src/app/assembly.ts";
import { ACTIONS_AT_ONCE, SHUTDOWN_GRACE_MS } from "../../src/app/execution.ts";
import { LiveSettings, type Settings } from "../../src/app/live-settings.ts";
import type { GitAccess, Outside, SlackWire } from "../../src/app/outside.ts";
import type { HttpConnections } from "../../src/argocd/argocd-http.ts";
import { InstanceSecret } from "../../src/config/instance-secret.ts";
import { Secrets } from "../../src/config/secrets.ts";
import { InProcessDispatcher } from "../../src/dispatch/in-process-dispatcher.ts";
import { projectRun } from "../../src/engine/projection.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { createStore } from "../../src/store/store.ts";
import type { Dice } from "./dice.ts";
import { Life } from "./life.ts";
import { MachineClock, type Wall } from "./machine-clock.ts";
import type { Schedule } from "./schedule.ts";
import { seededRandom } from "./seeded-random.ts";
import type { SimDisk } from "./sim-disk.ts";
import { idleTools } from "../support/idle-tools.ts";
import { CANARIES } from "./sim-settings.ts";
import { Turns } from "./turns.ts";

/** The far ends as one process reaches them. */
export interface Reach {
  readonly slack: Omit<SlackWire, "botToken" | "apiUrl">;
  readonly argocd: HttpConnections;
  readonly git: GitAccess;
  /** How jobs get to workers; undefined where the server executes them itself. */
  readonly dispatcher?: ((base: DispatcherBase) => Outside["createDispatcher"]) | undefined;
}

export interface DispatcherBase extends Pick<Outside, "clock" | "random" | "logger" | "secret" | "live"> {
  readonly life: Life;
}

export interface SimServerDeps {
  readonly name: string;
  readonly line: Schedule;
  readonly wall: Wall;
  readonly dice: Dice;
  readonly disk: SimDisk;
  /** The settings as their files say at the moment at which they are read. */
  readonly settings: () => Settings;
  readonly reach: (life: Life, clock: Clock) => Reach;
  /** Takes each line of the program's log. */
  readonly write: (line: string) => void;
  readonly level: "info" | "warn";
}

const SECRET = new InstanceSecret([CANARIES.QUARTERDECK_SECRET]);
const IGNORED = { recorded: () => undefined };

/** One process of the real application, between simulated far ends. It ends by being killed, or as SIGTERM ends it. */
export class SimServer {
  readonly life: Life;
  readonly turns: Turns;
  readonly #deps: SimServerDeps;
  readonly #resources = new AsyncDisposableStack();
  #assembly: Assembly | undefined;

  constructor(deps: SimServerDeps) {
    this.#deps = deps;
    this.life = new Life(deps.name);
    this.turns = new Turns(this.life);
  }

  /** Comes up, as far as it gets: with a disk that is full it may not. */
  async start(): Promise<void> {
    const { line, wall, dice, disk, settings, reach, level } = this.#deps;
    const { life, turns } = this;
    const clock = new MachineClock({ line, life, wall });
    const random = seededRandom(dice.fork("random"));
    const mask = new SecretMask();
    for (const canary of Object.values(CANARIES)) mask.add(canary);
    const write = (text: string): void => {
      if (!life.isDead) this.#deps.write(text);
    };
    const logger = createLogger({ level, mask, now: () => clock.now(), write });
    const store = this.#resources.use(
      await createStore({ clock, random, atEndOfTurn: turns.atEnd, projector: projectRun }, disk.openFor(life)),
    );
    const live = new LiveSettings(settings());
    const { slack, argocd, git, dispatcher } = reach(life, clock);
    const base = { clock, random, logger, mask, live, secret: SECRET, store, life };
    const outside: Outside = {
      ...base,
      load: () => Promise.resolve(settings()),
      secrets: new Secrets({ sources: live.configuration.secrets, variables: CANARIES, mask, logger }),
      git,
      ...idleTools(random),
      slack: { ...slack, botToken: CANARIES.SLACK_BOT_TOKEN, apiUrl: "https://slack.com/api/" },
      connect: () => argocd,
      createDispatcher:
        dispatcher?.(base) ??
        ((kinds, reports) =>
          new InProcessDispatcher({
            kinds,
            reports,
            clock,
            atEndOfTurn: turns.atEnd,
            concurrency: ACTIONS_AT_ONCE,
            shutdownGraceMs: SHUTDOWN_GRACE_MS,
          })),
      metrics: IGNORED,
      publicUrl: "https://quarterdeck.test",
    };
    this.#assembly = assemble(outside, this.#resources);
    await this.#assembly.open();
  }

  get backlog(): number {
    return this.#assembly?.slack.backlog ?? 0;
  }

  /** Whether it is up, and Slack shows everything as it is wanted. */
  get isQuiet(): boolean {
    return !this.life.isDead && this.#assembly?.slack.backlog === 0 && this.#assembly.slack.standing === "ready";
  }

  /** Reads the settings again, as SIGHUP has it do. */
  reload(): void {
    if (!this.life.isDead) void this.#assembly?.reload.reload("signal");
  }

  /** Ends as SIGTERM ends it; resolves when it has. */
  async stop(): Promise<void> {
    await this.#resources.disposeAsync();
    this.life.kill();
  }
}
