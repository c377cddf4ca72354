import { z } from "zod";

import type { CommitCheck } from "./commit-check.ts";
import type { ForgeClient } from "./forge-client.ts";
import type { ForgeRepository } from "./forge-repository.ts";
import { linkText, nameText } from "./forge-text.ts";
import type { MergeOrder, PullRequest, PullRequestOrder, PullRequests, Readiness, Standing } from "./pull-request.ts";

const User = z.object({ username: z.string() });

const MergeRequest = z.object({
  iid: z.int(),
  web_url: z.string(),
  state: z.string(),
  draft: z.boolean().nullish(),
  description: z.string().nullish(),
  source_branch: z.string(),
  target_branch: z.string(),
  sha: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  squash_commit_sha: z.string().nullish(),
  merge_user: User.nullish(),
  detailed_merge_status: z.string().nullish(),
  head_pipeline: z
    .object({ id: z.int(), status: z.string(), sha: z.string().nullish(), web_url: z.string().nullish() })
    .nullish(),
});
type MergeRequest = z.infer<typeof MergeRequest>;

const Approvals = z.object({ approved_by: z.array(z.object({ user: User })) });
const Project = z.object({ default_branch: z.string() });

/** Merge requests on GitLab. */
export class GitlabMergeRequests implements PullRequests {
  readonly #client: ForgeClient;
  readonly #project: string;
  readonly #repository: string;

  constructor(client: ForgeClient, repository: ForgeRepository) {
    this.#client = client;
    this.#repository = repository.path;
    this.#project = `projects/${encodeURIComponent(repository.path)}`;
  }

  label(number: number): string {
    return `!${number}`;
  }

  async defaultBranch(): Promise<string> {
    const what = `the project ${this.#repository}`;
    return (await this.#client.get({ path: this.#project, as: Project, what })).default_branch;
  }

  async find(head: string, base: string): Promise<readonly PullRequest[]> {
    const query = { source_branch: head, target_branch: base, state: "all", order_by: "created_at", sort: "desc" };
    const what = `the merge requests of ${this.#repository}`;
    const pages = await this.#client.all({ path: this.#path(), query, as: z.array(MergeRequest), what });
    return pages.flat().map(requestOf);
  }

  async open({ title, body, head, base, draft }: PullRequestOrder): Promise<PullRequest> {
    const json = {
      source_branch: head,
      target_branch: base,
      title: draft ? `Draft: ${title}` : title,
      description: body,
    };
    const what = `a merge request from ${nameText(head)} into ${nameText(base)} of ${this.#repository}`;
    return requestOf(await this.#client.order({ method: "POST", path: this.#path(), json, as: MergeRequest, what }));
  }

  async get(number: number): Promise<PullRequest> {
    return requestOf(await this.#read(number));
  }

  async standing({ number, sha }: PullRequest): Promise<Standing> {
    const { head_pipeline: pipeline } = await this.#read(number);
    const path = this.#path(`/${number}/approvals`);
    const { approved_by: approved } = await this.#client.get({
      path,
      as: Approvals,
      what: `the approvals of !${number}`,
    });
    const check = pipeline === null || pipeline === undefined ? undefined : pipelineCheck(pipeline, sha);
    return {
      checks: check === undefined ? 0 : 1,
      failed: check?.state === "failed" ? [check] : [],
      pending: check?.state === "pending" ? [check] : [],
      approvedBy: approved.map(({ user }) => nameText(user.username)),
      // GitLab says that itself, in the status of the merge request.
      changesAskedBy: [],
    };
  }

  async merge({ number, method, sha, title, message }: MergeOrder): Promise<void> {
    const text = [title, message].filter((part) => part !== undefined).join("\n\n");
    const json = {
      sha,
      squash: method === "squash",
      ...(text !== "" && { [method === "squash" ? "squash_commit_message" : "merge_commit_message"]: text }),
    };
    const what = `the merge of !${number} of ${this.#repository}`;
    await this.#client.order({ method: "PUT", path: this.#path(`/${number}/merge`), json, as: MergeRequest, what });
  }

  async #read(number: number): Promise<MergeRequest> {
    const what = `merge request !${number} of ${this.#repository}`;
    return await this.#client.get({ path: this.#path(`/${number}`), as: MergeRequest, what });
  }

  #path(below = ""): string {
    return `${this.#project}/merge_requests${below}`;
  }
}

function requestOf(request: MergeRequest): PullRequest {
  const { state } = request;
  const isMerged = state === "merged";
  return {
    number: request.iid,
    url: linkText(request.web_url),
    // `locked` is one that is being merged.
    state: isMerged ? "merged" : (state === "closed" && "closed") || "open",
    head: request.source_branch,
    sha: request.sha ?? "",
    base: request.target_branch,
    body: request.description ?? "",
    readiness: state === "locked" ? { kind: "checking" } : readinessOf(request),
    mergedAs: isMerged ? commitOf(request) : "",
    mergedBy: nameText(request.merge_user?.username ?? ""),
  };
}

/** Without a merge commit and without squashing, the base was moved on to the newest commit of the branch. */
function commitOf({ merge_commit_sha: merged, squash_commit_sha: squashed, sha }: MergeRequest): string {
  return merged ?? squashed ?? sha ?? "";
}

const WHY: Readonly<Record<string, string>> = {
  not_approved: "an approval is missing",
  requested_changes: "somebody asked for changes",
  discussions_not_resolved: "discussions are not resolved",
  draft_status: "it is a draft",
  ci_still_running: "its pipeline is running",
  ci_must_pass: "its pipeline has to succeed first",
  need_rebase: "its branch has to be rebased",
  external_status_checks: "external status checks are not over",
  merge_request_blocked: "another merge request has to be merged first",
  security_policy_violations: "it violates a security policy",
  locked_paths: "some of its paths are locked",
};

function readinessOf({ detailed_merge_status: status }: MergeRequest): Readiness {
  switch (status) {
    case "mergeable":
      return { kind: "ready" };
    case "unchecked":
    case "checking":
    case "preparing":
    case "approvals_syncing":
      return { kind: "checking" };
    case "conflict":
    case "broken_status":
      return { kind: "conflict" };
    case null:
    case undefined:
    default:
      return { kind: "waiting", why: WHY[status ?? ""] ?? `GitLab calls it ${nameText(status ?? "unknown")}` };
  }
}

function pipelineCheck(pipeline: NonNullable<MergeRequest["head_pipeline"]>, sha: string): CommitCheck {
  const { id, status, web_url: url } = pipeline;
  const isOver = ["success", "failed", "canceled", "skipped"].includes(status);
  // One of an older commit says nothing about the newest.
  const isOlder = typeof pipeline.sha === "string" && pipeline.sha !== sha;
  const over = status === "success" ? "passed" : "failed";
  const state = isOver && !isOlder ? over : "pending";
  return { name: `pipeline ${id}`, kind: "check", state, conclusion: status, url: linkText(url) };
}
