import { type ArgocdView, isWhole, postText, withoutServer } from "./argocd-view.ts";
import { type Fact, membersOf, rowText, textOf } from "./fact.ts";
import { CHANGES, type RunBook, type StepBook } from "./run-book.ts";
import type { ArgocdOperation, ArgocdPost, ArgocdRead } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "true syncs";
// From the last look at an application to what is written down before something is asked for.
const LOOK_MS = 1500;
const CALM_MS = 10_000;

interface Proof {
  readonly uid: string;
  readonly revision: string;
  /** What the application read from then. */
  readonly source: string;
}

interface Deps {
  readonly argocd: ArgocdView;
  readonly report: Report;
  /** Whether a commit lies before another one; not asked when absent. */
  readonly isBefore: ((commit: string, other: string) => boolean) | undefined;
  /** Whether nothing went wrong with the program and its network; never when absent. */
  readonly wasCalm: ((from: number, until: number) => boolean) | undefined;
}

interface Ended {
  readonly run: RunBook;
  readonly step: StepBook;
  readonly fact: Fact;
}

/** What a sync says of itself really was so, and what it asked for made sense by what it had seen. */
export class SyncCheck {
  readonly #deps: Deps;
  readonly #proofs = new Map<string, Proof[]>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** A step has succeeded; before the row is folded. */
  succeeded({ run, step, fact }: Ended): void {
    if (step.uses === "argocd/wait") this.#remember(step, fact);
    if (!CHANGES.has(step.uses)) return;
    const operation = membersOf(fact.output?.["operation"]);
    const problem = operation["skipped"] === true ? this.#skipProblem(step, fact) : this.#postProblem(run, step, fact);
    if (problem === undefined || operation["tracked"] === true) return;
    const what = `${step.path} is said to have succeeded, although ${problem}.`;
    this.#deps.report({ check: CHECK, what, run: run.id, proof: [rowText(step.started), rowText(fact)] });
  }

  /** A request of ours, accepted or not. */
  asked(post: ArgocdPost, { run, step }: { readonly run: RunBook; readonly step: StepBook }): void {
    const { argocd, report } = this.#deps;
    const reads = this.#looksBefore(post, step);
    // Somebody else may have looked as well: what counts is what could be seen at all of those moments.
    if (reads.length === 0 || step.attempt !== post.identity?.attempt) return;
    const say = (why: string): void =>
      report({
        check: CHECK,
        what: `${step.path} asked for a sync although ${why}.`,
        run: run.id,
        proof: [rowText(step.started), postText(post)],
      });
    if (reads.every((read) => argocd.specOf(read)?.isAutoSynced === true))
      say("Argo CD syncs the application by itself");
    if (reads.every(({ isDeleting }) => isDeleting === true)) say("the application was being deleted");
    const busy = reads.every((read) => argocd.operationsOf(post.app).some((operation) => isUnderWay(operation, read)));
    if (busy) say("an operation was under way there");
    const [first] = reads;
    if (step.approval === undefined && step.input["back"] !== true && first !== undefined && this.#isBack(post, reads))
      say("that goes back, which nobody has asked for");
  }

  /** Where nothing went wrong, what it has seen last is not old when it writes down what it is about to do. */
  #looksBefore(post: ArgocdPost, step: StepBook): readonly ArgocdRead[] {
    const { argocd, wasCalm } = this.#deps;
    const until = step.checkpoint?.seenAt ?? post.at;
    const isCalm = wasCalm?.(until - CALM_MS, until) === true;
    const since = isCalm ? Math.max(step.dispatched.seenAt, until - LOOK_MS) : step.dispatched.seenAt;
    return argocd.readsBetween(post.app, since, until);
  }

  #isBack({ app, revision }: ArgocdPost, reads: readonly ArgocdRead[]): boolean {
    const { argocd, isBefore } = this.#deps;
    if (isBefore === undefined) return false;
    return reads.every(({ uid, at }) => {
      const live = argocd.deploymentsUntil(app, uid, at).at(-1)?.revision ?? "";
      return live !== "" && live !== revision && isBefore(revision, live);
    });
  }

  #remember(step: StepBook, { output, seenAt }: Fact): void {
    const app = withoutServer(textOf(step.input, "app"));
    const uid = textOf(output, "applicationUid");
    const read = this.#deps.argocd.readsBetween(app, step.started.seenAt, seenAt).findLast((each) => each.uid === uid);
    if (read === undefined) return;
    const proof = { uid, revision: textOf(output, "revision"), source: this.#sourceOf(read) };
    this.#proofs.set(app, [...(this.#proofs.get(app) ?? []), proof]);
  }

  #sourceOf(read: ArgocdRead): string {
    return JSON.stringify(this.#deps.argocd.specOf(read)?.source ?? null);
  }

  /** Nothing has to be synced where exactly this was proven before, from the same sources, and is still there. */
  #skipProblem(step: StepBook, fact: Fact): string | undefined {
    const { argocd } = this.#deps;
    if (step.input["again"] === true) return "it was to be synced in any case";
    const app = withoutServer(textOf(step.input, "app"));
    const revision = textOf(step.input, "revision");
    const reads = argocd.readsBetween(app, step.dispatched.seenAt, fact.seenAt);
    const proofs = (this.#proofs.get(app) ?? []).filter((proof) => proof.revision === revision);
    if (proofs.length === 0) return `${revision.slice(0, 7)} had never been proven there`;
    const isProven = reads.some((read) =>
      proofs.some(({ uid, source }) => uid === read.uid && source === this.#sourceOf(read)),
    );
    if (!isProven) return "it had been proven of another application, or from other sources";
    const isThere = reads.some((read) => argocd.deploymentsUntil(app, read.uid, read.at).at(-1)?.revision === revision);
    return isThere ? undefined : `${revision.slice(0, 7)} was not live any more`;
  }

  /** It was asked for by this very step, since somebody last asked for it anew. */
  #postProblem(run: RunBook, step: StepBook, fact: Fact): string | undefined {
    const { argocd } = this.#deps;
    const app = withoutServer(textOf(step.input, "app"));
    if (step.uses === "argocd/rollback") return undefined;
    const own = argocd
      .operationsOf(app)
      .filter(({ identity }) => identity?.run === run.id && identity.step === step.path);
    if (own.length === 0) return "Argo CD had never accepted it";
    const since = run.retries.findLast(({ forgotten = [] }) => forgotten.includes(step.path))?.seenAt ?? 0;
    // What somebody else's operation has replaced since is known by the history.
    const isFresh = own.some(({ requestedAt, endedAt = Infinity }) => requestedAt >= since || endedAt >= since);
    return isFresh || fact.seenAt < since ? undefined : "only an earlier one, before the retry, had been accepted";
  }
}

function isUnderWay(operation: ArgocdOperation, { at, uid }: ArgocdRead): boolean {
  const { requestedAt, endedAt = Infinity } = operation;
  return operation.uid === uid && isWhole(operation) && requestedAt < at && endedAt > at;
}
