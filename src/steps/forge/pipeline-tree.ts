import { AppError } from "../../platform/errors.ts";
import type { Bridge, GitlabApi, Job, Pipeline } from "./gitlab-api.ts";

/** A pipeline with its jobs and with those that it started. */
export interface PipelineTree {
  readonly pipeline: Pipeline;
  readonly jobs: readonly Job[];
  readonly children: readonly Child[];
  /** False where it is of a project that the token may not see: only what its parent says of it is known. */
  readonly isReadable: boolean;
}

interface Child {
  readonly bridge: Bridge;
  /** Undefined while it has not been made, or could not be. */
  readonly tree: PipelineTree | undefined;
}

// GitLab lets a child have children, and those none.
const DEEPEST = 4;

/** Reads a pipeline with everything below it. Throws what `GitlabApi` throws for the pipeline itself. */
export async function readPipeline(api: GitlabApi, pipeline: Pipeline, depth = 0): Promise<PipelineTree> {
  const jobs = await api.jobs(pipeline);
  const bridges = depth < DEEPEST ? await api.bridges(pipeline) : [];
  const children: Child[] = [];
  for (const bridge of bridges) {
    const below = bridge.downstream_pipeline ?? undefined;
    children.push({ bridge, tree: below === undefined ? undefined : await readChild(api, below, depth + 1) });
  }
  return { pipeline, jobs, children, isReadable: true };
}

async function readChild(api: GitlabApi, pipeline: Pipeline, depth: number): Promise<PipelineTree> {
  try {
    return await readPipeline(api, pipeline, depth);
  } catch (error) {
    const isHidden = error instanceof AppError && HIDDEN.has(error.code);
    if (!isHidden) throw error;
    return { pipeline, jobs: [], children: [], isReadable: false };
  }
}

const HIDDEN: ReadonlySet<string> = new Set(["forge.not-found", "forge.forbidden"]);
