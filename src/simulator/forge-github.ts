import { z } from "zod";

import type { CiRun } from "./forge-ci.ts";
import type { ForgePull } from "./forge-requests.ts";
import { type Asked, projectRoutes } from "./forge-project-routes.ts";
import { type ForgeAnswer, ForgeRefusal, type ForgeRoute } from "./forge-router.ts";
import type { ForgeProject, ForgeState } from "./forge-state.ts";

const BASE = "/repos/{owner}/{repo}";
const NOT_FOUND = { message: "Not Found", documentation_url: "https://docs.github.com/rest", status: "404" };

const NewPull = z.looseObject({
  title: z.string(),
  body: z.string().default(""),
  head: z.string(),
  base: z.string(),
  draft: z.boolean().default(false),
});

const Merge = z.looseObject({
  sha: z.string().optional(),
  merge_method: z.enum(["merge", "squash", "rebase"]).default("merge"),
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
});

/** The part of GitHub's REST API that is asked for checks and pull requests, below the address of the API. */
export function githubRoutes(state: ForgeState): readonly ForgeRoute[] {
  const { read, write } = projectRoutes(BASE, ({ owner, repo }) => {
    const project = state.projects.get(`${owner}/${repo}`);
    if (project === undefined) throw new ForgeRefusal(404, NOT_FOUND);
    return project;
  });
  return [
    read("", ({ project }) => ({ body: repositoryBody(state, project) })),
    read("/commits/{sha}/check-runs", (asked) => checkRuns(state, asked)),
    read("/commits/{sha}/check-suites", checkSuites),
    read("/commits/{sha}/status", combinedStatus),
    read("/actions/runs", (asked) => workflowRuns(state, asked)),
    read("/pulls", (asked) => pulls(state, asked)),
    read("/pulls/{number}", async (asked) => ({ body: await pullBody(state, asked.project, await pullOf(asked)) })),
    read("/pulls/{number}/reviews", async (asked) => {
      const { reviews } = await pullOf(asked);
      return {
        body: reviews.map(({ id, user, state: said }) => ({ id, user: { login: user }, state: said })),
        list: "self",
      };
    }),
    write("POST", "/pulls", (asked) => openPull(state, asked)),
    write("PUT", "/pulls/{number}/merge", mergePull),
  ];
}

function repositoryBody(state: ForgeState, { id, path }: ForgeProject): object {
  return { id, full_name: path, html_url: `${state.url()}/${path}`, default_branch: "main", private: true };
}

async function commitOf({ project, params }: Asked): Promise<string> {
  const sha = params["sha"] ?? "";
  if (await project.git.hasCommit(sha)) return sha;
  throw new ForgeRefusal(422, { message: `No commit found for SHA: ${sha}`, status: "422" });
}

async function checkRuns(state: ForgeState, asked: Asked): Promise<ForgeAnswer> {
  const { project } = asked;
  const runs = project.ci.runs(await commitOf(asked));
  const body = {
    total_count: runs.length,
    check_runs: runs.map((run) => ({
      id: run.id,
      name: run.name,
      status: run.status,
      conclusion: run.conclusion,
      html_url: `${state.url()}/${project.path}/runs/${run.id}`,
      details_url: `${state.url()}/${project.path}/runs/${run.id}`,
      check_suite: { id: run.suite },
      app: { slug: run.app.toLowerCase().replaceAll(" ", "-"), name: run.app },
      output: { title: null, summary: null, text: null, annotations_count: 0 },
    })),
  };
  return { body, list: "check_runs" };
}

async function checkSuites(asked: Asked): Promise<ForgeAnswer> {
  const { ci } = asked.project;
  const sha = await commitOf(asked);
  const suites = ci.suites(sha).map(({ id, app }) => {
    const runs = ci.runs(sha).filter(({ suite }) => suite === id);
    const isOver = runs.every(({ status }) => status === "completed");
    return {
      id,
      head_sha: sha,
      status: isOver ? "completed" : "in_progress",
      conclusion: isOver ? worst(runs) : null,
      latest_check_runs_count: runs.length,
      app: { name: app },
    };
  });
  return { body: { total_count: suites.length, check_suites: suites }, list: "check_suites" };
}

function worst(runs: readonly CiRun[]): string {
  return runs.find(({ conclusion }) => conclusion !== "success")?.conclusion ?? "success";
}

async function combinedStatus(asked: Asked): Promise<ForgeAnswer> {
  const sha = await commitOf(asked);
  const statuses = asked.project.ci
    .statuses(sha)
    .map(({ id, context, state, url }) => ({ id, context, state, target_url: url }));
  const isBad = statuses.some(({ state }) => state === "failure" || state === "error");
  const isGreen = statuses.length > 0 && statuses.every(({ state }) => state === "success");
  const ended = isGreen ? "success" : "pending";
  return { body: { state: isBad ? "failure" : ended, sha, total_count: statuses.length, statuses }, list: "statuses" };
}

async function workflowRuns(state: ForgeState, asked: Asked): Promise<ForgeAnswer> {
  const { project, query } = asked;
  const sha = query.get("head_sha") ?? "";
  const runs = project.ci.suites(sha).map(({ id, app }) => {
    const jobs = project.ci.runs(sha).filter(({ suite }) => suite === id);
    const isOver = jobs.every(({ status }) => status === "completed");
    return {
      id,
      name: app,
      path: ".github/workflows/ci.yaml",
      head_sha: sha,
      status: isOver ? "completed" : "in_progress",
      conclusion: isOver ? worst(jobs) : null,
      html_url: `${state.url()}/${project.path}/actions/runs/${id}`,
    };
  });
  return { body: { total_count: runs.length, workflow_runs: runs }, list: "workflow_runs" };
}

async function pulls(state: ForgeState, { project, query }: Asked): Promise<ForgeAnswer> {
  const [wanted, head, base] = [query.get("state") ?? "open", query.get("head"), query.get("base")];
  const [owner = ""] = project.path.split("/");
  const found = (await project.requests.all()).filter(
    (pull) =>
      (wanted === "all" || (wanted === "open") === (pull.state === "open")) &&
      (head === null || head === `${owner}:${pull.head}`) &&
      (base === null || base === pull.base),
  );
  // What takes GitHub time is not in a list.
  const bodies = found.map((pull) => plainPull(state, project, pull));
  return { body: bodies, list: "self" };
}

async function pullOf({ project, params }: Asked): Promise<ForgePull> {
  const pull = await project.requests.get(Number(params["number"]));
  if (pull === undefined) throw new ForgeRefusal(404, NOT_FOUND);
  return pull;
}

function plainPull(state: ForgeState, { path }: ForgeProject, pull: ForgePull): object {
  const { number, title, body, head, base, draft, sha, mergeSha, mergedBy } = pull;
  return {
    number,
    title,
    body,
    draft,
    html_url: `${state.url()}/${path}/pull/${number}`,
    state: pull.state === "open" ? "open" : "closed",
    head: { ref: head, sha },
    base: { ref: base },
    merged_at: pull.state === "merged" ? "2026-11-22T00:00:00Z" : null,
    merge_commit_sha: mergeSha ?? null,
    merged_by: mergedBy === undefined ? null : { login: mergedBy },
  };
}

async function pullBody(state: ForgeState, project: ForgeProject, pull: ForgePull): Promise<object> {
  const mergeableState = pull.state === "open" ? await mergeableOf(project, pull) : "unknown";
  const isKnown = mergeableState !== "unknown";
  return {
    ...plainPull(state, project, pull),
    merged: pull.state === "merged",
    mergeable: isKnown ? mergeableState !== "dirty" : null,
    mergeable_state: mergeableState,
  };
}

/** GitHub's `mergeable_state`. */
export async function mergeableOf({ requests, ci, rules }: ForgeProject, pull: ForgePull): Promise<string> {
  const tried = await requests.mergeable(pull);
  if (tried !== "clean") return tried;
  if (pull.draft) return "draft";
  const last = new Map(pull.reviews.map(({ user, state }) => [user, state]));
  const said = [...last.values()];
  const approvals = said.filter((state) => state === "APPROVED").length;
  const runs = ci.runs(pull.sha);
  const isGreen = (name: string): boolean => runs.some((run) => run.name === name && isGood(run));
  const isBlocked = approvals < rules.approvals || (rules.approvals > 0 && said.includes("CHANGES_REQUESTED"));
  if (isBlocked || !rules.required.every(isGreen)) return "blocked";
  return runs.every(isGood) ? "clean" : "unstable";
}

function isGood({ conclusion }: CiRun): boolean {
  return conclusion === "success" || conclusion === "neutral" || conclusion === "skipped";
}

async function openPull(state: ForgeState, { project, body }: Asked): Promise<ForgeAnswer> {
  const asked = NewPull.parse(body);
  const [head, base] = [await project.git.head(asked.head), await project.git.head(asked.base)];
  if (head === undefined) throw invalid({ resource: "PullRequest", field: "head", code: "invalid" });
  if (base === undefined) throw invalid({ resource: "PullRequest", field: "base", code: "invalid" });
  const [owner = ""] = project.path.split("/");
  const all = await project.requests.all();
  if (all.some((pull) => pull.state === "open" && pull.head === asked.head && pull.base === asked.base)) {
    throw invalid({ code: "custom", message: `A pull request already exists for ${owner}:${asked.head}.` });
  }
  if ((await project.git.tryMerge(base, head)).kind === "nothing") {
    throw invalid({ code: "custom", message: `No commits between ${asked.base} and ${asked.head}` });
  }
  const pull = await project.requests.open(asked);
  return { status: 201, body: await pullBody(state, project, pull) };
}

function invalid(error: object): ForgeRefusal {
  return new ForgeRefusal(422, { message: "Validation Failed", errors: [error], status: "422" });
}

async function mergePull(asked: Asked): Promise<ForgeAnswer> {
  const { project, user, body } = asked;
  const order = Merge.parse(body);
  const pull = await pullOf(asked);
  await refuseMerge(project, pull, order);
  const title = order.commit_title ?? `Merge pull request #${pull.number} from ${pull.head}`;
  const message = `${title}\n\n${order.commit_message ?? pull.title}`;
  const squash = order.merge_method === "squash";
  const merged = await project.requests.merge(pull.number, { user, message, squash });
  if (merged === undefined) throw refused(405, "Pull Request is not mergeable");
  return { body: { sha: merged, merged: true, message: "Pull Request successfully merged" } };
}

async function refuseMerge(project: ForgeProject, pull: ForgePull, order: z.infer<typeof Merge>): Promise<void> {
  const { sha, merge_method: method } = order;
  if (method === "rebase" || project.rules.refused.includes(method)) {
    const name = `${method[0]?.toUpperCase()}${method.slice(1)}`;
    throw refused(405, `${name} merges are not allowed on this repository.`);
  }
  if (sha !== undefined && sha !== pull.sha && pull.state === "open") {
    throw refused(409, "Head branch was modified. Review and try the merge again.");
  }
  const now = pull.state === "open" ? await mergeableOf(project, pull) : "closed";
  if (["closed", "blocked", "dirty", "draft"].includes(now)) throw refused(405, "Pull Request is not mergeable");
}

function refused(status: number, message: string): ForgeRefusal {
  return new ForgeRefusal(status, { message, status: String(status) });
}
