import { readFile } from "node:fs/promises";

import { z } from "zod";

import { settle, type FakeClock } from "../support/fake-clock.ts";
import type { AccountDefinition, Policy } from "../../src/simulator/argocd-accounts.ts";
import { accountToken } from "../../src/simulator/argocd-accounts.ts";
import type { ApplicationDefinition } from "../../src/simulator/argocd-application-store.ts";
import type { CommitDetails, FolderAtCommit, ManifestSource } from "../../src/simulator/argocd-manifest-source.ts";
import {
  type ArgocdSimulator,
  type ArgocdSimulatorOptions,
  startArgocdSimulator,
} from "../../src/simulator/argocd-simulator.ts";

export const REPOSITORY = "https://git.example.com/acme/deploy.git";

/** Folders of manifests by commit, and the commit that `main` stands for: a repository that needs no disk. */
export class MemoryManifests implements ManifestSource {
  main: string;
  readonly #commits = new Map<string, Readonly<Record<string, readonly object[]>>>();

  constructor(main: string) {
    this.main = main;
  }

  /** A commit with the manifests of each folder. */
  add(commit: string, folders: Readonly<Record<string, readonly object[]>>): this {
    this.#commits.set(commit, folders);
    return this;
  }

  references(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map([["refs/heads/main", this.main]]));
  }

  commitName(_repoURL: string, revision: string): Promise<string | undefined> {
    return Promise.resolve([...this.#commits.keys()].find((commit) => commit.startsWith(revision)));
  }

  files({ commit, folder }: FolderAtCommit): Promise<ReadonlyMap<string, string> | undefined> {
    const manifests = this.#commits.get(commit)?.[folder];
    if (manifests === undefined) return Promise.resolve(undefined);
    return Promise.resolve(new Map(manifests.map((manifest, index) => [`${index}.json`, JSON.stringify(manifest)])));
  }

  commit(): Promise<CommitDetails> {
    const author = "Ana Lopez <ana@example.com>";
    return Promise.resolve({ author, date: "2026-11-21T08:59:27Z", message: "Initial manifests", tags: [] });
  }
}

export function deployment(name: string, image: string, extra: object = {}, annotations?: object): object {
  const labels = { app: name };
  const containers = [{ name, image }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: annotations === undefined ? { name } : { name, annotations },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      ...extra,
    },
  };
}

export function service(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ port: 80 }], selector: { app: name } },
  };
}

export function settings(name: string, wave?: number): object {
  const annotations = { "argocd.argoproj.io/sync-wave": String(wave) };
  const metadata = wave === undefined ? { name } : { name, annotations };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1" } };
}

export function hook(name: string, phase: string, image: string, deadline?: number): object {
  const seconds = deadline === undefined ? {} : { activeDeadlineSeconds: deadline };
  const annotations = { "argocd.argoproj.io/hook": phase };
  const template = { spec: { restartPolicy: "Never", containers: [{ name, image }] } };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name, annotations }, spec: { ...seconds, template } };
}

/** An Application as the recordings have them. */
export function application(name: string, extra: Partial<ApplicationDefinition> = {}): ApplicationDefinition {
  const [serviceName = "", environment = ""] = name.split("-");
  return {
    name,
    labels: { "quarterdeck.dev/environment": environment, "quarterdeck.dev/service": serviceName },
    spec: {
      project: "default",
      source: { repoURL: REPOSITORY, path: `${serviceName}/${environment}`, targetRevision: "main" },
      destination: { server: "https://kubernetes.default.svc", namespace: name },
      syncPolicy: { syncOptions: ["CreateNamespace=true"] },
    },
    ...extra,
  };
}

const anything = (resource: string, action: string): Policy => ({ resource, action, object: "*/*", effect: "allow" });

/** `quarterdeck` may get, sync and update; `weak` only get. */
export const ACCOUNTS: readonly AccountDefinition[] = [
  {
    name: "quarterdeck",
    token: accountToken("quarterdeck"),
    policies: [
      anything("applications", "get"),
      anything("applications", "sync"),
      anything("applications", "update"),
      { resource: "projects", action: "get", object: "*", effect: "allow" },
    ],
  },
  { name: "weak", token: accountToken("weak"), policies: [anything("applications", "get")] },
];

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly as?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or its text where it is none. */
  readonly body: unknown;
}

/** A simulator whose time only moves when it is told to, over real HTTP. */
export class SimulatedWorld {
  readonly clock: FakeClock;
  readonly simulator: ArgocdSimulator;

  private constructor(clock: FakeClock, simulator: ArgocdSimulator) {
    this.clock = clock;
    this.simulator = simulator;
  }

  static async start(
    clock: FakeClock,
    options: Omit<ArgocdSimulatorOptions, "clock" | "accounts">,
  ): Promise<SimulatedWorld> {
    return new SimulatedWorld(clock, await startArgocdSimulator({ clock, accounts: ACCOUNTS, ...options }));
  }

  /** Sends a request without moving time. */
  async send({ method, path, as = "quarterdeck", body, headers }: Call): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const hasBody = body !== undefined && body !== null;
    const sent = new Headers(
      as === null ? {} : { authorization: `Bearer ${as === "garbage" ? as : accountToken(as)}` },
    );
    if (hasBody) sent.set("content-type", "application/json");
    for (const [name, value] of Object.entries(headers ?? {})) sent.set(name, value);
    const response = await fetch(this.simulator.url + path, {
      method,
      headers: sent,
      ...(hasBody ? { body: text } : {}),
    });
    const answer = await response.text();
    return { status: response.status, headers: response.headers, text: answer, body: tryJson(answer) };
  }

  /** Sends a request and moves time until it is answered. */
  call(call: Call): Promise<Answer> {
    return this.during(this.send(call));
  }

  /** Moves time in small steps until the promise is settled. */
  async during<Result>(promise: Promise<Result>): Promise<Result> {
    const state = { isSettled: false };
    const marked = promise.finally(() => {
      state.isSettled = true;
    });
    marked.catch(() => undefined);
    // The ping is answered behind everything that was sent before it, so that time moves only when the server waits for it.
    while (!state.isSettled) {
      await Promise.race([marked.catch(() => undefined), fetch(`${this.simulator.url}/healthz`)]);
      if (!state.isSettled) await this.clock.advance(2);
    }
    return marked;
  }

  /** Moves time to so many seconds after `startMs`, unless it is later already. */
  async until(startMs: number, seconds: number): Promise<void> {
    const restMs = startMs + seconds * 1000 - this.clock.now();
    if (restMs > 0) await this.clock.advance(restMs);
    await settle();
  }

  stop(): Promise<void> {
    return this.simulator.stop();
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const RecordedCall = z.looseObject({
  kind: z.literal("call"),
  t: z.number(),
  ms: z.number(),
  request: z.looseObject({
    method: z.string(),
    path: z.string(),
    as: z.string().nullable(),
    body: z.unknown(),
    headers: z.record(z.string(), z.string()).nullable().default(null),
  }),
  response: z.looseObject({ status: z.number(), body: z.unknown() }),
});
const RecordedEvent = z.looseObject({
  kind: z.literal("event"),
  t: z.number(),
  stream: z.string(),
  line: z.unknown(),
});
const Head = z.looseObject({ streams: z.record(z.string(), z.looseObject({ path: z.string() })) });

export interface Recording {
  readonly calls: readonly z.infer<typeof RecordedCall>[];
  /** The frames of the stream named `watch`, with the second at which each came. */
  readonly watched: readonly z.infer<typeof RecordedEvent>[];
  /** The path of that stream. */
  readonly watchPath: string;
  readonly lastSecond: number;
}

/** A recording of a real server. */
export async function recording(name: string): Promise<Recording> {
  const text = await readFile(new URL(`../fixtures/argocd/${name}.jsonl`, import.meta.url), "utf8");
  const [head = "", ...lines] = text.trim().split("\n");
  const items = lines.map((line) => z.union([RecordedCall, RecordedEvent]).parse(JSON.parse(line)));
  return {
    calls: items.flatMap((item) => (item.kind === "call" ? [item] : [])),
    watched: items.flatMap((item) => (item.kind === "event" && item.stream === "watch" ? [item] : [])),
    watchPath: Head.parse(JSON.parse(head)).streams["watch"]?.path ?? "",
    lastSecond: items.at(-1)?.t ?? 0,
  };
}

/** What stands at a path such as `status.sync.status` of any JSON; undefined where nothing does. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, name);
  }
  return found;
}

/** The same as text; empty where there is nothing. */
export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  return typeof found === "string" ? found : "";
}

/** The same as a list; empty where there is none. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  const found: unknown = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** What a client judges an Application by. */
export function judged(judgedApplication: unknown): string {
  const hasOperation = typeof at(judgedApplication, "operation") === "object";
  const finishedAt = textAt(judgedApplication, "status.operationState.finishedAt");
  return [
    hasOperation ? "operation" : "no operation",
    textAt(judgedApplication, "status.operationState.phase") || "no state",
    textAt(judgedApplication, "status.sync.status") || "no sync",
    textAt(judgedApplication, "status.health.status") || "no health",
    relation(textAt(judgedApplication, "status.reconciledAt"), finishedAt),
  ].join(", ");
}

// Whether the two fall into one second is chance; that a comparison is older than the end is not.
function relation(reconciledAt: string, finishedAt: string): string {
  if (reconciledAt === "" || finishedAt === "") return "-";
  return reconciledAt < finishedAt ? "compared before the end" : "compared since";
}

/** The items without those that equal the one before. */
export function distinct(items: readonly string[]): readonly string[] {
  return items.filter((item, index) => item !== items[index - 1]);
}

/** Collects what a stream of the default format sends. */
export class Watch {
  readonly frames: unknown[] = [];
  readonly #controller = new AbortController();

  constructor(world: SimulatedWorld, path: string) {
    const headers = { authorization: `Bearer ${accountToken("quarterdeck")}` };
    void fetch(world.simulator.url + path, { headers, signal: this.#controller.signal })
      .then((response) => this.#read(response))
      .catch(() => undefined);
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body ?? []) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.frames.push(JSON.parse(line));
    }
  }

  stop(): void {
    this.#controller.abort();
  }
}
