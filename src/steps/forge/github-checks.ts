import { z } from "zod";

import type { Failure, Progress } from "../../domain/outcome.ts";
import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { durationText } from "../../platform/duration.ts";
import { durationInput } from "../timing/duration-input.ts";
import { checkOfWorkflow, checksOfRuns, checksOfStatuses, type CommitCheck } from "./commit-check.ts";
import { ChecksPatience } from "./checks-patience.ts";
import { forgeFaults } from "./forge-faults.ts";
import { CommitInput, type ForgeDeps, ForgeShape, githubToken, openForge, WatchShape } from "./forge-input.ts";
import { linkText, nameText, namesText, shortSha } from "./forge-text.ts";
import { type Looked, watchForge } from "./forge-watch.ts";
import { GithubApi } from "./github-api.ts";
import { GITHUB_CHECKS_NOTES } from "./github-checks-notes.ts";
import { type ChecksVerdict, type ChecksWanted, judgeChecks } from "./judge-checks.ts";

const DAY_MS = 86_400_000;
const DEFAULT_SETTLE_MS = 30_000;

const CheckName = z.string().min(1).max(1000);

const Input = z.strictObject({
  ...ForgeShape,
  token: githubToken,
  revision: CommitInput.meta({ description: "The commit, by its full name" }),
  required: z
    .union([z.literal("all"), z.array(CheckName).min(1).max(200)])
    .optional()
    .meta({
      description:
        "The names of the checks and commit statuses that have to be green, or `all` that there are, at least one; `all` unless said, or unless `workflow` is",
    }),
  ignore: z
    .array(CheckName)
    .max(200)
    .optional()
    .meta({ description: "With `all`: names that do not count; `*` stands for any text" }),
  workflow: CheckName.optional().meta({
    description:
      "A workflow of GitHub Actions, by its name or its file, of which the newest run has to be green besides",
  }),
  settle: durationInput({ leastMs: 0, mostMs: DAY_MS })
    .optional()
    .meta({ description: "With `all`: how long they have to stay green while none comes or goes; 30s unless said" }),
  grace: durationInput({ leastMs: 0, mostMs: 30 * DAY_MS })
    .optional()
    .meta({
      description:
        "How long a check may be red before the step fails, so that it can be run again; it fails at once unless said",
    }),
  "appear-within": durationInput({ leastMs: 0, mostMs: 30 * DAY_MS })
    .optional()
    .meta({ description: "How long a required check may take to appear; until the step's time is up unless said" }),
  ...WatchShape,
});
type Input = z.infer<typeof Input>;

const Check = z.strictObject({ name: z.string(), kind: z.string(), conclusion: z.string(), url: z.string() });

const Output = z.strictObject({
  checks: z
    .array(Check)
    .meta({ description: "Those that were counted, at most 100; `kind` is check, status or workflow" }),
  total: z.int().meta({ description: "How many were counted" }),
  url: z.string().meta({ description: "The page of the commit" }),
  revision: z.string(),
  notes: z.array(z.string()),
});
type Output = z.infer<typeof Output>;

/** Waits until the checks of a commit on GitHub are green. */
export function githubChecks(deps: ForgeDeps): StepKind {
  return defineWait({
    kind: "github/checks",
    summary: "Waits until the checks of a commit on GitHub are green, and fails when one is red.",
    input: Input,
    output: Output,
    givenFaults: forgeFaults("github"),
    notes: GITHUB_CHECKS_NOTES,
    run: (input, context) => watch(deps, input, context),
  });
}

async function watch(deps: ForgeDeps, input: Input, context: StepContext): Promise<StepResult<Output>> {
  const { clock } = deps;
  const { repository, client } = await openForge(deps, { forge: "github", access: input, signal: context.signal });
  const api = new GithubApi(client, repository);
  const wanted = wantedOf(input);
  const agoMs = Math.max(0, clock.now() - context.startedAt);
  const settleMs = wanted.required === "all" ? (input.settle ?? DEFAULT_SETTLE_MS) : 0;
  const timing = { settleMs, graceMs: input.grace ?? 0, appearMs: input["appear-within"] };
  const patience = new ChecksPatience(timing, clock.monotonic() - agoMs);
  let page: string | undefined;
  const look = async (): Promise<Looked<Output>> => {
    // Asked for first: what is missing here is the repository or the right to see it, and nothing else.
    page ??= (await api.repository()).html_url;
    const verdict = judgeChecks(await read(api, input.revision, wanted), wanted);
    const news = patience.news(verdict, clock.monotonic());
    const about = { repository: repository.path, revision: input.revision, page };
    if (news.kind === "open") return { kind: "open", progress: progressOf(verdict, news.dueMs), dueMs: news.dueMs };
    if (news.kind === "green")
      return { kind: "ended", result: { status: "succeeded", output: outputOf(verdict, about) } };
    const failure = news.kind === "red" ? redFailure(verdict, about) : missingFailure(verdict, about);
    return { kind: "ended", result: { status: "failed", failure } };
  };
  return await watchForge(clock, { interval: input.interval, "away-for": input["away-for"], context, look });
}

/** A workflow alone is enough where it is all that was asked for. */
function wantedOf({ required, ignore = [], workflow }: Input): ChecksWanted {
  return { required: required ?? (workflow === undefined ? "all" : []), ignore, workflow };
}

async function read(api: GithubApi, sha: string, wanted: ChecksWanted): Promise<Parameters<typeof judgeChecks>[0]> {
  const { required, workflow } = wanted;
  const isAny = required === "all" || required.length > 0;
  // One after the other, as GitHub wants it.
  const { runs, isComplete } = isAny ? await api.checkRuns(sha) : { runs: [], isComplete: true };
  const statuses = isAny ? await api.statuses(sha) : [];
  const suites = required === "all" ? await api.checkSuites(sha) : [];
  const workflows = workflow === undefined ? [] : await api.workflowRuns(sha);
  return {
    checks: [...checksOfRuns(runs), ...checksOfStatuses(statuses)],
    workflow: workflow === undefined ? undefined : checkOfWorkflow(workflows, workflow),
    suites,
    isComplete,
  };
}

const MOST_LINES = 4;

function progressOf(
  { counted, failed, pending, missing, unfinished }: ChecksVerdict,
  dueMs: number | undefined,
): Progress {
  const left = dueMs === undefined ? "" : `; ${durationText(dueMs)} until this fails`;
  const done = counted.length - pending.length - failed.length;
  const total = counted.length + missing.length;
  const count = { done, total, lines: lines(failed, pending) };
  if (failed.length > 0) return { ...count, text: `Red: ${namesText(failed.map(({ name }) => name))}${left}` };
  const absent = missing.length === 0 ? "" : `not there yet: ${namesText(missing)}${pending.length === 0 ? left : ""}`;
  const running = pending.length === 0 ? "" : `waiting for ${namesText(pending.map(({ name }) => name))}`;
  const more = unfinished.length === 0 ? "" : `more may come of ${namesText(unfinished)}`;
  const waits = [running, absent, more].filter((part) => part !== "").join("; ");
  if (waits !== "") return { ...count, text: `${done} of ${total} green; ${waits}` };
  const text = `${done} of ${total} green; making sure that no other appears for ${durationText(dueMs ?? 0)} more`;
  return { ...count, text };
}

function lines(failed: readonly CommitCheck[], pending: readonly CommitCheck[]): readonly string[] {
  return [...failed, ...pending].slice(0, MOST_LINES).map(({ name, conclusion }) => `${nameText(name)}: ${conclusion}`);
}

const MOST_CHECKS = 100;

interface About {
  readonly repository: string;
  readonly revision: string;
  /** The page of the repository. */
  readonly page: string;
}

function outputOf({ counted }: ChecksVerdict, about: About): Output {
  const named = counted.map(({ name, kind, conclusion, url }) => ({ name: nameText(name), kind, conclusion, url }));
  const { revision } = about;
  const checks = named.slice(0, MOST_CHECKS);
  const odd = named.filter(({ conclusion }) => conclusion !== "success");
  const oddText = odd.length === 0 ? "" : `, of which not run or neutral: ${namesText(odd.map(({ name }) => name))}`;
  const notes = [`${named.length} green at ${shortSha(revision)}${oddText}`];
  return { checks, total: named.length, url: commitUrl(about), revision, notes };
}

function commitUrl({ page, revision }: About): string {
  return linkText(`${page}/commit/${revision}`);
}

const MOST_FAILED = 10;

function redFailure({ failed }: ChecksVerdict, about: About): Failure {
  const resources = failed.slice(0, MOST_FAILED).map((check) => failedResource(check));
  const [first] = failed;
  const where = `on ${shortSha(about.revision)} of ${about.repository}`;
  const link = first === undefined || first.url === "" ? "" : `: ${first.url}`;
  const names = namesText(failed.map(({ name }) => name));
  const message =
    failed.length === 1
      ? `The check ${names} is red (${first?.conclusion ?? ""}) ${where}${link}. When it was run again and is green, retry this step.`
      : `The checks ${names} are red ${where}. The first${link}. When they were run again and are green, retry this step.`;
  return { code: "github.check-failed", message, retry: "never", details: { resources, commit: commitUrl(about) } };
}

/** As the alert of a run shows what made it fail. */
function failedResource({ kind, name, conclusion, url }: CommitCheck): Record<string, string> {
  const shown = { kind, name: nameText(name), status: conclusion.slice(0, 40) };
  return url === "" ? shown : { ...shown, url };
}

function missingFailure({ missing }: ChecksVerdict, about: About): Failure {
  const message = `${shortSha(about.revision)} of ${about.repository} still lacks ${namesText(missing)}. Check how it is called on ${commitUrl(about)}, and whether it is run for such commits.`;
  return {
    code: "github.check-missing",
    message,
    retry: "never",
    details: { missing: missing.slice(0, MOST_FAILED).map(nameText) },
  };
}
