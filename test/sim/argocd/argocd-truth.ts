import type { Info, Phase, Source } from "./application-state.ts";
import type { Health } from "./rollout-plan.ts";

/** The identity that an operation carries when the product asked for it. */
export interface Identity {
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
}

/** A request to change something that reached Argo CD, whether it was accepted or not. */
export interface PostTruth {
  readonly at: number;
  readonly app: string;
  /** Empty when there was no such application. */
  readonly uid: string;
  readonly kind: "sync" | "rollback" | "terminate";
  /** As asked for; of a rollback that of the entry. */
  readonly revision: string;
  readonly prune: boolean;
  readonly identity?: Identity;
  readonly by: string;
  /** The operation that it started or, for a termination, hit; absent when it was refused. */
  readonly operation?: number;
  readonly refused?: { readonly status: number; readonly text: string };
}

/** One operation, whoever asked for it: its true life. */
export interface OperationTruth {
  readonly number: number;
  readonly app: string;
  readonly uid: string;
  readonly kind: "sync" | "rollback" | "automated";
  readonly revision: string;
  readonly source: Source;
  readonly isDryRun: boolean;
  readonly isPartial: boolean;
  readonly by: string;
  readonly identity?: Identity;
  readonly requestedAt: number;
  startedAt?: number;
  /** When its objects reached the cluster; absent when none did. */
  appliedAt?: number;
  /** When the history took it down, shortly before its end: whoever reads from then on knows that it has succeeded. */
  recordedAt?: number;
  /** The number of that entry. */
  historyId?: number;
  /** When a comparison was shown that had begun after its end. */
  comparedAt?: number;
  endedAt?: number;
  /** How it ended; `lost` when it disappeared without an end and without a trace in the history. */
  phase?: Phase | "lost";
  terminatedBy?: string;
}

/** A whole read that was answered: what the one who asked can know of the specification since. */
export interface ReadTruth {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly version: number;
  readonly specVersion: number;
  readonly isRefresh: boolean;
  /** What the answer said of the health, since when, and when Argo CD had last begun to compare. */
  readonly health: string;
  readonly healthSince: number;
  readonly comparedAt: number | undefined;
  /** With which commit it had compared it, and whether they were the same. */
  readonly compared: string;
  readonly isSynced: boolean;
  /** The number of the oldest entry in the history that it shows; the next one where it shows none. */
  readonly oldestEntry: number;
  /** Whether it is being deleted. */
  readonly isDeleting: boolean;
}

/** What an application was defined as from a moment on. */
export interface SpecTruth {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly specVersion: number;
  readonly source: Source;
  readonly isAutoSynced: boolean;
  readonly isSkipped: boolean;
}

/** What really was in the cluster from a moment on, until the next span of the application. */
export interface Span {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly revision: string;
  readonly content: string;
  readonly health: Health;
  readonly isMixed: boolean;
}

/** What a commit is, rendered with the sources of an application: two commits that render the same are the same there. */
export interface RenderingTruth {
  readonly app: string;
  readonly revision: string;
  readonly content: string;
}

/** From when on an application had an object in Argo CD, or none. */
export interface ExistenceTruth {
  readonly at: number;
  readonly app: string;
  readonly uid: string;
  readonly exists: boolean;
}

/** What really happened in Argo CD and its cluster, in order of time, for whoever checks the product. Applications by `namespace/name`. */
export interface ArgocdTruth {
  readonly posts: PostTruth[];
  /** By their numbers, from 0. */
  readonly operations: OperationTruth[];
  readonly reads: ReadTruth[];
  readonly specs: SpecTruth[];
  readonly spans: Span[];
  readonly existence: ExistenceTruth[];
  /** Of each commit that Argo CD has looked at, once. */
  readonly renderings: RenderingTruth[];
}

export function emptyTruth(): ArgocdTruth {
  return { posts: [], operations: [], reads: [], specs: [], spans: [], existence: [], renderings: [] };
}

/** The identity among the infos of an operation; undefined for an operation of somebody else. */
export function identityAmong(infos: readonly Info[]): Identity | undefined {
  const read = (name: string): string | undefined => infos.find((info) => info.name === name)?.value;
  const run = read("quarterdeck.run");
  if (run === undefined) return undefined;
  return { run, step: read("quarterdeck.step") ?? "", attempt: Number(read("quarterdeck.attempt") ?? 0) };
}

/** What the cluster held at a moment; undefined before anything was there. */
export function spanAt(truth: ArgocdTruth, app: string, at: number): Span | undefined {
  return truth.spans.findLast((span) => span.app === app && span.at <= at);
}

/** Whether the application ran this revision, or one that renders the same, whole and Healthy at every moment from `from` to `to`. */
export function wasHealthyAt(
  truth: ArgocdTruth,
  asked: { readonly app: string; readonly revision: string; readonly from: number; readonly to: number },
): boolean {
  const first = spanAt(truth, asked.app, asked.from);
  const within = truth.spans.filter(({ app, at }) => app === asked.app && at > asked.from && at <= asked.to);
  return (
    first !== undefined &&
    [first, ...within].every((span) => isAt(truth, span, asked.revision) && span.health === "Healthy" && !span.isMixed)
  );
}

/** Whether what a span holds is what the revision is. */
export function isAt(truth: ArgocdTruth, { app, revision, content }: Span, asked: string): boolean {
  if (revision === asked) return true;
  return truth.renderings.some(
    (rendering) => rendering.app === app && rendering.revision === asked && rendering.content === content,
  );
}
