import type { Dice } from "../../dice.ts";

interface Job {
  readonly id: number;
  readonly name: string;
  readonly mayFail: boolean;
  /** When somebody has started it; from the beginning where nobody has to. */
  begunAt: number;
  tookMs: number;
  readonly result: string;
  /** From then on another try stands in its place. */
  goneAt: number;
}

interface Bridge {
  readonly job: Omit<Job, "result">;
  /** Whether the pipeline waits for the one that it starts. */
  readonly depends: boolean;
  readonly below: Pipeline;
}

export interface Pipeline {
  readonly id: number;
  readonly project: number;
  readonly sha: string;
  readonly ref: string;
  readonly source: string;
  readonly at: number;
  readonly jobs: Job[];
  readonly bridges: Bridge[];
  cancelledAt: number;
}

/** A job, or one that starts a pipeline, as GitLab shows it at some moment. */
export interface SeenJob {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly mayFail: boolean;
}

export const PROJECT = 7;
/** A project into which the token may not look. */
export const HIDDEN_PROJECT = 8;

/** The pipelines of GitLab: jobs that fail and are retried, those that somebody has to start, and pipelines that start others. */
export class PipelineBook {
  readonly #dice: Dice;
  readonly all: Pipeline[] = [];
  /** Once it is false, whatever runs succeeds. */
  isTroubled = true;
  #last = 1000;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Those of a commit that have begun by now, without those that others have started, the newest first. */
  of(sha: string, now: number): readonly Pipeline[] {
    return this.all.filter((one) => one.sha === sha && one.source !== "parent_pipeline" && one.at <= now).toReversed();
  }

  find(id: number): Pipeline | undefined {
    return this.all.find((pipeline) => pipeline.id === id);
  }

  begin(
    sha: string,
    { ref, source, now }: { readonly ref: string; readonly source: string; readonly now: number },
  ): void {
    const dice = this.#dice.fork(`begin ${this.#last}`);
    this.#make({ sha, ref, source, at: now + dice.between(0, 20_000), project: PROJECT }, { dice, depth: 0 });
  }

  /** Somebody retries what failed, and starts what waits for that. */
  again(sha: string, now: number): void {
    const [newest] = this.of(sha, now);
    if (newest === undefined) return;
    if (newest.cancelledAt <= now) this.begin(sha, { ref: newest.ref, source: newest.source, now });
    else this.#mend(newest, now);
  }

  /** The same for the newest of each source. */
  eachAgain(sha: string, now: number): void {
    const newest = new Map(
      this.of(sha, now)
        .toReversed()
        .map((pipeline) => [pipeline.source, pipeline]),
    );
    for (const pipeline of newest.values()) {
      if (pipeline.cancelledAt <= now) this.begin(sha, { ref: pipeline.ref, source: pipeline.source, now });
      else this.#mend(pipeline, now);
    }
  }

  cancel(sha: string, now: number): void {
    const [newest] = this.of(sha, now);
    if (newest !== undefined && this.status(newest, now) === "running") newest.cancelledAt = now;
  }

  jobs(pipeline: Pipeline, now: number): readonly SeenJob[] {
    const shown = pipeline.jobs.filter(({ goneAt, id }) => goneAt > now && id > 0);
    return shown.map((job) => ({
      id: job.id,
      name: job.name,
      mayFail: job.mayFail,
      status: statusOf(job, pipeline, now),
    }));
  }

  bridges(pipeline: Pipeline, now: number): readonly (SeenJob & { readonly below: Pipeline | undefined })[] {
    return pipeline.bridges.map(({ job, depends, below }) => {
      const { id, name, mayFail } = job;
      const isThere = below.at <= now;
      const made = depends ? this.status(below, now) : "success";
      return { id, name, mayFail, status: isThere ? made : "created", below: isThere ? below : undefined };
    });
  }

  status(pipeline: Pipeline, now: number): string {
    const parts = [...this.jobs(pipeline, now), ...this.bridges(pipeline, now)];
    const has = (list: readonly SeenJob[], ...wanted: readonly string[]): boolean =>
      list.some(({ status }) => wanted.includes(status));
    const needed = parts.filter(({ mayFail }) => !mayFail);
    if (pipeline.cancelledAt <= now) return "canceled";
    if (has(parts, "running", "created")) return "running";
    if (has(needed, "failed", "canceled", "skipped")) return "failed";
    return has(needed, "manual") ? "manual" : "success";
  }

  #make(
    made: Pick<Pipeline, "sha" | "ref" | "source" | "at" | "project">,
    { dice, depth }: { readonly dice: Dice; readonly depth: number },
  ): Pipeline {
    const pipeline: Pipeline = { id: this.#next(), jobs: [], bridges: [], cancelledAt: Infinity, ...made };
    this.all.push(pipeline);
    const { at } = made;
    this.#job(pipeline, { name: "compile", begunAt: at }, dice);
    if (dice.chance(0.7)) this.#job(pipeline, { name: "unit", begunAt: at + dice.between(0, 30_000) }, dice);
    if (dice.chance(0.3)) this.#job(pipeline, { name: "lint", begunAt: at, mayFail: true }, dice);
    if (dice.chance(0.2)) this.#job(pipeline, { name: "release", begunAt: Infinity, mayFail: dice.chance(0.5) }, dice);
    if (depth < 2 && dice.chance(0.4)) {
      const project = dice.chance(0.3) ? HIDDEN_PROJECT : PROJECT;
      const below = { ...made, at: at + dice.between(0, 30_000), source: "parent_pipeline", project };
      const job = {
        id: this.#next(),
        name: "below",
        mayFail: dice.chance(0.3),
        begunAt: at,
        tookMs: 0,
        goneAt: Infinity,
      };
      pipeline.bridges.push({ job, depends: dice.chance(0.6), below: this.#make(below, { dice, depth: depth + 1 }) });
    }
    return pipeline;
  }

  #job(
    pipeline: Pipeline,
    { name, begunAt, mayFail = false }: { readonly name: string; readonly begunAt: number; readonly mayFail?: boolean },
    dice: Dice,
  ): void {
    const isBad = this.isTroubled && dice.chance(mayFail ? 0.5 : 0.2);
    const tookMs = dice.between(1000, 60_000);
    const result = isBad ? dice.pick(["failed", "failed", "canceled"]) : "success";
    pipeline.jobs.push({ id: this.#next(), name, mayFail, begunAt, tookMs, result, goneAt: Infinity });
  }

  #mend(pipeline: Pipeline, now: number): void {
    const dice = this.#dice.fork(`mend ${this.#last}`);
    for (const job of pipeline.jobs.filter(({ goneAt }) => goneAt > now)) {
      if (job.begunAt === Infinity) job.begunAt = now;
      if (!["failed", "canceled"].includes(statusOf(job, pipeline, now))) continue;
      job.goneAt = now;
      this.#job(pipeline, { name: job.name, begunAt: now, mayFail: job.mayFail }, dice);
    }
    for (const { below } of pipeline.bridges) if (below.at <= now) this.#mend(below, now);
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }
}

function statusOf({ begunAt, tookMs, result }: Job, { cancelledAt }: Pipeline, now: number): string {
  if (begunAt === Infinity) return "manual";
  if (cancelledAt <= now && begunAt + tookMs > cancelledAt) return "canceled";
  if (begunAt > now) return "created";
  return begunAt + tookMs > now ? "running" : result;
}
