import { type ApprovalDeps, checkApproval } from "./approval-check.ts";
import { isWhole, postText, withoutServer } from "./argocd-view.ts";
import { type Fact, rowText, textOf } from "./fact.ts";
import type { LockBooks } from "./lock-check.ts";
import { CHANGES, type RunBook, type StepBook, tryKey } from "./run-book.ts";
import type { SyncCheck } from "./sync-check.ts";
import type { ArgocdOperation, ArgocdPost, PlaceRule } from "./truth.ts";
import type { Finding } from "./violation.ts";

const CHECK = "no effect twice";

interface Deps extends ApprovalDeps {
  readonly runs: ReadonlyMap<string, RunBook>;
  readonly locks: LockBooks;
  readonly syncs: SyncCheck;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly account: string;
}

/** Judges every request of ours that changes something in Argo CD. */
export class EffectCheck {
  readonly #deps: Deps;
  /** Accepted requests by run, step, attempt and application. */
  readonly #accepted = new Map<string, ArgocdPost>();
  /** By run and step, newest last. */
  readonly #byStep = new Map<string, ArgocdPost[]>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  judge(post: ArgocdPost): void {
    if (post.by !== this.#deps.account) return;
    const asking = post.kind === "sync" ? this.#whose(post) : undefined;
    if (asking !== undefined) {
      this.#deps.syncs.asked(post, asking);
      this.#judgeRest(post, asking);
    }
    if (post.refused !== undefined) return;
    if (post.kind === "terminate") return this.#judgeTermination(post);
    const whose = this.#whose(post);
    if (whose === undefined) {
      this.#report({
        check: CHECK,
        what: `Argo CD took a ${post.kind} for ${post.app} that no step has asked for.`,
        proof: [postText(post)],
      });
      return;
    }
    const { run, step } = whose;
    this.#judgeOnce(post, run, step);
    this.#judgeMoment(post, run, step);
    this.#judgeWhat(post, run, step);
    const place = this.#deps.places.get(post.app);
    if (place === undefined) return;
    checkApproval(this.#deps, { post, run, step, place });
    this.#judgeLock(post, run, place);
  }

  #report(finding: Finding): void {
    this.#deps.report(finding);
  }

  #whose(post: ArgocdPost): { readonly run: RunBook; readonly step: StepBook } | undefined {
    const { identity } = post;
    if (identity === undefined) return post.kind === "rollback" ? this.#restoring(post) : undefined;
    const run = this.#deps.runs.get(identity.run);
    const step = run?.tries.get(tryKey(identity.step, identity.attempt));
    return run === undefined || step === undefined ? undefined : { run, step };
  }

  /** Argo CD's own rollback carries no identity: it is that of the step that last wrote down that it is about to ask for one. */
  #restoring(post: ArgocdPost): { readonly run: RunBook; readonly step: StepBook } | undefined {
    let found: { readonly run: RunBook; readonly step: StepBook } | undefined;
    for (const run of this.#deps.runs.values()) {
      for (const step of run.tries.values()) {
        const isFit = step.uses === "argocd/rollback" && withoutServer(textOf(step.input, "app")) === post.app;
        const at = isFit ? (step.checkpoint?.row.sequence ?? -1) : -1;
        if (at > (found?.step.checkpoint?.row.sequence ?? -1)) found = { run, step };
      }
    }
    return found;
  }

  #judgeOnce(post: ArgocdPost, run: RunBook, step: StepBook): void {
    const key = `${run.id} ${step.path} ${step.attempt} ${post.uid}`;
    const same = this.#accepted.get(key);
    this.#accepted.set(key, post);
    const stepKey = `${run.id} ${step.path}`;
    const earlier = this.#byStep.get(stepKey) ?? [];
    this.#byStep.set(stepKey, [...earlier, post]);
    if (same !== undefined && !this.#isTraceless(same)) {
      const what = `Attempt ${step.attempt} of ${step.path} was carried out twice on ${post.app}.`;
      this.#report({ check: CHECK, what, run: run.id, proof: [postText(same), postText(post)] });
      return;
    }
    // Since somebody asked for it anew, it is another effect.
    const since = Math.max(...[...run.retries, ...run.voids].map(({ seenAt }) => seenAt), 0);
    const done = earlier.find((other) => other.at > since && other.uid === post.uid && this.#isDone(other));
    if (done === undefined) return;
    const what = `${step.path} was carried out again on ${post.app}, although its earlier attempt had not failed.`;
    this.#report({ check: CHECK, what, run: run.id, proof: [postText(done), postText(post)] });
  }

  /** It has come to nothing, and Argo CD does not show that it ever was: it vanished, or somebody else's operation took its place. */
  #isTraceless({ operation: number, app }: ArgocdPost): boolean {
    const operation = this.#deps.argocd.operation(number);
    if (operation?.phase === undefined || operation.phase === "Succeeded") return false;
    const others = this.#deps.argocd.operationsOf(app);
    return (
      operation.phase === "lost" || others.some((other) => other.number > operation.number && other.by !== operation.by)
    );
  }

  /** It has succeeded, or goes on. */
  #isDone({ operation: number }: ArgocdPost): boolean {
    const operation = this.#deps.argocd.operation(number);
    return operation !== undefined && (operation.endedAt === undefined || operation.phase === "Succeeded");
  }

  #judgeMoment(post: ArgocdPost, run: RunBook, step: StepBook): void {
    const leftAfter = post.at - this.#deps.carryMs;
    const { finished } = run;
    const proof = [rowText(step.started), postText(post)];
    if (finished !== undefined && finished.seenAt < leftAfter && !isCutOff(step)) {
      const what = `${step.path} changed ${post.app} after the run had ended.`;
      this.#report({ check: "ended runs stay ended", what, run: run.id, proof: [rowText(finished), ...proof] });
    }
    if (step.checkpoint === undefined) {
      const what = `${step.path} changed ${post.app} before it was written down that it would.`;
      this.#report({ check: "record before the act", what, run: run.id, proof });
    }
  }

  /** What has ended, or is put off, asks for nothing. */
  #judgeRest(post: ArgocdPost, { run, step }: { readonly run: RunBook; readonly step: StepBook }): void {
    const { rests, path } = step;
    if (rests === undefined || rests.seenAt + this.#deps.carryMs >= post.at || isCutOff(step)) return;
    const what = `${path} asked for something at ${post.app} after ${rests.type}.`;
    this.#report({ check: CHECK, what, run: run.id, proof: [rowText(rests), postText(post)] });
  }

  #judgeWhat(post: ArgocdPost, run: RunBook, step: StepBook): void {
    const [app, revision] = [withoutServer(textOf(step.input, "app")), textOf(step.input, "revision")];
    if (!CHANGES.has(step.uses) || app !== post.app || revision !== post.revision) {
      const what = `${step.path} was to sync ${app} at ${revision.slice(0, 7)}, and asked for something else.`;
      this.#report({ check: "the right effect", what, run: run.id, proof: [rowText(step.started), postText(post)] });
    }
  }

  #judgeLock(post: ArgocdPost, run: RunBook, { service, environment }: PlaceRule): void {
    const key = `${service}/${environment}`;
    const holders = this.#deps.locks.holdersBetween(key, post.at - this.#deps.carryMs, post.at);
    if (holders.has(run.id)) return;
    const what = `${post.app} was changed without the lock ${key}, which ${[...holders].join(", ") || "nobody"} held.`;
    this.#report({ check: "locks", what, run: run.id, proof: [postText(post)] });
  }

  /** Only operations of a run that is being cancelled, or of the very same run, are ended. */
  #judgeTermination(post: ArgocdPost): void {
    const operation = this.#deps.argocd.operation(post.operation);
    if (operation === undefined) return;
    const run = this.#deps.runs.get(operation.identity?.run ?? "") ?? this.#rollbackRun(operation);
    const proof = [postText(post)];
    if (run === undefined) {
      const what = `An operation of ${operation.by} on ${post.app}, which is none of ours, was ended.`;
      this.#report({ check: "cancel", what, proof });
    } else if (run.cancel === undefined && run.stops.length === 0) {
      const what = `The operation of a run on ${post.app} was ended although nobody had cancelled the run.`;
      this.#report({ check: "cancel", what, run: run.id, proof });
    }
  }

  #rollbackRun({ kind, app, by }: ArgocdOperation): RunBook | undefined {
    if (kind !== "rollback" || by !== this.#deps.account) return undefined;
    return Array.from(this.#deps.runs.values()).findLast((run) =>
      Array.from(run.tries.values()).some(
        ({ uses, input }) => uses === "argocd/rollback" && withoutServer(textOf(input, "app")) === app,
      ),
    );
  }
}

/** The log says of it that it may have done more. */
function isCutOff(step: StepBook): boolean {
  return step.status === "cancelled" && step.message.includes("cut off");
}

/** Every operation of the run that goes on in Argo CD. */
export function operationsUnderWay(deps: Pick<Deps, "argocd" | "places">, run: RunBook): readonly ArgocdOperation[] {
  return Array.from(run.targets.keys())
    .flatMap((app) => deps.argocd.operationsOf(withoutServer(app)))
    .filter((operation) => operation.identity?.run === run.id && operation.endedAt === undefined && isWhole(operation));
}

/** What a row says of a run's end that could not be brought about everywhere. */
export function saysLeft(run: RunBook): readonly Fact[] {
  return run.stops.flatMap(({ ended, output, status }) =>
    ended !== undefined && (status !== "succeeded" || textOf(output, "outcome") === "could-not") ? [ended] : [],
  );
}
