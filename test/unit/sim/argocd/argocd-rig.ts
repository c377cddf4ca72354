import { Application } from "../../../../src/argocd/application.ts";
import { ArgocdClient } from "../../../../src/argocd/argocd-client.ts";
import { assess } from "../../../../src/argocd/assess.ts";
import { type AssessMemory, noMemory } from "../../../../src/argocd/assess-memory.ts";
import { classifyResponse } from "../../../../src/argocd/classify-response.ts";
import { EventStreamParser } from "../../../../src/argocd/event-stream-parser.ts";
import { type Expectation, rememberBefore } from "../../../../src/argocd/expectation.ts";
import { infosOf, type OperationIdentity } from "../../../../src/argocd/operation-identity.ts";
import type { Verdict } from "../../../../src/argocd/verdict.ts";
import { systemClock } from "../../../../src/platform/clock.ts";
import type { AppSetup } from "../../../sim/argocd/argocd-act.ts";
import { ArgocdWorld, type WatchOptions } from "../../../sim/argocd/argocd-world.ts";
import type { HttpAnswer } from "../../../sim/argocd/http-answer.ts";
import type { RolloutPlan } from "../../../sim/argocd/rollout-plan.ts";
import { Dice } from "../../../sim/dice.ts";
import { GitWorld } from "../../../sim/git/git-world.ts";
import { shaOf } from "../../../sim/git/sha-of.ts";
import { TimeLine } from "../../../sim/schedule.ts";

export const REPOSITORY = "https://git.example.com/acme/deploy.git";
/** A whole second. */
export const BEGIN_MS = Date.UTC(2026, 10, 21, 9);
export const APP = "argocd/checkout-staging";
export const [C1, C2, C3] = [shaOf("c1"), shaOf("c2"), shaOf("c3")];
export const OURS: OperationIdentity = { run: "run_1", step: "promote/sync", attempt: 1 };
export const ADDRESS = { namespace: "argocd", name: "checkout-staging", project: "default" };

export interface RigParts {
  readonly seed?: string;
  readonly app?: Partial<AppSetup>;
  readonly plans?: readonly RolloutPlan[];
  /** False unless said. */
  readonly isOverloaded?: boolean;
}

/** One look at the application, and what came of it. */
export interface Looked {
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly how: string;
  readonly application: Application;
}

/** `checkout-staging`, deployed at C1, in a repository whose branch is at C3; watched, and asked by the product's own client. */
export class ArgocdRig {
  readonly line = new TimeLine(BEGIN_MS);
  readonly git: GitWorld;
  readonly world: ArgocdWorld;
  readonly client: ArgocdClient;
  readonly looks: (Looked & { readonly refreshBegunMs?: number })[] = [];

  constructor({ seed = "rig", app = {}, plans = [], isOverloaded = false }: RigParts = {}) {
    const paths = ["checkout/staging"];
    const commits = ["c1", "c2", "c3"].map((name) => ({ name, paths }));
    const branches = [{ name: "main", commits }];
    this.git = new GitWorld({ schedule: this.line, repositories: [{ url: REPOSITORY, branches }] });
    const source = { repoURL: REPOSITORY, path: "checkout/staging", targetRevision: "main" };
    const apps = [{ name: "checkout-staging", source, deployed: [C1], ...app }];
    const dice = new Dice(seed);
    this.world = new ArgocdWorld({ schedule: this.line, dice, git: this.git, apps, plans, isOverloaded });
    this.client = clientOf(this.world);
  }

  /** Lets so much time pass. */
  pass(ms: number): void {
    const until = this.line.now() + ms;
    this.line.after(ms, () => undefined);
    while (this.line.now() < until || (this.line.nextAt ?? Infinity) <= until) if (!this.line.step()) return;
  }

  watch(options: WatchOptions = {}): () => void {
    const parser = new EventStreamParser();
    return this.world.watch(
      "/api/v1/stream/applications",
      (chunk) => {
        for (const data of parser.push(Buffer.from(chunk))) {
          const { result } = JSON.parse(data);
          const application = Application.parse(result.application);
          this.looks.push({ at: this.line.now() - BEGIN_MS, how: result.type, application });
        }
      },
      options,
    );
  }

  ask(method: string, path: string, body?: unknown): HttpAnswer | undefined {
    let answer: HttpAnswer | undefined;
    this.world.answer({ method, path, body }, (given) => (answer = given));
    return answer;
  }

  /** The application as a read shows it now. */
  read(): Application {
    const answer = this.ask("GET", "/api/v1/applications/checkout-staging?appNamespace=argocd&project=default");
    return Application.parse(JSON.parse(answer?.text ?? ""));
  }

  sync(revision: string, more: Readonly<Record<string, unknown>> = {}): HttpAnswer | undefined {
    const body = { appNamespace: "argocd", project: "default", revision, prune: false, infos: infosOf(OURS), ...more };
    return this.ask("POST", "/api/v1/applications/checkout-staging/sync", body);
  }

  /** Asks for a comparison now; its answer is a look. */
  refresh(): void {
    const refreshBegunMs = this.line.now();
    const path = "/api/v1/applications/checkout-staging?appNamespace=argocd&project=default&refresh=normal";
    this.world.answer({ method: "GET", path }, ({ text }) => {
      const application = Application.parse(JSON.parse(text));
      this.looks.push({ at: this.line.now() - BEGIN_MS, how: "refresh", application, refreshBegunMs });
    });
  }

  /** What the product's assessment says of each look, and of the last one again when everything is over, twice. */
  verdicts({ mode = "pin", sha = C2, isOurs = true, isOpen = false }: Expected = {}): readonly Verdict[] {
    const [first] = this.looks;
    const last = this.looks.at(-1);
    if (first === undefined || last === undefined) return [];
    const before = rememberBefore(first.application);
    const revisions = [{ sourceIndex: 0, sha }];
    const timing = { settleMs: 2000, degradedGraceMs: 5000, startDeadlineMs: 120_000 };
    const expectation = { mode, revisions, before, timing, ...(isOurs && { operation: OURS }) };
    let memory: AssessMemory = noMemory;
    const end = this.line.now() - BEGIN_MS;
    const again = isOpen ? [] : [end, end + 10_000].map((at) => ({ ...last, at }));
    return [...this.looks, ...again].map((look) => {
      const result = assess({ ...look, expectation, memory, nowMs: BEGIN_MS + look.at });
      memory = result.memory;
      return result.verdict;
    });
  }
}

/** What the assessment expects: our sync to C2 unless said. */
export interface Expected {
  readonly mode?: Expectation["mode"];
  readonly sha?: string;
  readonly isOurs?: boolean;
  /** The story is not told to its end, so the last look is not repeated. */
  readonly isOpen?: boolean;
}

/** The product's client on the world. */
function clientOf(world: ArgocdWorld): ArgocdClient {
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  const random = { bytes: (length: number): Buffer => Buffer.alloc(length), fraction: (): number => 0.5 };
  const http = {
    json: async (call: {
      readonly what: string;
      readonly method: string;
      readonly path: string;
      readonly body?: unknown;
    }) => {
      const { status, text, contentType } = await new Promise<HttpAnswer>((resolve) => world.answer(call, resolve));
      if (status === 200) return JSON.parse(text);
      throw classifyResponse({ what: call.what, status, contentType, body: text });
    },
  };
  return new ArgocdClient({ http, clock, random });
}

/** The kinds of verdicts in their order, without repetitions and without what luck alone decides. */
export function kindsOf(verdicts: readonly Verdict[]): readonly string[] {
  const kinds: string[] = [];
  for (const verdict of verdicts) {
    const kind = kindOf(verdict);
    if (kind !== kinds.at(-1)) kinds.push(kind);
  }
  return kinds;
}

function kindOf(verdict: Verdict): string {
  if (verdict.kind === "pending") return `pending ${verdict.reason}`;
  if (verdict.kind === "failed") return `failed ${verdict.code}`;
  return verdict.kind === "proven" ? `proven by ${verdict.evidence.basis}` : verdict.kind;
}
