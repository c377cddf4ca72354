import type { Clock } from "../platform/clock.ts";

/** What a CI does with a commit. */
export interface CiJob {
  readonly name: string;
  /** How long it runs. */
  readonly afterMs: number;
  /** `success`, `failure`, `skipped`... */
  readonly conclusion: string;
  /** Whether it may fail without the whole failing; GitLab's word. */
  readonly allowFailure?: boolean;
}

/** One run of a job, as of now. */
export interface CiRun {
  readonly id: number;
  readonly name: string;
  /** The suite on GitHub, the pipeline on GitLab. */
  readonly suite: number;
  readonly app: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: string | null;
  readonly allowFailure: boolean;
  readonly startedAtMs: number;
}

export interface CiStatus {
  readonly id: number;
  readonly context: string;
  readonly state: string;
  readonly url: string | null;
}

interface Started {
  readonly id: number;
  readonly job: CiJob;
  readonly suite: number;
  readonly app: string;
  readonly startedAtMs: number;
}

interface Commit {
  readonly runs: Started[];
  readonly statuses: CiStatus[];
  readonly suites: Map<string, number>;
}

const QUEUED_MS = 200;

/** The CI of a forge: jobs that begin when a commit is first looked at, and take their time. */
export class ForgeCi {
  readonly #clock: Clock;
  readonly #plan: (sha: string) => readonly CiJob[];
  readonly #commits = new Map<string, Commit>();
  #nextId = 1000;

  constructor(clock: Clock, plan: (sha: string) => readonly CiJob[]) {
    this.#clock = clock;
    this.#plan = plan;
  }

  /** The newest run of each job within its suite. */
  runs(sha: string): readonly CiRun[] {
    const newest = new Map<string, Started>();
    for (const run of this.#commit(sha).runs) newest.set(`${run.suite}/${run.job.name}`, run);
    return Array.from(newest.values(), (run) => this.#now(run)).toReversed();
  }

  statuses(sha: string): readonly CiStatus[] {
    return this.#commit(sha).statuses.toReversed();
  }

  suites(sha: string): readonly { readonly id: number; readonly app: string }[] {
    return Array.from(this.#commit(sha).suites, ([app, id]) => ({ id, app }));
  }

  /** A run of a job, also one in whose place another stands. */
  find(id: number): { readonly sha: string; readonly job: CiJob } | undefined {
    for (const [sha, { runs }] of this.#commits) {
      const found = runs.find((run) => run.id === id);
      if (found !== undefined) return { sha, job: found.job };
    }
    return undefined;
  }

  /** The commit of a suite. */
  commitOf(suite: number): string | undefined {
    for (const [sha, { suites }] of this.#commits) if ([...suites.values()].includes(suite)) return sha;
    return undefined;
  }

  /** Runs a job, again where it has run before; it belongs to the suite of its App. */
  start(sha: string, job: CiJob, app = "GitHub Actions"): number {
    const commit = this.#commit(sha);
    const suite = commit.suites.get(app) ?? this.#id();
    commit.suites.set(app, suite);
    const id = this.#id();
    commit.runs.push({ id, job, suite, app, startedAtMs: this.#clock.now() });
    return id;
  }

  /** What somebody else says about a commit, in the place of what they said before. */
  say(sha: string, status: Omit<CiStatus, "id">): void {
    const { statuses } = this.#commit(sha);
    const before = statuses.findIndex(({ context }) => context === status.context);
    if (before >= 0) statuses.splice(before, 1);
    statuses.push({ ...status, id: this.#id() });
  }

  #commit(sha: string): Commit {
    const known = this.#commits.get(sha);
    if (known !== undefined) return known;
    const commit: Commit = { runs: [], statuses: [], suites: new Map() };
    this.#commits.set(sha, commit);
    for (const job of this.#plan(sha)) this.start(sha, job);
    return commit;
  }

  #now({ id, job, suite, app, startedAtMs }: Started): CiRun {
    const { name, afterMs, conclusion, allowFailure = false } = job;
    const passedMs = this.#clock.now() - startedAtMs;
    const isOver = passedMs >= afterMs;
    const under = passedMs < Math.min(QUEUED_MS, afterMs) ? "queued" : "in_progress";
    return {
      id,
      name,
      suite,
      app,
      status: isOver ? "completed" : under,
      conclusion: isOver ? conclusion : null,
      allowFailure,
      startedAtMs,
    };
  }

  #id(): number {
    this.#nextId += 1;
    return this.#nextId;
  }
}
