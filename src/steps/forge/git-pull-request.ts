import { z } from "zod";

import { effectKey } from "../../domain/effect.ts";
import {
  type ActionContext,
  defineAction,
  outcomeBeforeEffect,
  type StepKind,
  type StepResult,
} from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { AppError, errorCode } from "../../platform/errors.ts";
import { forgeError, isLimit } from "./forge-failure.ts";
import { forgeFaults } from "./forge-faults.ts";
import type { ForgeDeps } from "./forge-input.ts";
import { shortSha } from "./forge-text.ts";
import { BranchName, openPulls, PULL_FAILURES, PullShape } from "./pull-input.ts";
import type { PullRequest, PullRequestOrder, PullRequests } from "./pull-request.ts";
import { isOfEffect, isOurs, markedBody } from "./request-marker.ts";

const Input = z.strictObject({
  ...PullShape,
  head: BranchName.meta({ description: "The branch that is to be merged; it has to be there, with commits" }),
  base: BranchName.optional().meta({ description: "The branch into which it is; the repository's own unless said" }),
  title: z.string().min(1).max(250),
  body: z.string().max(50_000).optional().meta({ description: "What people read below the title, in Markdown" }),
  draft: z.boolean().optional().meta({ description: "Opens it as a draft, which cannot be merged" }),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  number: z.int(),
  url: z.string(),
  sha: z.string().meta({ description: "The newest commit of the branch" }),
  head: z.string(),
  base: z.string(),
  opened: z.boolean().meta({ description: "False where one of Quarterdeck's was open already from this branch" }),
  notes: z.array(z.string()),
});
type Output = z.infer<typeof Output>;

const NOTES: StepNotes = {
  failures: {
    "git.request-taken": {
      retry: "never",
      meaning: "Somebody else has opened one from this branch; it is left alone, and the message links it.",
    },
    "git.request-closed": {
      retry: "never",
      meaning: "The one that this step had opened was closed before the step ended.",
    },
    ...PULL_FAILURES,
  },
  example: `id: request
uses: git/pull-request
with:
  repository: acme/deploy
  head: release/checkout-1.5.0
  base: main
  title: "checkout: 1.5.0"
  token: \${{ secrets.GITHUB_TOKEN }}
`,
};

/** Opens a pull request, or finds the one that it has opened. */
export function gitPullRequest(deps: ForgeDeps): StepKind {
  return defineAction({
    kind: "git/pull-request",
    summary: "Opens a pull request on GitHub, or a merge request on GitLab, from a branch that is there.",
    input: Input,
    output: Output,
    givenFaults: forgeFaults(),
    notes: NOTES,
    // It carries a mark of the effect, by which it is found again.
    repeat: "keyed",
    // By its credentials, which do not travel.
    where: "server",
    run: (input, context) => request(deps, input, context),
  });
}

async function request(deps: ForgeDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const { pulls } = await openPulls(deps, accessOf(input), {
    signal: context.signal,
    purpose: "write",
  });
  const key = effectKey(context.effect);
  let order: PullRequestOrder;
  let theOne: Found | undefined;
  try {
    order = orderOf(input, { key, base: input.base ?? (await pulls.defaultBranch()) });
    context.progress({ text: `From ${order.head} into ${order.base}` });
    theOne = await found(pulls, order, key);
  } catch (error) {
    context.signal.throwIfAborted();
    return outcomeBeforeEffect(error);
  }
  try {
    theOne ??= await opened(pulls, order, key);
  } catch (error) {
    context.signal.throwIfAborted();
    // What may have been opened is found when the forge may be asked again.
    if (isLimit(error)) return outcomeBeforeEffect(error);
    throw error;
  }
  if (theOne.request.state === "closed") throw closed(pulls, theOne.request);
  return { status: "succeeded", output: outputOf(pulls, theOne) };
}

function orderOf(
  { title, body = "", head, draft = false }: Input,
  { key, base }: { readonly key: string; readonly base: string },
): PullRequestOrder {
  return { title, body: markedBody(body, key), head, base, draft };
}

function accessOf({
  forge,
  repository,
  api,
  token,
  "token-kind": kind,
  tls,
  "answer-within": within,
}: Input): Parameters<typeof openPulls>[1] {
  return { forge, repository, api, token, "token-kind": kind, tls, "answer-within": within };
}

interface Found {
  readonly request: PullRequest;
  readonly isOpened: boolean;
}

async function opened(pulls: PullRequests, order: PullRequestOrder, key: string): Promise<Found> {
  try {
    return { request: await pulls.open(order), isOpened: true };
  } catch (error) {
    // The answer may be lost after it was opened, and another may have been quicker: both are found.
    if (!(error instanceof AppError) || !LOST.has(error.code)) throw error;
    const after = await foundAgain(pulls, order, key);
    if (after === undefined) throw error;
    return after;
  }
}

/** Undefined where it is not there, or the forge does not say. Throws where it wants to be left alone, or another is in the way. */
async function foundAgain(pulls: PullRequests, order: PullRequestOrder, key: string): Promise<Found | undefined> {
  try {
    return await found(pulls, order, key);
  } catch (error) {
    if (isLimit(error) || errorCode(error) === TAKEN) throw error;
    return undefined;
  }
}

const TAKEN = "git.request-taken";

const LOST: ReadonlySet<string> = new Set([
  "network.timeout",
  "network.broken",
  "forge.away",
  "forge.bad-answer",
  "forge.refused",
]);

/** A forge has at most one that is open from a branch into another. */
async function found(pulls: PullRequests, order: PullRequestOrder, key: string): Promise<Found | undefined> {
  const all = await pulls.find(order.head, order.base);
  const own = all.find(({ body }) => isOfEffect(body, key));
  if (own !== undefined) return { request: own, isOpened: true };
  const open = all.find(({ state }) => state === "open");
  if (open === undefined) return undefined;
  if (isOurs(open.body)) return { request: open, isOpened: false };
  const message = `${pulls.label(open.number)} from ${order.head} was opened by somebody else: ${open.url}. Take another branch, or have it closed.`;
  throw forgeError(TAKEN, message);
}

function closed(pulls: PullRequests, { number, url }: PullRequest): AppError {
  const message = `${pulls.label(number)} was closed without being merged: ${url}. Retry the step to open another.`;
  return forgeError("git.request-closed", message);
}

function outputOf(pulls: PullRequests, { request: { number, url, sha, head, base }, isOpened }: Found): Output {
  const done = isOpened ? "opened" : "was open already";
  const notes = [`${pulls.label(number)} ${done} at ${shortSha(sha)}, from ${head} into ${base}: ${url}`];
  return { number, url, sha, head, base, opened: isOpened, notes };
}
