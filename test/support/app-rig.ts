import { readFile, writeFile } from "node:fs/promises";

import { type Application, startApplication } from "../../src/app/application.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import type { Blueprint } from "../../src/demo/blueprint.ts";
import { type DemoWorld, openDemoWorld } from "../../src/demo/demo-world.ts";
import { foldRun } from "../../src/domain/evolve.ts";
import type { RunEvent } from "../../src/domain/run-event.ts";
import type { RunState } from "../../src/domain/run-state.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { createLogger } from "../../src/platform/logger.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";

/** What a busy machine may need for something that takes a moment on one that is not. */
const PATIENCE_MS = 60_000;

export const ANA = "U0ANA00001";
export const BEN = "U0BEN00001";
export const PRIYA = "U0PRIYA001";
export const MARCO = "U0MARCO001";
export const OLGA = "U0OLGA0001";
export const GUS = "U0GUS00001";
export const DEPLOYS = "C0DEPLOYS1";

export interface AppRigOptions {
  /** How many times faster than a real cluster; 10 when absent. */
  readonly speed?: number;
  /** Changes the text of quarterdeck.yaml before the application reads it. */
  readonly configure?: (text: string) => string;
  /** Added to the environment of the application. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How Slack's payloads reach the application; over sockets when absent. */
  readonly receive?: "socket" | "http";
  /** Whose commands there are besides, with the parts of the world that they need. */
  readonly blueprints?: readonly Blueprint[];
  /** Whether stand-ins are played also for programs that are installed. */
  readonly isPlayed?: boolean;
  /** The clock of the application alone; the machine's own when absent. */
  readonly clock?: Clock;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** The whole application in this process, between a simulated Slack, a simulated Argo CD and a Git server, over their real protocols. */
export class AppRig implements AsyncDisposable {
  readonly world: DemoWorld;
  readonly log: LogLine[] = [];
  readonly #options: AppRigOptions;
  #resources = new AsyncDisposableStack();
  #application: Application | undefined;

  private constructor(world: DemoWorld, options: AppRigOptions) {
    this.world = world;
    this.#options = options;
  }

  static async open(options: AppRigOptions = {}): Promise<AppRig> {
    const world = await openDemoWorld({
      clock: systemClock,
      random: systemRandom,
      speed: options.speed ?? 10,
      settle: "200ms",
      ...(options.receive !== undefined && { receive: options.receive }),
      ...(options.blueprints !== undefined && { blueprints: options.blueprints }),
      ...(options.isPlayed !== undefined && { isPlayed: options.isPlayed }),
      surroundings: process.env,
    });
    const rig = new AppRig(world, options);
    if (options.configure !== undefined) {
      const text = await readFile(world.configurationFile, "utf8");
      await writeFile(world.configurationFile, options.configure(text));
    }
    await rig.start();
    return rig;
  }

  get application(): Application {
    if (this.#application === undefined) throw new Error("the application is stopped");
    return this.#application;
  }

  async start(): Promise<void> {
    const mask = new SecretMask();
    const environment = readEnvironment(mask, {
      ...process.env,
      ...this.world.environment,
      ...this.#options.environment,
    });
    const write = (line: string): void => void this.log.push(JSON.parse(line));
    const logger = createLogger({ level: "info", mask, now: () => Date.now(), write });
    const clock = this.#options.clock ?? systemClock;
    const surroundings = { environment, mask, logger, clock, random: systemRandom };
    this.#application = await startApplication(surroundings, this.#resources);
    await this.world.connectSlack();
  }

  /** Ends the application as SIGTERM does; the world goes on. */
  async stop(): Promise<void> {
    await this.#resources.disposeAsync();
    this.#resources = new AsyncDisposableStack();
    this.#application = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.world[Symbol.asyncDispose]();
  }

  /** Types a command in #deploys and gives back the text that the acknowledgement showed at once. */
  async type(user: string, text: string, channel = DEPLOYS): Promise<string> {
    const result = await this.world.slack.people.typeCommand({ user, channel, text });
    return result.shown?.text ?? "";
  }

  async press(user: string, message: SlackMessage, actionId: string): Promise<void> {
    const { channel, ts } = message;
    await this.world.slack.people.click({ user, channel, ts, actionId });
  }

  /** The first message for which `fits` holds, as soon as there is one. */
  async message(what: string, fits: (message: SlackMessage) => boolean, channel = DEPLOYS): Promise<SlackMessage> {
    const { changes, messages } = this.world.slack.world;
    return await changes.until(what, () => messages.all(channel).find(fits), PATIENCE_MS);
  }

  async card(says: RegExp): Promise<SlackMessage> {
    return await this.message(
      `a card: ${String(says)}`,
      ({ threadTs, viewer, text }) => threadTs === undefined && viewer === undefined && says.test(text),
    );
  }

  async reply(says: RegExp): Promise<SlackMessage> {
    return await this.message(
      `a reply: ${String(says)}`,
      ({ threadTs, text }) => threadTs !== undefined && says.test(text),
    );
  }

  async told(user: string, says: RegExp): Promise<SlackMessage> {
    return await this.message(
      `a word to ${user}: ${String(says)}`,
      ({ viewer, text }) => viewer === user && says.test(text),
    );
  }

  /** The request for an approval that is open. */
  async gate(): Promise<SlackMessage> {
    return await this.message(
      "a request for approval",
      ({ threadTs, blocks }) => threadTs !== undefined && JSON.stringify(blocks).includes("gate_approve"),
    );
  }

  /** The newest run, as the log has it: what the engine knows is ahead of that until it is committed. */
  run(): RunState {
    const { events } = this.application.store;
    const [row] = events.listRuns({ limit: 1 });
    if (row === undefined) throw new Error("there is no run");
    return foldRun(row.id, events.readRun(row.id));
  }

  events(): readonly RunEvent[] {
    return this.application.store.events.readRun(this.run().id);
  }

  /** Resolves when `is` holds; looked at after every change in Slack and every 20 ms. */
  async until(what: string, is: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!is()) {
      if (performance.now() > end) throw new Error(`waited a minute for: ${what}`);
      await systemClock.sleep(20);
    }
  }
}
