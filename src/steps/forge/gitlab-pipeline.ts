import { z } from "zod";

import type { Failure, Progress } from "../../domain/outcome.ts";
import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { durationText } from "../../platform/duration.ts";
import { durationInput } from "../timing/duration-input.ts";
import { FORGE_FAILURES } from "./forge-failure.ts";
import { forgeFaults } from "./forge-faults.ts";
import { CommitInput, type ForgeDeps, ForgeShape, GitlabTokenShape, openForge, WatchShape } from "./forge-input.ts";
import { linkText, nameText, namesText, shortSha } from "./forge-text.ts";
import { type Looked, watchForge } from "./forge-watch.ts";
import { GitlabApi, type Pipeline } from "./gitlab-api.ts";
import { judgePipeline, type PipelinePart, type PipelineVerdict } from "./judge-pipeline.ts";
import { readPipeline } from "./pipeline-tree.ts";

const DAY_MS = 86_400_000;
const RefName = z.string().min(1).max(300);

const Input = z.strictObject({
  ...ForgeShape,
  repository: z.string().min(1).max(500).meta({
    description: "The project, as `group/name`, by its number, or by the https address that it is cloned from",
  }),
  ...GitlabTokenShape,
  revision: CommitInput.meta({ description: "The commit, by its full name" }),
  ref: RefName.optional().meta({ description: "Only pipelines of this branch or tag count; of any unless said" }),
  source: RefName.optional().meta({
    description: "Only pipelines that were started so count, such as `push` or `merge_request_event`",
  }),
  grace: durationInput({ leastMs: 0, mostMs: 30 * DAY_MS })
    .optional()
    .meta({
      description:
        "How long it may have failed before the step fails, so that jobs can be retried; it fails at once unless said",
    }),
  "appear-within": durationInput({ leastMs: 0, mostMs: 30 * DAY_MS })
    .optional()
    .meta({ description: "How long a pipeline may take to appear; until the step's time is up unless said" }),
  ...WatchShape,
});
type Input = z.infer<typeof Input>;

const Part = z.strictObject({ kind: z.string(), name: z.string(), status: z.string(), url: z.string() });

const Output = z.strictObject({
  pipeline: z.int(),
  url: z.string().meta({ description: "Its page" }),
  ref: z.string(),
  revision: z.string(),
  jobs: z.array(Part).meta({ description: "Those that succeeded, of child pipelines too, at most 100" }),
  warnings: z.array(Part).meta({ description: "What failed and may, at most 100" }),
  notes: z.array(z.string()),
});
type Output = z.infer<typeof Output>;

const NOTES: StepNotes = {
  failures: {
    "gitlab.pipeline-failed": {
      retry: "never",
      meaning:
        "A job failed or was cancelled that may not, here or in a pipeline that this one started; or the pipeline was cancelled or skipped. The details name each with its link.",
    },
    "gitlab.pipeline-missing": { retry: "never", meaning: "There was no pipeline within `appear-within`." },
    ...FORGE_FAILURES,
  },
  example: `id: pipeline
uses: gitlab/pipeline
with:
  repository: shop/checkout
  revision: \${{ revision.sha }}
  token: \${{ secrets.GITLAB_TOKEN }}
timeout: 45m
`,
};

/** Waits until the newest pipeline of a commit on GitLab has succeeded. */
export function gitlabPipeline(deps: ForgeDeps): StepKind {
  return defineWait({
    kind: "gitlab/pipeline",
    summary: "Waits until the newest pipeline of a commit on GitLab has succeeded, with those that it started.",
    input: Input,
    output: Output,
    givenFaults: forgeFaults("gitlab"),
    notes: NOTES,
    run: (input, context) => watch(deps, input, context),
  });
}

async function watch(deps: ForgeDeps, input: Input, context: StepContext): Promise<StepResult<Output>> {
  const { clock } = deps;
  const { repository, client } = await openForge(deps, { forge: "gitlab", access: input, signal: context.signal });
  const api = new GitlabApi(client, repository);
  const startedMs = clock.monotonic() - Math.max(0, clock.now() - context.startedAt);
  const about = { repository: repository.path, revision: input.revision };
  let failedSinceMs: number | undefined;
  const look = async (): Promise<Looked<Output>> => {
    const pipeline = await api.newestPipeline(input.revision, input);
    if (pipeline === undefined) {
      failedSinceMs = undefined;
      return missing(about, leftOf(startedMs, input["appear-within"], clock.monotonic()));
    }
    const verdict = judgePipeline(await readPipeline(api, pipeline));
    const nowMs = clock.monotonic();
    failedSinceMs = verdict.failed.length > 0 ? (failedSinceMs ?? nowMs) : undefined;
    if (failedSinceMs !== undefined) {
      const leftMs = failedSinceMs + (input.grace ?? 0) - nowMs;
      if (leftMs <= 0)
        return { kind: "ended", result: { status: "failed", failure: failureOf(verdict, pipeline, about) } };
      return { kind: "open", progress: progressOf(verdict, leftMs), dueMs: leftMs };
    }
    if (verdict.pending.length + verdict.manual.length > 0) return { kind: "open", progress: progressOf(verdict) };
    return { kind: "ended", result: { status: "succeeded", output: outputOf(verdict, pipeline, about) } };
  };
  return await watchForge(clock, { interval: input.interval, "away-for": input["away-for"], context, look });
}

interface About {
  readonly repository: string;
  readonly revision: string;
}

function leftOf(sinceMs: number, limitMs: number | undefined, nowMs: number): number | undefined {
  return limitMs === undefined ? undefined : sinceMs + limitMs - nowMs;
}

function missing({ repository, revision }: About, leftMs: number | undefined): Looked<Output> {
  const what = `There is no pipeline for ${shortSha(revision)} of ${repository} yet`;
  if (leftMs === undefined) return { kind: "open", progress: { text: what } };
  if (leftMs > 0)
    return { kind: "open", progress: { text: `${what}; ${durationText(leftMs)} until this fails` }, dueMs: leftMs };
  const message = `There is no pipeline for ${shortSha(revision)} of ${repository}. Check whether one is run for such commits.`;
  return {
    kind: "ended",
    result: { status: "failed", failure: { code: "gitlab.pipeline-missing", message, retry: "never" } },
  };
}

const MOST_LINES = 4;

function progressOf(verdict: PipelineVerdict, leftMs?: number): Progress {
  const { failed, pending, manual, passed } = verdict;
  const total = passed.length + pending.length + failed.length + manual.length;
  const lines = [...failed, ...manual, ...pending]
    .slice(0, MOST_LINES)
    .map(({ name, status }) => `${nameText(name)}: ${status}`);
  return { text: progressText(verdict, leftMs), done: passed.length, total, lines };
}

function progressText({ failed, pending, manual }: PipelineVerdict, leftMs: number | undefined): string {
  if (failed.length > 0) return `Failed: ${named(failed)}; ${durationText(leftMs ?? 0)} until this fails`;
  if (pending.length > 0) return `Waiting for ${named(pending)}`;
  return `Blocked until somebody starts ${named(manual)} in GitLab`;
}

function named(parts: readonly PipelinePart[]): string {
  return namesText(parts.map(({ kind, name }) => (kind === "job" ? name : `pipeline ${name}`)));
}

const MOST_PARTS = 100;

function outputOf(verdict: PipelineVerdict, { id, web_url: url, ref }: Pipeline, { revision }: About): Output {
  const { passed, warnings, pipelines } = verdict;
  const below = pipelines.length > 1 ? `, with ${pipelines.length - 1} below it` : "";
  const warned = warnings.length === 0 ? "" : `; failed and may: ${named(warnings)}`;
  return {
    pipeline: id,
    url: linkText(url),
    ref: nameText(ref ?? ""),
    revision,
    jobs: passed.slice(0, MOST_PARTS).map(shown),
    warnings: warnings.slice(0, MOST_PARTS).map(shown),
    notes: [`Pipeline ${id} succeeded at ${shortSha(revision)}${below}${warned}`],
  };
}

function shown(part: PipelinePart): PipelinePart {
  return { ...part, name: nameText(part.name), status: part.status.slice(0, 80) };
}

const MOST_FAILED = 10;

/** As the alert of a run shows what made it fail. */
function resourceOf(part: PipelinePart): Record<string, string> {
  return { ...shown(part) };
}

function failureOf({ failed }: PipelineVerdict, pipeline: Pipeline, { repository, revision }: About): Failure {
  const resources = failed.slice(0, MOST_FAILED).map(resourceOf);
  const url = linkText(pipeline.web_url);
  const at = failed[0]?.url ?? url;
  const link = at === "" ? "" : `: ${at}`;
  const message = `Pipeline ${pipeline.id} of ${repository} did not succeed at ${shortSha(revision)}: ${named(failed)} (${failed[0]?.status ?? ""})${link}. When it was retried and has succeeded, retry this step.`;
  return { code: "gitlab.pipeline-failed", message, retry: "never", details: { resources, pipeline: url } };
}
