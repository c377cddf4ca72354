import type { Clock, Timer } from "../platform/clock.ts";
import type { Application } from "./application.ts";
import { resourceVersion } from "./application-facts.ts";
import type { ApplicationCache } from "./application-cache.ts";
import type { ApplicationAddress } from "./application-request.ts";
import type { ArgocdClient } from "./argocd-client.ts";
import { ArgocdError } from "./argocd-errors.ts";
import { assess } from "./assess.ts";
import { type AssessMemory, noMemory, rememberAncestry } from "./assess-memory.ts";
import type { Expectation } from "./expectation.ts";
import { explainFailure } from "./explain-failure.ts";
import type { Hint } from "./hint-listeners.ts";
import { lookAgainAfterMs } from "./look-again.ts";
import { Outage } from "./outage.ts";
import { type AncestryQuestion, type FailedVerdict, type FinalVerdict, isFinal, type Verdict } from "./verdict.ts";
import { WaitNews, type WaitProgress } from "./wait-news.ts";

export interface WaitDeps {
  readonly client: Pick<ArgocdClient, "getApplication" | "refreshApplication" | "resourceTree">;
  readonly cache: Pick<ApplicationCache, "find" | "subscribe" | "offer" | "health">;
  readonly clock: Clock;
}

export interface WaitRequest {
  readonly app: ApplicationAddress;
  readonly expectation: Expectation;
  readonly signal: AbortSignal;
  /** Called when something worth showing has changed. */
  readonly onProgress?: (progress: WaitProgress) => void;
  /** Whether one commit is in the history of the other; undefined when that cannot be told yet: then it is asked again. Asked only where the branch has moved on. */
  readonly isAncestor?: (question: AncestryQuestion) => Promise<boolean | undefined>;
}

const REFRESH_AGAIN_MS = 30_000;
const FINAL_ERRORS = new Set(["rbac", "hidden"]);

/**
 * Waits until the application is proven at the expected revision, or has failed. Takes as long as it takes: time limits are the signal's.
 * Costs no call while nothing changes: frames of the watch are judged as they come, and Argo CD is asked for the
 * refresh after the operation, for the moment at which only time was missing, and to confirm what a frame says at the end.
 * An outage of Argo CD is waited out, and for a while also a token that is no longer accepted. Throws ArgocdError for what waiting cannot mend, and the signal's reason.
 */
export async function waitForApplication(deps: WaitDeps, request: WaitRequest): Promise<FinalVerdict> {
  await using wait = new ApplicationWait(deps, request);
  return await wait.run();
}

class ApplicationWait {
  readonly #deps: WaitDeps;
  readonly #request: WaitRequest;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #begun: { readonly nowMs: number; readonly monotonicMs: number };
  #app: ApplicationAddress;
  #memory: AssessMemory = noMemory;
  #newest: Application | undefined;
  #verdict: Verdict | undefined;
  #confirmed = false;
  #mustRead = true;
  #lastLookMs = 0;
  readonly #outage = new Outage();
  readonly #news: WaitNews;
  #refreshing: Promise<void> | undefined;
  #refreshNotBeforeMs = 0;
  #wake: () => void = () => undefined;
  #subscription: Disposable | undefined;

  constructor(deps: WaitDeps, request: WaitRequest) {
    this.#deps = deps;
    this.#request = request;
    const known = deps.cache.find(request.app)?.spec.project;
    // With the project in the call a missing application is told from a hidden one.
    this.#app = { ...request.app, project: request.app.project ?? known };
    this.#begun = { nowMs: deps.clock.now(), monotonicMs: deps.clock.monotonic() };
    this.#signal = AbortSignal.any([request.signal, this.#stop.signal]);
    this.#news = new WaitNews({ outage: this.#outage, onProgress: request.onProgress });
  }

  async run(): Promise<FinalVerdict> {
    this.#subscription = this.#deps.cache.subscribe(this.#app, (hint) => this.#hear(hint));
    this.#beginWithCopy();
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#mustRead) await this.#read();
      await this.#answerAncestry();
      const verdict = this.#verdict;
      if (verdict !== undefined && isFinal(verdict)) {
        if (this.#confirmed) return await this.#explained(verdict);
        this.#mustRead = this.#outage.sinceMs === undefined;
      }
      if (verdict?.kind === "settling") this.#beginRefresh();
      this.#news.tell(verdict);
      if (!this.#mustRead) await this.#rest();
    }
  }

  // The copy of a living stream is as good as a read to begin with: nothing is decided by it.
  #beginWithCopy(): void {
    const known = this.#deps.cache.find(this.#app);
    if (known === undefined || !this.#deps.cache.health().connected) return;
    this.#look(known, {});
    this.#mustRead = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    this.#stop.abort();
    await this.#refreshing;
  }

  // Our clock as it was at the beginning and steady from there: setting the machine's clock must not stretch or cut a settle time.
  #nowMs(): number {
    return this.#begun.nowMs + this.#deps.clock.monotonic() - this.#begun.monotonicMs;
  }

  #hear(hint: Hint): void {
    if (hint.kind === "changed" && !this.#isKnown(hint.application)) this.#look(hint.application, {});
    // Only a read of our own tells "deleted" from "hidden" and from a list that lags behind.
    if (hint.kind === "gone") this.#mustRead = true;
    this.#wake();
  }

  #look(application: Application, how: { readonly confirmed?: boolean; readonly refreshBegunMs?: number }): void {
    const nowMs = this.#nowMs();
    this.#newest = application;
    this.#lastLookMs = nowMs;
    this.#judge(nowMs, how.refreshBegunMs);
    this.#confirmed = how.confirmed ?? false;
  }

  // A read tells what is, even where its version is lower (a cluster restored from a backup), unless a frame overtook it.
  #lookAtRead(application: Application, knownBefore: Application | undefined, refreshBegunMs?: number): void {
    this.#outage.end();
    this.#app = { ...this.#app, project: this.#app.project ?? application.spec.project };
    const overtaken = this.#newest !== knownBefore && this.#newest !== undefined && isOlder(application, this.#newest);
    const kept = this.#deps.cache.offer(application);
    if (!overtaken) this.#look(kept, { confirmed: true, ...(refreshBegunMs === undefined ? {} : { refreshBegunMs }) });
  }

  #isKnown(application: Application): boolean {
    const newest = this.#newest;
    if (newest === undefined || newest.metadata.uid !== application.metadata.uid) return false;
    return resourceVersion(application) <= resourceVersion(newest);
  }

  #judge(nowMs: number, refreshBegunMs?: number): void {
    if (this.#newest === undefined) return;
    const { expectation } = this.#request;
    const refresh = refreshBegunMs === undefined ? {} : { refreshBegunMs };
    const result = assess({ application: this.#newest, expectation, memory: this.#memory, nowMs, ...refresh });
    this.#memory = result.memory;
    this.#verdict = result.verdict;
  }

  async #read(): Promise<void> {
    this.#mustRead = false;
    const known = this.#newest;
    try {
      this.#lookAtRead(await this.#deps.client.getApplication(this.#app, { signal: this.#signal }), known);
    } catch (error) {
      this.#failedRead(error);
    }
  }

  #failedRead(error: unknown): void {
    if (!(error instanceof ArgocdError) || FINAL_ERRORS.has(error.class)) throw error;
    const first = this.#newest === undefined;
    if (error.class === "gone") {
      this.#verdict = goneVerdict(this.#app);
      this.#confirmed = true;
      return;
    }
    // What a first call meets is how it was configured; later the same is an outage, such as a proxy's maintenance page.
    if (first && error.retry === "never") throw error;
    this.#outage.note(error, this.#nowMs());
  }

  async #answerAncestry(): Promise<void> {
    const { isAncestor } = this.#request;
    const questions = this.#verdict?.kind === "pending" ? (this.#verdict.ancestry ?? []) : [];
    if (isAncestor === undefined || questions.length === 0) return;
    for (const question of questions) {
      const answer = await isAncestor(question);
      if (answer !== undefined) this.#memory = rememberAncestry(this.#memory, question, answer);
    }
    this.#judge(this.#nowMs());
  }

  // Goes on beside the loop: when it hangs, as with the controller down, frames and reads still decide.
  #beginRefresh(): void {
    const begunMs = this.#nowMs();
    if (this.#refreshing !== undefined || begunMs < this.#refreshNotBeforeMs) return;
    this.#refreshing = this.#refresh().finally(() => {
      this.#refreshing = undefined;
      this.#wake();
    });
  }

  async #refresh(): Promise<void> {
    const begunMs = this.#nowMs();
    const known = this.#newest;
    try {
      const application = await this.#deps.client.refreshApplication(this.#app, { signal: this.#signal });
      this.#lookAtRead(application, known, begunMs);
    } catch {
      // A refresh that fails says nothing about the application; what is wrong will show in the next read.
      this.#refreshNotBeforeMs = this.#nowMs() + REFRESH_AGAIN_MS;
      this.#mustRead = true;
    }
  }

  /** Sleeps until a hint, or until something is due: one timer at most. */
  async #rest(): Promise<void> {
    const { clock } = this.#deps;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer: Timer = clock.setTimer(Math.max(0, this.#dueInMs()), () => {
      this.#mustRead = true;
      resolve();
    });
    const stop = (): void => resolve();
    this.#wake = stop;
    this.#signal.addEventListener("abort", stop, { once: true });
    await promise;
    timer.cancel();
    this.#wake = () => undefined;
    this.#signal.removeEventListener("abort", stop);
  }

  #dueInMs(): number {
    const { againAfterMs } = this.#outage;
    if (againAfterMs !== undefined) return againAfterMs;
    const streamIsUp = this.#deps.cache.health().connected;
    return lookAgainAfterMs(this.#verdict, streamIsUp) - (this.#nowMs() - this.#lastLookMs);
  }

  async #explained(verdict: FinalVerdict): Promise<FinalVerdict> {
    if (verdict.kind === "proven") return verdict;
    const readTree = (): ReturnType<WaitDeps["client"]["resourceTree"]> =>
      this.#deps.client.resourceTree(this.#app, { signal: this.#signal });
    return await explainFailure(verdict, { readTree, signal: this.#request.signal });
  }
}

function isOlder(copy: Application, known: Application): boolean {
  return copy.metadata.uid === known.metadata.uid && resourceVersion(copy) < resourceVersion(known);
}

function goneVerdict(app: ApplicationAddress): FailedVerdict {
  return {
    kind: "failed",
    code: "argocd.gone",
    message: `The application ${app.namespace}/${app.name} does not exist in Argo CD any more. Check who deleted it.`,
    retry: "never",
    resources: [],
  };
}
