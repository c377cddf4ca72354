import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { type DemoWorld, openDemoWorld } from "../../src/demo/demo-world.ts";
import { ServerProcess } from "../../src/demo/server-process.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { DEPLOYS, type LogLine } from "./app-rig.ts";

/** The program's entry, as npm starts it. */
export const ENTRY = fileURLToPath(new URL("../../src/launch.js", import.meta.url));

export interface Ended {
  /** `undefined` when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** The Node that runs it; this one when absent. */
  readonly node?: string | undefined;
  /** What is still running after this is a fault of the program; 100 s when absent. */
  readonly longestMs?: number | undefined;
}

const LONGEST_MS = 100_000;

/**
 * Runs the program to its end, with nothing of this process's environment but what programs need to run at all. At its time limit
 * it is killed with everything that it has started.
 */
export async function runProgram(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const child = spawn(options.node ?? process.execPath, [ENTRY, ...args], {
    env: { ...surroundings(), ...options.environment },
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that what it starts can be ended with it.
    detached: true,
  });
  const killAll = (): void => killGroup(child);
  const limit = setTimeout(killAll, options.longestMs ?? LONGEST_MS);
  process.once("exit", killAll);
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output.stderr += text));
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) =>
        resolve({ code: code ?? undefined, signal: signal ?? undefined, ...output }),
      );
    });
  } finally {
    clearTimeout(limit);
    process.off("exit", killAll);
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}

// Many starts of the same files: what Node has compiled once it need not compile again.
const COMPILED = fileURLToPath(new URL("../../node_modules/.cache/compiled-by-node", import.meta.url));

function surroundings(): Readonly<Record<string, string>> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE: COMPILED, ...(TMPDIR !== undefined && { TMPDIR }) };
}

export interface ProcessRigOptions {
  /** How many times faster than a real cluster; 10 when absent. */
  readonly speed?: number;
  readonly settle?: string;
}

/** The real program in processes of its own, between a simulated Slack, a simulated Argo CD and a Git server in this one. */
export class ProcessRig implements AsyncDisposable {
  readonly world: DemoWorld;
  /** What the servers have logged, one after the other. */
  readonly log: LogLine[] = [];
  readonly #servers = new Set<ServerProcess>();

  private constructor(world: DemoWorld) {
    this.world = world;
  }

  static async open({ speed = 10, settle = "200ms" }: ProcessRigOptions = {}): Promise<ProcessRig> {
    return new ProcessRig(await openDemoWorld({ clock: systemClock, random: systemRandom, speed, settle }));
  }

  /** Starts a server and resolves when it is ready. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = await ServerProcess.start(
      {
        entry: ENTRY,
        environment: { ...this.world.environment, ...environment },
        onLog: (line) => void this.log.push(line),
      },
      surroundings(),
    );
    this.#servers.add(server);
    return server;
  }

  /** What is run, and with which environment, to start a server of this world. */
  server(): { readonly command: readonly string[]; readonly environment: Readonly<Record<string, string>> } {
    return {
      command: [process.execPath, ENTRY, "serve"],
      environment: { ...surroundings(), ...this.world.environment },
    };
  }

  /** Ends every server at once. */
  async killAll(): Promise<void> {
    await Promise.all(Array.from(this.#servers, (server) => server.kill("SIGKILL")));
    this.#servers.clear();
  }

  /** A configuration of its own beside the one of the world; returns its path. */
  async configuration(name: string, change: (text: string) => string): Promise<string> {
    const { configurationFile } = this.world;
    const file = this.path(name);
    await writeFile(file, change(await readFile(configurationFile, "utf8")));
    return file;
  }

  /** A path in the folder of the world, which is gone in the end. */
  path(name: string): string {
    return join(dirname(this.world.configurationFile), name);
  }

  /** Starts a server and kills it after so long, ready or not. Throws when it ends by itself before. */
  async killStarting(lifeMs: number): Promise<void> {
    const { command, environment } = this.server();
    const [program = "", ...args] = command;
    const child = spawn(program, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (said += text));
    const ended = once(child, "close");
    await Promise.race([ended, systemClock.sleep(lifeMs)]);
    child.kill("SIGKILL");
    const [code, signal]: unknown[] = await ended;
    if (signal !== "SIGKILL") throw new Error(`the server ended by itself (${String(code)}): ${said}`);
  }

  /** Runs the program to its end in the environment of the world; what is set to nothing counts as absent. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return await runProgram(args, { environment: { ...this.world.environment, ...environment } });
  }

  /** Types a command in #deploys; undefined when Slack had to say that the app did not answer. */
  async type(user: string, text: string): Promise<string | undefined> {
    const result = await this.world.slack.people.typeCommand({ user, channel: DEPLOYS, text });
    return result.status === "acknowledged" ? (result.shown?.text ?? "") : undefined;
  }

  /** Types a command again and again until the app answers. */
  async insist(user: string, text: string): Promise<string> {
    for (;;) {
      const answer = await this.type(user, text);
      if (answer !== undefined) return answer;
      await systemClock.sleep(50);
    }
  }

  /** True when the click was acknowledged. */
  async press(user: string, { channel, ts }: SlackMessage, actionId: string): Promise<boolean> {
    return (await this.world.slack.people.click({ user, channel, ts, actionId })).status === "acknowledged";
  }

  /** Everything that the app has said in #deploys for everybody, oldest first. */
  said(): readonly SlackMessage[] {
    return this.world.slack.world.messages
      .all(DEPLOYS)
      .filter(({ botId, viewer }) => botId !== undefined && viewer === undefined);
  }

  /** A number that grows with everything that the server does at Slack or at Argo CD. */
  happenings(): number {
    const { slack, argocd } = this.world;
    const calls = slack.world.journal.calls().length + slack.world.journal.deliveries().length;
    return calls + argocd.state().applications.reduce((sum, { deployments }) => sum + deployments, 0);
  }

  /** Whether so many runs have ended, as their cards say. */
  ended(runs: number): boolean {
    const cards = this.said().filter(({ threadTs }) => threadTs === undefined);
    return cards.filter(({ text }) => /: (?:succeeded|failed)\./u.test(text)).length >= runs;
  }

  /** Resolves when `is` holds. */
  async until(what: string, is: () => boolean): Promise<void> {
    await this.while(() => !is(), 60_000);
    if (!is()) throw new Error(`waited 60 s for: ${what}`);
  }

  /** Resolves when `is` holds no more, or after so long. */
  async while(is: () => boolean, atMostMs: number): Promise<void> {
    const end = performance.now() + atMostMs;
    while (is() && performance.now() < end) await systemClock.sleep(10);
  }

  async message(what: string, fits: (message: SlackMessage) => boolean): Promise<SlackMessage> {
    const { changes, messages } = this.world.slack.world;
    return await changes.until(what, () => messages.all(DEPLOYS).find(fits), 60_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll();
    await this.world[Symbol.asyncDispose]();
  }
}
