import { z } from "zod";

import { checksOfRuns, checksOfStatuses, type CommitCheck } from "./commit-check.ts";
import type { ForgeClient } from "./forge-client.ts";
import type { ForgeRepository } from "./forge-repository.ts";
import { linkText, nameText } from "./forge-text.ts";
import { type CheckSuite, GithubApi } from "./github-api.ts";
import { openSuites } from "./judge-checks.ts";
import type { MergeOrder, PullRequest, PullRequestOrder, PullRequests, Readiness, Standing } from "./pull-request.ts";

const Login = z.object({ login: z.string() });

const Pull = z.object({
  number: z.int(),
  html_url: z.string(),
  state: z.string(),
  draft: z.boolean().nullish(),
  body: z.string().nullish(),
  head: z.object({ ref: z.string(), sha: z.string() }),
  base: z.object({ ref: z.string() }),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  merged_by: Login.nullish(),
  mergeable: z.boolean().nullish(),
  mergeable_state: z.string().nullish(),
});
type Pull = z.infer<typeof Pull>;

const Review = z.object({ id: z.int(), state: z.string(), user: Login.nullish() });
type Review = z.infer<typeof Review>;

const Merged = z.object({ merged: z.boolean() });

/** Pull requests on GitHub. */
export class GithubPulls implements PullRequests {
  readonly #client: ForgeClient;
  readonly #path: string;
  readonly #repository: string;
  readonly #api: GithubApi;

  constructor(client: ForgeClient, repository: ForgeRepository) {
    this.#client = client;
    this.#repository = repository.path;
    this.#path = `repos/${repository.path}/pulls`;
    this.#api = new GithubApi(client, repository);
  }

  label(number: number): string {
    return `#${number}`;
  }

  async defaultBranch(): Promise<string> {
    return (await this.#api.repository()).default_branch;
  }

  async find(head: string, base: string): Promise<readonly PullRequest[]> {
    const [owner = ""] = this.#repository.split("/");
    const query = { state: "all", head: `${owner}:${head}`, base, sort: "created", direction: "desc" };
    const pages = await this.#client.all({ path: this.#path, query, as: z.array(Pull), what: this.#what() });
    return pages.flat().map(requestOf);
  }

  async open({ title, body, head, base, draft }: PullRequestOrder): Promise<PullRequest> {
    const what = `a pull request from ${nameText(head)} into ${nameText(base)} of ${this.#repository}`;
    const json = { title, body, head, base, draft };
    return requestOf(await this.#client.order({ method: "POST", path: this.#path, json, as: Pull, what }));
  }

  async get(number: number): Promise<PullRequest> {
    const what = `pull request #${number} of ${this.#repository}`;
    return requestOf(await this.#client.get({ path: `${this.#path}/${number}`, as: Pull, what }));
  }

  async standing({ number, sha }: PullRequest): Promise<Standing> {
    const { runs } = await this.#api.checkRuns(sha);
    const statuses = await this.#api.statuses(sha);
    const unfinished = unfinishedSuites(await this.#api.checkSuites(sha));
    const path = `${this.#path}/${number}/reviews`;
    const reviews = await this.#client.all({ path, as: z.array(Review), what: `the reviews of #${number}` });
    const checks = [...checksOfRuns(runs), ...checksOfStatuses(statuses)];
    return {
      checks: checks.length,
      failed: checks.filter(({ state }) => state === "failed"),
      pending: [...checks.filter(({ state }) => state === "pending"), ...unfinished],
      ...reviewers(reviews.flat()),
    };
  }

  async merge({ number, method, sha, title, message }: MergeOrder): Promise<void> {
    const json = {
      merge_method: method,
      sha,
      ...(title !== undefined && { commit_title: title }),
      ...(message !== undefined && { commit_message: message }),
    };
    const what = `the merge of #${number} of ${this.#repository}`;
    await this.#client.order({ method: "PUT", path: `${this.#path}/${number}/merge`, json, as: Merged, what });
  }

  #what(): string {
    return `the pull requests of ${this.#repository}`;
  }
}

function requestOf(pull: Pull): PullRequest {
  const isMerged = pull.merged_at !== null && pull.merged_at !== undefined;
  const closed = pull.state === "open" ? "open" : "closed";
  return {
    number: pull.number,
    url: linkText(pull.html_url),
    state: isMerged ? "merged" : closed,
    head: pull.head.ref,
    sha: pull.head.sha,
    base: pull.base.ref,
    body: pull.body ?? "",
    readiness: readinessOf(pull),
    // Before it is merged this is a commit that GitHub made to try.
    mergedAs: isMerged ? (pull.merge_commit_sha ?? "") : "",
    mergedBy: nameText(pull.merged_by?.login ?? ""),
  };
}

/**
 * GitHub works out in the background whether it can be merged, and says `null` meanwhile. `blocked` means that a rule of the branch
 * is not met, `unstable` that a check is red or not over which no rule requires, `has_hooks` that the server asks a script.
 */
function readinessOf({ draft, mergeable, mergeable_state: state }: Pull): Readiness {
  if (draft === true) return { kind: "waiting", why: "it is a draft" };
  if (mergeable === null || mergeable === undefined || state === "unknown") return { kind: "checking" };
  if (!mergeable || state === "dirty") return { kind: "conflict" };
  switch (state) {
    case "clean":
    case "has_hooks":
    case "unstable":
      return { kind: "ready" };
    case "behind":
      return {
        kind: "waiting",
        why: "its branch is behind the one that it goes into, and has to be brought up to date",
      };
    case "blocked":
      return { kind: "waiting", why: "a review or a check is missing that the branch requires" };
    case null:
    case undefined:
    default:
      return { kind: "waiting", why: `GitHub calls it ${nameText(state ?? "unknown")}` };
  }
}

/** One whose checks are all over is not over itself while it has jobs that wait for others. */
function unfinishedSuites(suites: readonly CheckSuite[]): readonly CommitCheck[] {
  return openSuites(suites).map((name) => ({
    name,
    kind: "check",
    state: "pending",
    conclusion: "in_progress",
    url: "",
  }));
}

/** What each person said last counts; a comment takes nothing back. */
function reviewers(reviews: readonly Review[]): Pick<Standing, "approvedBy" | "changesAskedBy"> {
  const last = new Map<string, string>();
  for (const { state, user } of reviews.toSorted((left, right) => left.id - right.id)) {
    if (user !== null && user !== undefined && state !== "COMMENTED" && state !== "PENDING")
      last.set(user.login, state);
  }
  const saying = (wanted: string): readonly string[] =>
    [...last].flatMap(([login, state]) => (state === wanted ? [nameText(login)] : []));
  return { approvedBy: saying("APPROVED"), changesAskedBy: saying("CHANGES_REQUESTED") };
}
