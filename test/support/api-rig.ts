import { apiRoute } from "../../src/api/api-route.ts";
import { type ApiToken, newToken, type Scope, tokenHash } from "../../src/api/api-token.ts";
import type { ApiDeps } from "../../src/api/api-deps.ts";
import { RunFeed } from "../../src/api/run-feed.ts";
import type { FoundToken } from "../../src/api/token-desk.ts";
import { loadCommands, readCommandFolder } from "../../src/commands/load-commands.ts";
import type { Command } from "../../src/commands/command.ts";
import type { RunEvent } from "../../src/domain/run-event.ts";
import { machineUser } from "../../src/domain/machine.ts";
import type { Answer } from "../../src/engine/answer.ts";
import type { AskResult, MachineAsk, MachineDoor } from "../../src/engine/machine-door.ts";
import { rowOf } from "../../src/engine/projection.ts";
import type { HttpAnswer, HttpHead } from "../../src/http/http-route.ts";
import { canonicalJson } from "../../src/platform/canonical-json.ts";
import { AppError } from "../../src/platform/errors.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import {
  AT,
  begun,
  decided,
  ended,
  finished,
  GATE,
  opened,
  RUN,
  started,
  SYNC,
  viewOf,
} from "../unit/slack/sample-run.ts";
import { allKinds } from "./all-kinds.ts";
import { FakeClock } from "./fake-clock.ts";

export const LOG = { digest: "a".repeat(64), bytes: 3, name: "sync.log", mediaType: "text/plain", sealed: false };
export const PLAN = { ...LOG, digest: "b".repeat(64), name: "plan", sealed: true };
const GONE = { ...LOG, digest: "c".repeat(64), name: "gone" };

/** A promotion that was approved and has succeeded. */
export const WHOLE_RUN: readonly RunEvent[] = [
  { ...started(), actor: "p_ana" },
  begun(GATE, "approval", "gate"),
  opened(),
  decided("approve"),
  ended(GATE),
  begun(SYNC, "argocd/sync", "action"),
  {
    type: "step.succeeded",
    at: AT + 120_000,
    path: SYNC,
    attempt: 1,
    output: { notes: ["3 resources changed"] },
    artifacts: [LOG, PLAN, GONE],
  },
  finished("succeeded"),
];

const NAMES: Readonly<Record<string, string>> = { p_ana: "Ana", p_bo: "Bo" };

interface Recorded {
  readonly ask: MachineAsk;
  result: AskResult | "pending";
}

/** A door that records what is asked, and answers as it is told. */
export class FakeDoor implements MachineDoor {
  readonly asked = new Map<string, Recorded>();
  /** What comes of what is asked next; never, where it is undefined. */
  next: AskResult | undefined = startedResult();
  fails: AppError | undefined;

  ask: MachineDoor["ask"] = (key, ask) => {
    if (this.fails !== undefined) return Promise.reject(this.fails);
    if (this.asked.has(key)) return Promise.resolve({ isNew: false, answer: Promise.resolve(undefined) });
    const { next } = this;
    this.asked.set(key, { ask, result: next ?? "pending" });
    return Promise.resolve({
      isNew: true,
      answer: next === undefined ? new Promise(() => undefined) : Promise.resolve(next),
    });
  };
  note: MachineDoor["note"] = () => Promise.resolve(true);
  recordedAt: MachineDoor["recordedAt"] = () => undefined;
  resultOf: MachineDoor["resultOf"] = (key) => this.asked.get(key)?.result;

  get last(): MachineAsk {
    const recorded = [...this.asked.values()].at(-1);
    if (recorded === undefined) throw new Error("nothing was asked");
    return recorded.ask;
  }

  isSame = (key: string, { command, typed, cause }: MachineAsk): boolean => {
    const before = this.asked.get(key)?.ask;
    return (
      canonicalJson({ command, typed, cause }) ===
      canonicalJson({ command: before?.command, typed: before?.typed, cause: before?.cause })
    );
  };
}

export function startedResult(): AskResult {
  return noticeResult("run.started", "Started run_7FQ2: Promote checkout abc1230 to prod.", RUN);
}

export function noticeResult(code: string, message: string, run?: string): AskResult {
  return { code, message, ...(run !== undefined && { run }) };
}

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly text?: string | Buffer;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

let shipped: Promise<readonly Command[]> | undefined;

/** The routes of the API before a door that is a fake. */
export class ApiRig {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
  readonly door = new FakeDoor();
  readonly feed = new RunFeed({ clock: this.clock });
  readonly refused: string[] = [];
  readonly tokens: ApiToken[] = [];
  events: RunEvent[] = [...WHOLE_RUN];
  where: Answer = { kind: "where", service: "checkout", places: [] };
  history: Answer = { kind: "history", about: "everything", runs: [] };
  /** What is said of the services chekout, which never was, and gone, which has had runs. */
  stranger: Answer = { kind: "notice", code: "input.service", message: "There is none.", suggestions: ["checkout"] };
  isOpen = true;
  /** What a step is doing, by its path. */
  progress: [string, { readonly text: string }][] = [];
  /** Why a run cannot be read. */
  unreadable: AppError | undefined;
  readonly #commands: readonly Command[];

  private constructor(commands: readonly Command[]) {
    this.#commands = commands;
  }

  static async open(): Promise<ApiRig> {
    shipped ??= readCommandFolder("commands").then(
      (texts) => loadCommands(texts, { catalogue: allKinds, slashNames: {} }).commands,
    );
    return new ApiRig(await shipped);
  }

  /** A new token. */
  token(
    name = "ci",
    scopes: readonly Scope[] = ["run", "read", "cancel", "retry"],
    more: Partial<ApiToken> = {},
  ): string {
    const token = newToken(systemRandom);
    const made = { name, hash: tokenHash(token), scopes: [...scopes], madeAt: "2026-01-01T00:00:00.000Z", ...more };
    this.tokens.push(made);
    return token;
  }

  get deps(): ApiDeps {
    const { clock, door, feed } = this;
    const row = () => rowOf(viewOf(this.events).state);
    return {
      tokens: {
        find: (secret) => this.#find(secret),
        isGoodFor: ({ hash }, scope) => this.tokens.some((each) => each.hash === hash && each.scopes.includes(scope)),
      },
      machines: door,
      isSameAsk: door.isSame,
      commands: () => this.#commands,
      view: (run) => {
        if (run !== RUN) throw new AppError("no", { code: "run.unknown" });
        if (this.unreadable !== undefined) throw this.unreadable;
        return viewOf(this.events, { progress: this.progress });
      },
      events: {
        readRun: (run) => (run === RUN ? this.events : []),
        listRuns: ({ service, before, limit }) =>
          before === undefined && service !== "chekout" ? [row()].slice(0, limit) : [],
        findRuns: (text) => (RUN.endsWith(text) ? [row()] : []),
      },
      feed,
      names: (pseudonyms) => Promise.resolve(new Map([...pseudonyms].map((who) => [who, NAMES[who] ?? who]))),
      where: () => Promise.resolve(this.where),
      history: () => this.history,
      stranger: ({ service }) => (service === "chekout" || service === "gone" ? this.stranger : undefined),
      fileOf: ({ digest }) =>
        digest === LOG.digest
          ? Promise.resolve({
              status: 200,
              headers: { "content-type": "application/octet-stream" },
              bytes: Buffer.from("log"),
            })
          : Promise.reject(new AppError("It was deleted.", { code: "artifact.missing" })),
      pageOf: () => undefined,
      isOpen: () => this.isOpen,
      onRefused: (reason) => void this.refused.push(reason),
      clock,
      random: systemRandom,
      logger: silentLogger,
    };
  }

  /** What the server would do with a request. */
  async ask({ method = "GET", path, body, text, token, headers = {} }: Asked): Promise<HttpAnswer> {
    const [pathname = "", query = ""] = path.split("?");
    const route = apiRoute(this.deps);
    const bytes = Buffer.from(text ?? (body === undefined ? "" : JSON.stringify(body)));
    const head: HttpHead = {
      method,
      path: pathname,
      query,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(bytes.length > 0 && { "content-type": "application/json", "content-length": String(bytes.length) }),
        ...headers,
      },
    };
    const refusal = route.admit?.(head);
    if (refusal !== undefined) return refusal;
    return await route.answer({ ...head, body: bytes });
  }

  #find(secret: string): FoundToken {
    const token = this.tokens.find(({ hash }) => hash === tokenHash(secret));
    return token === undefined ? { kind: "unknown" } : { kind: "good", token };
  }
}

/** The key under which a machine's ask stands. */
export function askedBy({ machine, door }: MachineAsk): string {
  return `${door} ${machineUser(machine)}`;
}

export function bodyOf({ body = "{}" }: HttpAnswer): unknown {
  return JSON.parse(body);
}
