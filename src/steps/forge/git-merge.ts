import { z } from "zod";

import type { Failure } from "../../domain/outcome.ts";
import {
  type ActionContext,
  defineAction,
  outcomeBeforeEffect,
  type StepKind,
  type StepResult,
} from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { durationText } from "../../platform/duration.ts";
import { AppError, errorMessage } from "../../platform/errors.ts";
import { durationInput } from "../timing/duration-input.ts";
import { isLimit } from "./forge-failure.ts";
import { forgeFaults } from "./forge-faults.ts";
import { CommitInput, type ForgeDeps } from "./forge-input.ts";
import { namesText, shortSha } from "./forge-text.ts";
import { mergeVerdict, type MergeVerdict, verdictText } from "./merge-verdict.ts";
import { openPulls, PULL_FAILURES, PullShape, RequestNumber } from "./pull-input.ts";
import type { MergeOrder, PullRequest, PullRequests, Standing } from "./pull-request.ts";

const Input = z.strictObject({
  ...PullShape,
  number: RequestNumber,
  sha: CommitInput.optional().meta({
    description:
      "The commit of the branch that is meant, such as `steps.request.outputs.sha`: another one is not merged",
  }),
  method: z
    .enum(["merge", "squash", "rebase"])
    .optional()
    .meta({ description: "How; `merge` unless said. On GitLab the project says whether there is a merge commit" }),
  checks: z.enum(["all", "required"]).optional().meta({
    description:
      "Whether every check has to be green first, which is so unless said, or only those that the branch requires",
  }),
  "appear-within": durationInput({ leastMs: 0, mostMs: 86_400_000 }).optional().meta({
    description:
      "With `all`: how long checks are given to appear, so that none is merged before CI has begun; 30s unless said",
  }),
  title: z.string().min(1).max(250).optional().meta({ description: "The first line of the commit that comes of it" }),
  message: z.string().max(50_000).optional().meta({ description: "The rest of its message" }),
});
type Input = z.infer<typeof Input>;

/** What came of a pull request. */
export const MergeOutput = z.strictObject({
  number: z.int(),
  url: z.string(),
  sha: z.string().meta({ description: "The commit that came of it on the base branch" }),
  head: z.string().meta({ description: "The commit that was merged" }),
  by: z.string().meta({ description: "Who merged it, as the forge calls them" }),
  notes: z.array(z.string()),
});
export type MergeOutput = z.infer<typeof MergeOutput>;

/** How a pull request ends without being merged. */
export const ENDED_FAILURES: StepNotes["failures"] = {
  "git.request-closed": { retry: "never", meaning: "It was closed without being merged." },
  "git.head-moved": { retry: "never", meaning: "Its branch has another commit than the one that is meant." },
};

const NOTES: StepNotes = {
  failures: {
    ...ENDED_FAILURES,
    "git.checks-failed": { retry: "never", meaning: "A check is red; the details name each with its link." },
    "git.conflict": { retry: "never", meaning: "It has conflicts with the branch into which it is to go." },
    "git.not-mergeable": {
      retry: "never",
      meaning: "It could not be merged before the step's time was up: something was missing that the message names.",
    },
    ...PULL_FAILURES,
  },
  example: `id: merge
uses: git/merge
with:
  repository: acme/deploy
  number: \${{ steps.request.outputs.number }}
  sha: \${{ steps.request.outputs.sha }}
  method: squash
  token: \${{ secrets.GITHUB_TOKEN }}
timeout: 2h
`,
};

/** Merges a pull request as soon as nothing stands in the way. */
export function gitMerge(deps: ForgeDeps): StepKind {
  return defineAction({
    kind: "git/merge",
    summary: "Merges a pull request or merge request as soon as its checks and reviews let it.",
    input: Input,
    output: MergeOutput,
    givenFaults: forgeFaults(),
    notes: NOTES,
    // What is merged is seen to be, and only the commit that is meant is.
    repeat: "keyed",
    // By its credentials, which do not travel.
    where: "server",
    run: (input, context) => merge(deps, input, context),
  });
}

async function merge(deps: ForgeDeps, input: Input, context: ActionContext): Promise<StepResult<MergeOutput>> {
  const { number, sha, method = "merge", checks = "all", title, message, "appear-within": appear, ...access } = input;
  const { pulls, name } = await openPulls(deps, access, {
    signal: context.signal,
    purpose: "write",
  });
  let seen: Seen;
  try {
    seen = await look(pulls, { number, sha, checks });
  } catch (error) {
    context.signal.throwIfAborted();
    return outcomeBeforeEffect(error);
  }
  const { request, verdict } = seen;
  if (verdict.kind !== "ready") return unmerged(pulls, seen);
  const leftMs = checks === "all" ? (appear ?? DEFAULT_APPEAR_MS) - (deps.clock.now() - context.startedAt) : 0;
  if (seen.standing.checks === 0 && leftMs > 0) return tooEarly(pulls, request, leftMs);
  const order = { number, method, sha: request.sha, title, message };
  return await mergeNow(order, { pulls, request, name, context });
}

interface Merging {
  readonly pulls: PullRequests;
  readonly request: PullRequest;
  /** What the forge is called. */
  readonly name: string;
  readonly context: ActionContext;
}

async function mergeNow(
  order: MergeOrder,
  { pulls, request, name, context }: Merging,
): Promise<StepResult<MergeOutput>> {
  const { number } = request;
  context.progress({ text: `Merging ${pulls.label(number)} at ${shortSha(request.sha)}` });
  try {
    await pulls.merge(order);
  } catch (error) {
    context.signal.throwIfAborted();
    // Nothing was merged, and nothing more is asked for until it may be.
    if (isLimit(error)) return outcomeBeforeEffect(error);
    if (!(error instanceof AppError) || !UNSURE.has(error.code)) throw error;
    return await afterTrouble(error, pulls, request);
  }
  const after = await lookAgain(pulls, number);
  if (after.kind === "limited") return outcomeBeforeEffect(after.error);
  if (after.kind === "seen" && after.request.state === "merged")
    return { status: "succeeded", output: mergeOutput(pulls, after.request) };
  return postponed(`${name} is merging ${pulls.label(number)}.`, SOON_MS);
}

/** Errors after which it may have been merged, or may be later. */
const UNSURE: ReadonlySet<string> = new Set([
  "network.timeout",
  "network.broken",
  "network.unreachable",
  "forge.away",
  "forge.bad-answer",
  "forge.refused",
]);

const DEFAULT_APPEAR_MS = 30_000;
const SOON_MS = 3000;
const LATER_MS = 10_000;

interface Seen {
  readonly request: PullRequest;
  readonly standing: Standing;
  readonly verdict: MergeVerdict;
}

/** How things stand with a pull request. Throws what `PullRequests` throws. */
export async function look(
  pulls: PullRequests,
  wanted: { readonly number: number; readonly sha: string | undefined; readonly checks: "all" | "required" },
): Promise<Seen> {
  const request = await pulls.get(wanted.number);
  const standing = request.state === "open" ? await standingOf(pulls, request, wanted.checks) : NOTHING;
  return { request, standing, verdict: mergeVerdict(request, standing, wanted) };
}

/** Where the forge judges by itself, a token that may not see the checks is as good. */
async function standingOf(pulls: PullRequests, request: PullRequest, checks: "all" | "required"): Promise<Standing> {
  try {
    return await pulls.standing(request);
  } catch (error) {
    if (checks === "required" && error instanceof AppError && error.code === "forge.forbidden") return NOTHING;
    throw error;
  }
}

const NOTHING: Standing = { checks: 0, failed: [], pending: [], approvedBy: [], changesAskedBy: [] };

function unmerged(pulls: PullRequests, { request, standing, verdict }: Seen): StepResult<MergeOutput> {
  if (verdict.kind === "merged") return { status: "succeeded", output: mergeOutput(pulls, request) };
  if (verdict.kind === "waiting") {
    const message = `${pulls.label(request.number)} cannot be merged yet: ${verdictText(verdict, request, standing)}. ${request.url}`;
    return postponed(message, verdict.soon ? SOON_MS : LATER_MS);
  }
  return { status: "failed", failure: endedFailure(pulls, { request, standing, verdict }) };
}

/** CI may not have begun yet. */
function tooEarly(pulls: PullRequests, { number, url }: PullRequest, leftMs: number): StepResult<MergeOutput> {
  const text = `${pulls.label(number)} has no checks yet; they have ${durationText(leftMs)} more to appear. ${url}`;
  return postponed(text, Math.min(leftMs, LATER_MS));
}

/** It was asked to be merged, and nobody knows what came of it: the next execution sees. */
async function afterTrouble(
  trouble: AppError,
  pulls: PullRequests,
  request: PullRequest,
): Promise<StepResult<MergeOutput>> {
  const after = await lookAgain(pulls, request.number);
  if (after.kind === "limited") return outcomeBeforeEffect(after.error);
  const isOurs = after.kind === "seen" && after.request.state === "merged" && after.request.sha === request.sha;
  if (isOurs) return { status: "succeeded", output: mergeOutput(pulls, after.request) };
  // Such as a way of merging that the repository does not allow: no waiting changes that.
  const isFinal = / (?:are|is) not allowed/u.test(trouble.message) || trouble.code === "forge.bad-answer";
  if (isFinal) throw trouble;
  return { status: "postponed", code: trouble.code, message: errorMessage(trouble), afterMs: LATER_MS };
}

type SeenAgain =
  | { readonly kind: "seen"; readonly request: PullRequest }
  | { readonly kind: "limited"; readonly error: unknown }
  | { readonly kind: "unseen" };

/** What came of it; a forge that wants to be left alone is not asked before the end of that. */
async function lookAgain(pulls: PullRequests, number: number): Promise<SeenAgain> {
  try {
    return { kind: "seen", request: await pulls.get(number) };
  } catch (error) {
    return isLimit(error) ? { kind: "limited", error } : { kind: "unseen" };
  }
}

function postponed(message: string, afterMs: number): StepResult<MergeOutput> {
  return { status: "postponed", code: "git.not-mergeable", message, afterMs };
}

/** What comes of one that is merged. */
export function mergeOutput(pulls: PullRequests, request: PullRequest): MergeOutput {
  const { number, url, mergedAs, mergedBy, sha, base } = request;
  const by = mergedBy === "" ? "" : ` by ${mergedBy}`;
  const notes = [`${pulls.label(number)} merged${by} into ${base} as ${shortSha(mergedAs)}: ${url}`];
  return { number, url, sha: mergedAs, head: sha, by: mergedBy, notes };
}

const MOST_FAILED = 10;

function never(code: string, message: string): Failure {
  return { code, message, retry: "never" };
}

/** Why one will not be merged. */
export function endedFailure(pulls: PullRequests, { request, standing, verdict }: Seen): Failure {
  const what = pulls.label(request.number);
  const { url, base, sha } = request;
  switch (verdict.kind) {
    case "closed":
      return never("git.request-closed", `${what} was closed without being merged: ${url}.`);
    case "moved":
      return never(
        "git.head-moved",
        `${what} has another commit now, ${shortSha(sha)}, than the one that is meant: ${url}.`,
      );
    case "conflict":
      return never(
        "git.conflict",
        `${what} has conflicts with ${base}: ${url}. Bring its branch up to date, then retry this step.`,
      );
    case "red": {
      const { failed } = standing;
      const names = namesText(failed.map(({ name }) => name));
      const resources = failed
        .slice(0, MOST_FAILED)
        .map(({ kind, name, conclusion, url: at }) => ({ kind, name, status: conclusion, url: at }));
      const message = `${what} is not merged, as ${names} failed at ${shortSha(sha)}: ${url}. When that is green, retry this step.`;
      return { ...never("git.checks-failed", message), details: { resources } };
    }
    case "merged":
    case "ready":
    case "waiting":
      return never("git.not-mergeable", `${what} is not merged: ${verdictText(verdict, request, standing)}.`);
  }
}
