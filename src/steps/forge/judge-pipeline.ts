import { linkText } from "./forge-text.ts";
import type { Job, Pipeline } from "./gitlab-api.ts";
import type { PipelineTree } from "./pipeline-tree.ts";

/** A job, or a pipeline of which no job is known, for people. */
export interface PipelinePart {
  readonly kind: "job" | "pipeline";
  readonly name: string;
  readonly status: string;
  readonly url: string;
}

/** What a pipeline says now, with everything below it. */
export interface PipelineVerdict {
  readonly failed: readonly PipelinePart[];
  readonly pending: readonly PipelinePart[];
  /** Manual jobs that somebody has to start before it goes on. */
  readonly manual: readonly PipelinePart[];
  /** What failed and may. */
  readonly warnings: readonly PipelinePart[];
  readonly passed: readonly PipelinePart[];
  /** Of the pipeline and all below it. */
  readonly pipelines: readonly PipelinePart[];
}

const BAD: ReadonlySet<string> = new Set(["failed", "canceled", "canceling", "skipped"]);

/**
 * What a tree of pipelines says; pure. Only `success` is good: GitLab gives it where nothing failed but what may. A pipeline that was
 * skipped has proven nothing. Those that it started have to be good as well, also where it does not wait for them itself, unless
 * the job that started them may fail.
 */
export function judgePipeline(tree: PipelineTree): PipelineVerdict {
  const found: Found = { failed: [], pending: [], manual: [], warnings: [], passed: [], pipelines: [] };
  walk(tree, { found, mayFail: false });
  return found;
}

type Found = { -readonly [Key in keyof PipelineVerdict]: PipelinePart[] };

interface Walk {
  readonly found: Found;
  /** Whether what started it may fail. */
  readonly mayFail: boolean;
}

function walk(tree: PipelineTree, { found, mayFail }: Walk): void {
  const { pipeline, jobs, children } = tree;
  found.pipelines.push(pipelinePart(pipeline));
  const before = found.failed.length + found.pending.length + found.manual.length + found.warnings.length;
  for (const job of jobs) sortJob(job, { found, mayFail, pipeline });
  for (const { bridge, tree: below } of children) {
    if (below === undefined) sortJob(bridge, { found, mayFail, pipeline });
    else walk(below, { found, mayFail: mayFail || bridge.allow_failure === true });
  }
  const named = found.failed.length + found.pending.length + found.manual.length + found.warnings.length - before;
  if (pipeline.status === "success" || isExplained(pipeline, { found, mayFail, named })) return;
  // It is not good, and no job says why: it was cancelled before there were any, or cannot be looked into.
  sortUnexplained(pipeline, { found, mayFail });
}

/** What may fail is no reason for a pipeline to be bad, unless it may fail itself. */
function isExplained({ status }: Pipeline, { found, mayFail, named }: Walk & { readonly named: number }): boolean {
  if (named === 0) return false;
  return BAD.has(status)
    ? found.failed.length > 0 || (mayFail && found.warnings.length > 0)
    : found.pending.length + found.manual.length > 0;
}

function sortUnexplained(pipeline: Pipeline, { found, mayFail }: Walk): void {
  const part = pipelinePart(pipeline);
  if (pipeline.status === "manual") found.manual.push(part);
  else if (!BAD.has(pipeline.status)) found.pending.push(part);
  else (mayFail ? found.warnings : found.failed).push(part);
}

function sortJob(job: Job, { found, mayFail, pipeline }: Walk & { readonly pipeline: Pipeline }): void {
  const part = jobPart(job);
  const { status } = job;
  if (status === "success") found.passed.push(part);
  else if (status === "failed" || status === "canceled") {
    (mayFail || job.allow_failure === true ? found.warnings : found.failed).push(part);
  } else if (status === "manual") {
    // One that may fail is optional, and nothing waits for it.
    if (job.allow_failure !== true && pipeline.status === "manual") found.manual.push(part);
  } else if (status !== "skipped" && pipeline.status !== "success") found.pending.push(part);
}

function jobPart({ name, status, web_url: url, failure_reason: reason }: Job): PipelinePart {
  const why = status === "failed" && typeof reason === "string" ? `${status} (${reason})` : status;
  return { kind: "job", name, status: why, url: linkText(url) };
}

function pipelinePart({ id, status, web_url: url }: Pipeline): PipelinePart {
  return { kind: "pipeline", name: String(id), status, url: linkText(url) };
}
