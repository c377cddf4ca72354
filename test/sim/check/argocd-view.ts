import { type Members, membersOf, textOf } from "./fact.ts";
import type { ArgocdOperation, ArgocdPost, ArgocdRead, ArgocdSpan, ArgocdSpec, ArgocdTruth } from "./truth.ts";

interface AppView {
  readonly reads: ArgocdRead[];
  readonly specs: ArgocdSpec[];
  readonly spans: ArgocdSpan[];
  readonly operations: ArgocdOperation[];
}

/** What the truth about Argo CD says of one application, found quickly. */
export class ArgocdView {
  readonly #truth: ArgocdTruth;
  readonly #apps = new Map<string, AppView>();
  readonly #seen = { reads: 0, specs: 0, spans: 0, operations: 0, posts: 0 };

  constructor(truth: ArgocdTruth) {
    this.#truth = truth;
  }

  /** Takes in what is new, and gives the requests among it. */
  catchUp(): readonly ArgocdPost[] {
    const { reads, specs, spans, operations, posts } = this.#truth;
    const seen = this.#seen;
    for (; seen.reads < reads.length; seen.reads += 1) this.#put("reads", reads[seen.reads]);
    for (; seen.specs < specs.length; seen.specs += 1) this.#put("specs", specs[seen.specs]);
    for (; seen.spans < spans.length; seen.spans += 1) this.#put("spans", spans[seen.spans]);
    for (; seen.operations < operations.length; seen.operations += 1)
      this.#put("operations", operations[seen.operations]);
    if (seen.posts === posts.length) return NONE;
    const fresh = posts.slice(seen.posts);
    seen.posts = posts.length;
    return fresh;
  }

  operation(number: number | undefined): ArgocdOperation | undefined {
    return number === undefined ? undefined : this.#truth.operations[number];
  }

  operationsOf(app: string): readonly ArgocdOperation[] {
    return this.#of(app).operations;
  }

  /** The operation that a wait is for, as it says itself; undefined where nothing was asked for. Others may have copied its identity later. */
  waitedFor(input: Members): ArgocdOperation | undefined {
    const operation = membersOf(input["operation"]);
    if (operation["skipped"] === true || operation["tracked"] === true) return undefined;
    return this.operationsOf(withoutServer(textOf(input, "app"))).find(
      ({ identity }) =>
        identity?.run === operation["run"] &&
        identity?.step === operation["step"] &&
        identity?.attempt === operation["attempt"],
    );
  }

  spansOf(app: string): readonly ArgocdSpan[] {
    return this.#of(app).spans;
  }

  /** Oldest first, both ends included. */
  readsBetween(app: string, from: number, until: number): readonly ArgocdRead[] {
    const { reads } = this.#of(app);
    let end = reads.length;
    while (end > 0 && (reads[end - 1]?.at ?? 0) > until) end -= 1;
    let start = end;
    while (start > 0 && (reads[start - 1]?.at ?? 0) >= from) start -= 1;
    return reads.slice(start, end);
  }

  specOf({ app, uid, specVersion }: ArgocdRead): ArgocdSpec | undefined {
    return this.#of(app).specs.findLast((spec) => spec.uid === uid && spec.specVersion <= specVersion);
  }

  /** Every operation that left something in the cluster whole, as it stood in the history at that moment, newest last. */
  deploymentsUntil(app: string, uid: string, at: number): readonly ArgocdOperation[] {
    return this.#of(app).operations.filter(
      (operation) =>
        operation.uid === uid &&
        isWhole(operation) &&
        operation.phase === "Succeeded" &&
        (operation.endedAt ?? at) <= at,
    );
  }

  /** What the cluster held at a moment. */
  spanAt(app: string, at: number): ArgocdSpan | undefined {
    return this.#of(app).spans.findLast((span) => span.at <= at);
  }

  uidsBetween(app: string, from: number, until: number): ReadonlySet<string> {
    const uids = new Set<string>();
    let last = "";
    for (const entry of this.#truth.existence) {
      if (entry.app !== app || entry.at > until) continue;
      const uid = entry.exists ? entry.uid : "";
      if (entry.at >= from) uids.add(uid);
      else last = uid;
    }
    return uids.add(last);
  }

  #put<Kind extends keyof AppView>(kind: Kind, entry: AppView[Kind][number] | undefined): void {
    if (entry === undefined) return;
    const list: (typeof entry)[] = this.#of(entry.app)[kind];
    list.push(entry);
  }

  #of(app: string): AppView {
    const known = this.#apps.get(app);
    if (known !== undefined) return known;
    const fresh: AppView = { reads: [], specs: [], spans: [], operations: [] };
    this.#apps.set(app, fresh);
    return fresh;
  }
}

const NONE: readonly ArgocdPost[] = [];

/** An operation that, when it succeeds, has applied everything. */
export function isWhole({ isDryRun, isPartial }: ArgocdOperation): boolean {
  return !isDryRun && !isPartial;
}

/** `server/namespace/name`, as the log has it, without the server. */
export function withoutServer(app: string): string {
  return app.slice(app.indexOf("/") + 1);
}

/** A request as it is quoted in a violation. */
export function postText(post: ArgocdPost): string {
  const { kind, app, revision, identity, by, refused, at } = post;
  const who = identity === undefined ? by : `${identity.run} ${identity.step} attempt ${identity.attempt}`;
  const how = refused === undefined ? "accepted" : `refused with ${refused.status}`;
  return `Argo CD ${kind} of ${app} at ${revision.slice(0, 7)} by ${who}: ${how} at ${new Date(at).toISOString().slice(11, 23)}`;
}
