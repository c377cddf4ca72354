import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ChainHead } from "../../src/audit/hash-chain.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { seededFractions } from "../support/seeded-fractions.ts";
import type { ArenaReport } from "./conclusion.ts";
import { ChaosRedis } from "./chaos-redis.ts";
import { type ChaosWorld, openChaosWorld } from "./chaos-world.ts";
import { Crowd } from "./crowd.ts";
import { readEvidence, readHead } from "./evidence.ts";
import { farEndsOf, type Judgement, judge } from "./judge.ts";
import { NoticeBoard } from "./notice-board.ts";
import { ENTRY, type LogLine, Program } from "./program.ts";
import { type Begun, type Mark, recoveries, type Recoveries } from "./recovery.ts";

export interface ArenaOptions {
  readonly seed: number;
  /** Whether steps are executed by workers through Redis. */
  readonly workers?: number;
  readonly services?: number | undefined;
  readonly commits?: number | undefined;
  readonly expires?: string;
  readonly rejects?: number;
  readonly cancels?: number;
  /** What stands before the command of a server, such as a program that changes its surroundings. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the log can be read from here; where the server writes it when absent. */
  readonly dataFolder?: (dataFolder: string) => string;
}

const SECRET = "a-secret-of-the-chaos-that-is-long-enough";
const LOOK_MS = 20;
const LAST_LINES = 20;
const STOP_WITHIN_MS = 30_000;
// On a machine that has much else to do, a server alone may take a minute to start.
const NOTHING_MOVES_MS = 180_000;
const LONGEST_CALM_MS = 900_000;

/** One server with all that belongs to it, and people who use it: everything on loopback, with a folder of its own. */
export class Arena implements AsyncDisposable {
  readonly world: ChaosWorld;
  readonly board: NoticeBoard;
  readonly crowd: Crowd;
  readonly fractions: () => number;
  readonly redis: ChaosRedis | undefined;
  /** What ended or was said that should never be. */
  readonly surprises: string[] = [];
  /** Lines of servers and workers that are warnings or worse, and how often each was said. */
  readonly troubles = new Map<string, number>();
  /** What the last server said before the end, where something was stuck. */
  readonly lastLines: string[] = [];
  readonly heads: ChainHead[] = [];
  readonly #options: ArenaOptions;
  readonly #resources: AsyncDisposableStack;
  readonly #folder: string;
  readonly #marks: (Mark & { untilMs: number; reachableAtMs?: number | undefined })[] = [];
  readonly #lost: { readonly worker: string; readonly steps: readonly string[]; readonly atMs: number }[] = [];
  readonly #begun: Begun[] = [];
  readonly #workers: Program[] = [];
  #server: Program | undefined;
  /** The connections that were there when the server was started: those of an earlier one. */
  #oldConnections: ReadonlySet<unknown> = new Set();

  private constructor(parts: {
    readonly options: ArenaOptions;
    readonly world: ChaosWorld;
    readonly redis: ChaosRedis | undefined;
    readonly folder: string;
    readonly resources: AsyncDisposableStack;
  }) {
    const { options, world } = parts;
    this.#options = options;
    this.#folder = parts.folder;
    this.#resources = parts.resources;
    this.redis = parts.redis;
    this.world = world;
    this.fractions = seededFractions(options.seed);
    this.board = this.#resources.use(new NoticeBoard(world.demo));
    const { board, fractions } = this;
    const { rejects = 0, cancels = 0 } = options;
    this.crowd = new Crowd({ world, board, fractions, rejects, cancels });
    const unsubscribe = world.demo.slack.world.changes.subscribe(({ kind }) => {
      if (kind === "socket") this.#noteReachable();
    });
    this.#resources.defer(unsubscribe);
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    await using resources = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-chaos-"));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const world = resources.use(await openChaosWorld(options));
    const redis = options.workers === undefined ? undefined : resources.use(await ChaosRedis.start());
    return new Arena({ options, world, redis, folder, resources: resources.move() });
  }

  /** The data folder as it is seen from here. */
  get dataFolder(): string {
    const { dataFolder } = this.world.demo;
    return this.#options.dataFolder?.(dataFolder) ?? dataFolder;
  }

  get server(): Program {
    if (this.#server === undefined) throw new Error("no server was started");
    return this.#server;
  }

  get workers(): readonly Program[] {
    return this.#workers;
  }

  /** What a server of this arena is started with. */
  serverOptions(more: Readonly<Record<string, string>> = {}): {
    readonly command: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  } {
    const command = [process.execPath, ENTRY, "serve"];
    const shared = this.redis === undefined ? {} : { REDIS_URL: this.redis.url, QUARTERDECK_SECRET: SECRET };
    const { wrap, environment } = this.#options;
    return {
      command: wrap?.(command) ?? command,
      environment: { ...this.world.demo.environment, ...shared, ...environment, ...more },
    };
  }

  /** Starts the server and does not wait for it. */
  startServer(): Program {
    const server = new Program({ ...this.serverOptions(), onLine: (line) => this.#hear("server", line) });
    this.#server = server;
    this.#oldConnections = new Set(this.world.demo.slack.socket.connections);
    this.#marks.push({ kind: "server", atMs: server.startedAtMs, untilMs: Infinity });
    return server;
  }

  /** Takes a server that was started otherwise for the one of this arena. */
  adoptServer(server: Program): void {
    this.#server = server;
    this.#oldConnections = new Set();
    this.#marks.push({ kind: "server", atMs: server.startedAtMs, untilMs: Infinity });
    this.#noteReachable();
  }

  /** Ends the server in order; resolves with how it ended and after how long. */
  async stopServer(): Promise<{ readonly how: string; readonly afterMs: number }> {
    const began = performance.now();
    const how = await Promise.race([
      this.server.kill("SIGTERM"),
      systemClock.sleep(STOP_WITHIN_MS).then(() => "still there"),
    ]);
    if (how === "still there") await this.server.kill("SIGKILL");
    this.#close("server");
    return { how, afterMs: performance.now() - began };
  }

  /** Kills the server wherever it is; throws when it had ended by itself. */
  async killServer(): Promise<void> {
    const { server } = this;
    if (server.how !== undefined)
      this.surprises.push(`the server ended by itself: ${server.how}; ${server.lines.slice(-3).join(" | ")}`);
    await server.kill("SIGKILL");
    this.#close("server");
    this.#noteHead();
  }

  /** Starts all workers of this arena; resolves when they are ready. */
  async startWorkers(): Promise<void> {
    const count = this.#options.workers ?? 0;
    for (let index = 0; index < count; index += 1) await this.startWorker(index);
    await Promise.all(this.#workers.map(({ ready }) => ready));
  }

  async startWorker(index: number): Promise<void> {
    const cwd = join(this.#folder, `worker-${index}`);
    await mkdir(cwd, { recursive: true });
    const { ARGOCD_TOKEN = "" } = this.world.demo.environment;
    const environment = { REDIS_URL: this.redis?.url ?? "", QUARTERDECK_SECRET: SECRET, ARGOCD_TOKEN };
    const command = [process.execPath, ENTRY, "worker"];
    const onLine = (line: LogLine): void => this.#hear("worker", line);
    this.#workers[index] = new Program({ command, environment, cwd, onLine });
  }

  async killWorker(index: number): Promise<void> {
    const worker = this.#workers[index];
    if (worker === undefined) return;
    if (worker.how !== undefined) this.surprises.push(`a worker ended by itself: ${worker.how}`);
    const atMs = Date.now();
    await worker.kill("SIGKILL");
    this.#marks.push({ kind: "worker", atMs, untilMs: Infinity, steps: [String(worker.pid)] });
  }

  /** Redis is there again, from now on. */
  noteRedis(): void {
    this.#marks.push({ kind: "redis", atMs: Date.now(), untilMs: Infinity });
  }

  /** Something happened to Redis: what was waited for since it was there again is not waited for any more. */
  endRedis(): void {
    this.#close("redis");
  }

  /** Resolves when `is` does not hold any more, or after so long. */
  async while(is: () => boolean, atMostMs: number): Promise<void> {
    const end = performance.now() + atMostMs;
    while (is() && performance.now() < end)
      await systemClock.sleep(Math.min(LOOK_MS, Math.max(1, end - performance.now())));
  }

  /** With nothing going wrong any more, resolves when everything has ended, or when nothing moves any more. */
  async calm(): Promise<void> {
    const { slack, argocd, git } = this.world.demo;
    slack.world.faults.clear();
    await argocd.control({ action: "clear-faults" });
    git.setFault({ kind: "none" });
    this.crowd.noMore();
    await this.server.ready;
    const end = performance.now() + LONGEST_CALM_MS;
    let [moves, since] = [-1, performance.now()];
    while (performance.now() < end && performance.now() - since < NOTHING_MOVES_MS) {
      const now = this.board.changes + argocd.acceptedOperations.length;
      if (now !== moves) [moves, since] = [now, performance.now()];
      else if (this.#isQuiet()) break;
      await systemClock.sleep(500);
    }
    await this.crowd.end();
  }

  /** Ends the server in order, and finds out how everything ended. */
  async conclude(): Promise<{ readonly judgement: Judgement; readonly recoveries: Recoveries }> {
    const how = await this.server.kill("SIGTERM");
    if (how !== "exit code 0") this.surprises.push(`SIGTERM in the end: ${how}`);
    this.#close("server");
    this.#close("redis");
    const evidence = readEvidence(this.dataFolder, this.heads);
    const judgement = judge(farEndsOf(this.world), this.crowd.acknowledged, evidence);
    if (judgement.stuck.length > 0) this.lastLines.push(...this.server.lines.slice(-LAST_LINES));
    return {
      judgement,
      recoveries: recoveries(evidence.facts, this.#finishedMarks(), this.#begun),
    };
  }

  report(): ArenaReport {
    const { surprises, troubles, lastLines, crowd } = this;
    return { tries: crowd.tries, surprises, troubles, lastLines };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crowd.end();
    await Promise.all(
      [...this.#workers, ...(this.#server === undefined ? [] : [this.#server])].map((program) => program.kill()),
    );
    await this.#resources.disposeAsync();
  }

  #isQuiet(): boolean {
    if (this.board.openCards.length > 0 || this.board.openGates.length > 0) return false;
    try {
      const { stuck, unfinished } = judge(farEndsOf(this.world), [], readEvidence(this.dataFolder));
      return stuck.length === 0 && unfinished.length === 0;
    } catch {
      // A copy that was taken while it was written to.
      return false;
    }
  }

  #hear(who: "server" | "worker", line: LogLine): void {
    const { level, message, worker, steps, step, ms } = line;
    if (message === "an unhandled rejection") this.surprises.push(`${who}: ${JSON.stringify(line)}`);
    if (message === "a worker is gone; what it executed is dispatched anew" && Array.isArray(steps))
      this.#lost.push({ worker: String(worker), steps: steps.map(String), atMs: Date.now() });
    if (message === "a step was executed") this.#begun.push({ step: String(step), atMs: Date.now() - Number(ms) });
    if (level !== "warn" && level !== "error") return;
    const said = `${who} ${level}: ${String(message)}`;
    this.troubles.set(said, (this.troubles.get(said) ?? 0) + 1);
  }

  #noteReachable(): void {
    const mark = this.#marks.findLast(({ kind }) => kind === "server");
    const { connections } = this.world.demo.slack.socket;
    const isReachable = connections.some((connection) => connection.routed && !this.#oldConnections.has(connection));
    if (mark !== undefined && mark.untilMs === Infinity && isReachable) mark.reachableAtMs ??= Date.now();
  }

  #noteHead(): void {
    try {
      const head = readHead(this.dataFolder);
      if (head !== undefined) this.heads.push(head);
    } catch {
      // Opening it needs a little room, too. Whatever else there may be is found in the end.
    }
  }

  #close(kind: Mark["kind"]): void {
    for (const mark of this.#marks) if (mark.kind === kind && mark.untilMs === Infinity) mark.untilMs = Date.now();
  }

  /** A lost worker's mark is about the steps that the server says it had; without such steps there was nothing to take over. */
  #finishedMarks(): readonly Mark[] {
    const now = Date.now();
    const first = this.#marks.findIndex(({ kind }) => kind === "server");
    // Before the first start there was nothing to go on with.
    return this.#marks.toSpliced(first, 1).flatMap((mark): readonly Mark[] => {
      const untilMs = Math.min(mark.untilMs, now);
      if (mark.kind === "server") return [{ ...mark, untilMs, reachableAtMs: mark.reachableAtMs ?? Infinity }];
      if (mark.kind === "redis") return [{ ...mark, untilMs }];
      const [pid = ""] = mark.steps ?? [];
      const lost = this.#lost.find(({ worker, atMs }) => worker.includes(`-${pid}-`) && atMs > mark.atMs);
      const serverGone = this.#marks.find(({ kind, atMs }) => kind === "server" && atMs > mark.atMs)?.atMs ?? now;
      if (lost === undefined || lost.steps.length === 0) return [];
      return [{ ...mark, untilMs: serverGone, steps: lost.steps }];
    });
  }
}
