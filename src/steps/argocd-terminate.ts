import { z } from "zod";

import type { Application, OperationState } from "../argocd/application.ts";
import { ArgocdError } from "../argocd/argocd-errors.ts";
import type { AppLocation, ArgocdAccess } from "../argocd/argocd-server.ts";
import { hasOperationInProgress, type OwnOperation, summarizeOperation } from "../argocd/operation-identity.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../engine/step-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { durationText } from "../platform/duration.ts";
import { errorMessage } from "../platform/errors.ts";
import { liveRevision } from "./live-revision.ts";
import { readApp } from "./locate.ts";
import { findAsked } from "./asked-operation.ts";
import { TERMINATE_NOTES } from "./own-notes.ts";
import { PostCheckpoint, SyncedOperation } from "./synced-operation.ts";

const Input = z.strictObject({
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  /** What the sync put out or wrote down; null where it had done neither. */
  operation: z.union([SyncedOperation, PostCheckpoint, z.null()]),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** `could-not`: it goes on, or nobody knows. */
  outcome: z.enum(["terminated", "had-ended", "not-ours", "could-not"]),
  /** What happened, and where it did not end what to do. */
  message: z.string(),
  /** What the application runs now: after an operation that was ended it may be a mixture. */
  live: z.string(),
});
type Output = z.infer<typeof Output>;

interface Deps {
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
  readonly clock: Pick<Clock, "now" | "sleep" | "monotonic">;
}

const LOOK_MS = 1000;
// The controller picks an operation up at once when it runs at all, and ends it as soon as a running hook is deleted.
const PATIENCE_MS = 60_000;
const AWAY_MS = 120_000;
// How often a request that was accepted may not show yet.
const UNSEEN_LOOKS = 3;

/** Ends the operation that a sync of this run has started, and no other one; says what is applied by then, and when it cannot. */
export function argocdTerminate(deps: Deps): StepKind {
  return defineAction({
    kind: "argocd/terminate",
    summary: "Ends the Argo CD operation that a sync of this run has started.",
    input: Input,
    output: Output,
    notes: TERMINATE_NOTES,
    repeat: "safe",
    run: (input, context) => new Termination(deps, input, context).run(),
  });
}

type Unended = Exclude<OwnOperation, { kind: "finished" }>;

class Termination {
  readonly #deps: Deps;
  readonly #input: Input;
  readonly #context: ActionContext;
  readonly #startedMs: number;
  #awaySinceMs: number | undefined;
  #unseen = 0;

  constructor(deps: Deps, input: Input, context: ActionContext) {
    this.#deps = deps;
    this.#input = input;
    this.#context = context;
    this.#startedMs = deps.clock.monotonic();
  }

  async run(): Promise<StepResult<Output>> {
    for (;;) {
      const output = await this.#look();
      if (output !== undefined) return { status: "succeeded", output };
      await this.#deps.clock.sleep(LOOK_MS, this.#context.signal);
    }
  }

  /** Undefined when there is to be another look. */
  async #look(): Promise<Output | undefined> {
    const { servers } = this.#deps;
    const { signal } = this.#context;
    try {
      const { application, location } = await readApp(servers, { app: this.#input.app, signal });
      this.#awaySinceMs = undefined;
      return await this.#judge(application, location);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ArgocdError)) throw error;
      return this.#failedCall(error);
    }
  }

  async #judge(application: Application, location: AppLocation<ArgocdAccess>): Promise<Output | undefined> {
    const { effect } = this.#context;
    const found = findAsked(application, { operation: this.#input.operation, effect });
    if (found === undefined) return this.#nothingAsked(application) ?? this.#withoutOurs(application);
    if (found.kind === "finished") return this.#finished(application, found.state);
    return await this.#end(application, location, found);
  }

  async #end(
    application: Application,
    location: AppLocation<ArgocdAccess>,
    found: Unended,
  ): Promise<Output | undefined> {
    const { name } = application.metadata;
    const waitedMs = this.#deps.clock.monotonic() - this.#startedMs;
    if (waitedMs >= PATIENCE_MS) return this.#outOfPatience(application, found, waitedMs);
    const isEnding = found.kind === "active" && found.state.phase === "Terminating";
    this.#context.progress({ text: `${isEnding ? "Waiting for Argo CD to end" : "Ending"} the sync of ${name}` });
    if (isEnding) return undefined;
    try {
      await location.server.client.terminate(location.address, { signal: this.#context.signal });
    } catch (error) {
      // Not picked up yet, or over since the look before.
      if (error instanceof ArgocdError && error.class === "no-operation") return undefined;
      if (!(error instanceof ArgocdError) || error.retry !== "never") throw error;
      return denied(application, found, error);
    }
    return undefined;
  }

  #outOfPatience(application: Application, found: Unended, waitedMs: number): Output {
    const { name } = application.metadata;
    const waited = durationText(Math.round(waitedMs / 1000) * 1000);
    if (found.kind === "requested") {
      const message =
        `The Argo CD controller has not picked up the sync of ${name} within ${waited}, and what waits cannot be withdrawn: it will be ` +
        `carried out when the controller comes back. Check that the application controller runs, and sync ${name} to what it should be then.`;
      return { outcome: "could-not", message, live: liveText(application) };
    }
    const isBlocked = found.state.message.includes("blocked by sync window");
    const why = isBlocked
      ? "a sync window keeps it, and Argo CD does not end what a window keeps"
      : `it is ${found.state.phase}: ${found.state.message || "no reason is given"}`;
    const message = `Argo CD was asked to end the sync of ${name} and has not done so within ${waited}: ${why}. End it in Argo CD, or wait for it.`;
    return { outcome: "could-not", message, live: liveText(application, found.state) };
  }

  #finished(application: Application, state: OperationState): Output {
    const { name } = application.metadata;
    const live = liveText(application, state);
    // Also where the server that had asked for it died before it knew.
    if (state.message.includes("Operation terminated")) {
      return { outcome: "terminated", message: `The sync of ${name} was ended.`, live };
    }
    const how = state.phase === "Succeeded" ? "had succeeded" : `had ended already (${state.phase})`;
    return { outcome: "had-ended", message: `The sync of ${name} ${how} before it could be ended.`, live };
  }

  /** The sync has not posted anything, and there is no doubt about that. */
  #nothingAsked(application: Application): Output | undefined {
    const { name } = application.metadata;
    const { operation } = this.#input;
    const live = liveText(application);
    if (operation === null) {
      return { outcome: "had-ended", message: `Nothing had been asked of Argo CD for ${name} yet.`, live };
    }
    if (!("step" in operation)) return undefined;
    if (operation.tracked === true) {
      const message = `Nothing had been asked of Argo CD for ${name}: it syncs it by itself, and goes on doing so.`;
      return { outcome: "had-ended", message, live };
    }
    if (!operation.skipped) return undefined;
    return { outcome: "had-ended", message: `Nothing had to be synced on ${name}, so there is nothing to end.`, live };
  }

  #withoutOurs(application: Application): Output | undefined {
    const { name } = application.metadata;
    const live = liveText(application);
    const other = hasOperationInProgress(application) ? summarizeOperation(application) : undefined;
    if (other !== undefined) {
      const message = `Argo CD runs an operation of ${other.initiatedBy} on ${name} now, not the one of this run, so it was left alone.`;
      return { outcome: "not-ours", message, live };
    }
    // A request that is on its way when the run is stopped may show a moment later.
    this.#unseen += 1;
    if (this.#unseen < UNSEEN_LOOKS) return undefined;
    const { operation } = this.#input;
    const message =
      operation !== null && "step" in operation
        ? `The sync of ${name} had ended already.`
        : `A sync of ${name} was on its way to Argo CD, which shows nothing of it: it did not arrive, or is over. Look at ${name} once more.`;
    return { outcome: "had-ended", message, live };
  }

  #failedCall(error: ArgocdError): Output | undefined {
    const { app } = this.#input;
    if (error.retry === "never") return couldNot(`The sync of ${app} could not be ended. ${errorMessage(error)}`);
    const nowMs = this.#deps.clock.monotonic();
    this.#awaySinceMs ??= nowMs;
    const awayMs = nowMs - this.#awaySinceMs;
    if (awayMs < AWAY_MS) {
      this.#context.progress({ text: "Argo CD does not answer; trying on to end the sync" });
      return undefined;
    }
    return couldNot(
      `Argo CD has not answered for ${durationText(AWAY_MS)}, so the sync of ${app} may still run. End it in Argo CD when it is back.`,
    );
  }
}

/** It is seen, so what Argo CD says of applications that do not exist means that the right is missing. */
function denied(application: Application, found: Unended, error: ArgocdError): Output {
  const { metadata, spec } = application;
  const hidden = `Argo CD does not let the account end it: that needs the right "sync" on ${spec.project}/${metadata.name}.`;
  const why = error.class === "hidden" ? hidden : errorMessage(error);
  const message = `The sync of ${metadata.name} could not be ended, and goes on. ${why}`;
  return {
    outcome: "could-not",
    message,
    live: liveText(application, found.kind === "active" ? found.state : undefined),
  };
}

function couldNot(message: string): Output {
  return { outcome: "could-not", message, live: "not known" };
}

const MOST_NAMES = 5;

/** What the application runs, in words. After an operation that did not succeed, what it had applied by then is named. */
function liveText(application: Application, state?: OperationState): string {
  const live = liveRevision(application);
  const at = live === "" ? "nothing known" : live.slice(0, 7);
  if (state === undefined || state.phase === "Succeeded") return at;
  const applied = (state.syncResult?.resources ?? []).filter(
    ({ status, hookType }) => hookType === "" && (status === "Synced" || status === "Pruned"),
  );
  const revision = (state.syncResult?.revision || state.operation.sync.revision).slice(0, 7);
  if (applied.length === 0) return `${at}, as before: nothing of ${revision} had been applied`;
  const names = applied.slice(0, MOST_NAMES).map(({ kind, name }) => `${kind}/${name}`);
  const more = applied.length > names.length ? ` and ${applied.length - names.length} more` : "";
  return `a mixture: ${names.join(", ")}${more} of ${revision}, the rest of ${at}`;
}
