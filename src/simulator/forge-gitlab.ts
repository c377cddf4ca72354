import { z } from "zod";

import type { CiRun } from "./forge-ci.ts";
import { mergeableOf } from "./forge-github.ts";
import type { ForgePull } from "./forge-requests.ts";
import { type Asked, projectRoutes } from "./forge-project-routes.ts";
import { type ForgeAnswer, ForgeRefusal, type ForgeRoute } from "./forge-router.ts";
import type { ForgeProject, ForgeState } from "./forge-state.ts";

const BASE = "/projects/{id}";

const NewRequest = z.looseObject({
  title: z.string(),
  description: z.string().default(""),
  source_branch: z.string(),
  target_branch: z.string(),
});

const Merge = z.looseObject({
  sha: z.string().optional(),
  squash: z.boolean().default(false),
  merge_commit_message: z.string().optional(),
  squash_commit_message: z.string().optional(),
});

/** The part of GitLab's REST API that is asked for pipelines and merge requests, below the address of the API. */
export function gitlabRoutes(state: ForgeState): readonly ForgeRoute[] {
  const { read, write } = projectRoutes(BASE, ({ id = "" }) => {
    const project = state.projects.get(id) ?? [...state.projects.values()].find((each) => String(each.id) === id);
    if (project === undefined) throw new ForgeRefusal(404, { message: "404 Project Not Found" });
    return project;
  });
  return [
    read("", ({ project }) => ({
      body: {
        id: project.id,
        path_with_namespace: project.path,
        default_branch: "main",
        web_url: `${state.url()}/${project.path}`,
      },
    })),
    read("/pipelines", (asked) => pipelines(state, asked)),
    read("/pipelines/{pipeline}/jobs", (asked) => jobs(state, asked)),
    read("/pipelines/{pipeline}/bridges", () => ({ body: [], list: "self" })),
    read("/merge_requests", (asked) => mergeRequests(state, asked)),
    read("/merge_requests/{number}", async (asked) => ({
      body: await requestBody(state, asked.project, await requestOf(asked)),
    })),
    read("/merge_requests/{number}/approvals", async (asked) => {
      const { reviews } = await requestOf(asked);
      const approved = reviews.filter(({ state: said }) => said === "APPROVED");
      return { body: { approved_by: approved.map(({ user }) => ({ user: { username: user } })) } };
    }),
    write("POST", "/merge_requests", (asked) => openRequest(state, asked)),
    write("PUT", "/merge_requests/{number}/merge", (asked) => mergeRequest(state, asked)),
  ];
}

/** There is one pipeline for each commit that has jobs. */
function pipelineOf(state: ForgeState, { ci, id, path }: ForgeProject, sha: string): object | undefined {
  const [suite] = ci.suites(sha);
  if (suite === undefined) return undefined;
  const status = pipelineStatus(ci.runs(sha));
  const number = suite.id;
  return {
    id: number,
    project_id: id,
    sha,
    ref: "main",
    source: "push",
    status,
    web_url: `${state.url()}/${path}/-/pipelines/${number}`,
  };
}

function pipelineStatus(runs: readonly CiRun[]): string {
  const counted = runs.filter(({ allowFailure, conclusion }) => !(allowFailure && conclusion === "failure"));
  if (counted.some(({ status }) => status !== "completed")) return "running";
  const ended = new Set(counted.map(({ conclusion }) => conclusion));
  if (ended.has("failure")) return "failed";
  if (ended.has("canceled")) return "canceled";
  return ended.has("manual") ? "manual" : "success";
}

async function pipelines(state: ForgeState, { project, query }: Asked): Promise<ForgeAnswer> {
  const sha = query.get("sha") ?? "";
  if (!(await project.git.hasCommit(sha))) return { body: [], list: "self" };
  const pipeline = pipelineOf(state, project, sha);
  return { body: pipeline === undefined ? [] : [pipeline], list: "self" };
}

function jobs(state: ForgeState, { project, params }: Asked): ForgeAnswer {
  const sha = project.ci.commitOf(Number(params["pipeline"]));
  if (sha === undefined) throw new ForgeRefusal(404, { message: "404 Not found" });
  const body = project.ci.runs(sha).map((run) => ({
    id: run.id,
    name: run.name,
    stage: "test",
    status: jobStatus(run),
    allow_failure: run.allowFailure,
    failure_reason: run.conclusion === "failure" ? "script_failure" : null,
    web_url: `${state.url()}/${project.path}/-/jobs/${run.id}`,
  }));
  return { body, list: "self" };
}

function jobStatus({ status, conclusion }: CiRun): string {
  if (status !== "completed") return status === "queued" ? "pending" : "running";
  return conclusion === "failure" ? "failed" : (conclusion ?? "success");
}

async function mergeRequests(state: ForgeState, { project, query }: Asked): Promise<ForgeAnswer> {
  const [source, target, wanted] = [query.get("source_branch"), query.get("target_branch"), query.get("state")];
  const found = (await project.requests.all()).filter(
    (request) =>
      (source === null || source === request.head) &&
      (target === null || target === request.base) &&
      (wanted === null || wanted === "all" || wanted === stateName(request)),
  );
  return { body: await Promise.all(found.map((request) => requestBody(state, project, request))), list: "self" };
}

async function requestOf({ project, params }: Asked): Promise<ForgePull> {
  const request = await project.requests.get(Number(params["number"]));
  if (request === undefined) throw new ForgeRefusal(404, { message: "404 Not found" });
  return request;
}

function stateName({ state }: ForgePull): string {
  return state === "open" ? "opened" : state;
}

async function requestBody(state: ForgeState, project: ForgeProject, request: ForgePull): Promise<object> {
  const { number, title, body, head, base, sha, mergeSha, mergedBy } = request;
  return {
    iid: number,
    title,
    description: body,
    draft: request.draft,
    web_url: `${state.url()}/${project.path}/-/merge_requests/${number}`,
    state: stateName(request),
    source_branch: head,
    target_branch: base,
    sha,
    merge_commit_sha: mergeSha ?? null,
    squash_commit_sha: null,
    merge_user: mergedBy === undefined ? null : { username: mergedBy },
    detailed_merge_status: request.state === "open" ? await detailedStatus(project, request) : "not_open",
    head_pipeline: pipelineOf(state, project, sha) ?? null,
  };
}

async function detailedStatus(project: ForgeProject, request: ForgePull): Promise<string> {
  const now = await mergeableOf(project, request);
  const { approvals } = project.rules;
  const given = request.reviews.filter(({ state }) => state === "APPROVED").length;
  switch (now) {
    case "unknown":
      return "checking";
    case "dirty":
      return "conflict";
    case "draft":
      return "draft_status";
    case "blocked":
      return given < approvals ? "not_approved" : "ci_must_pass";
    default:
      return "mergeable";
  }
}

async function openRequest(state: ForgeState, { project, body }: Asked): Promise<ForgeAnswer> {
  const asked = NewRequest.parse(body);
  const { source_branch: head, target_branch: base } = asked;
  if ((await project.git.head(head)) === undefined)
    throw new ForgeRefusal(400, { message: { source_branch: ["does not exist"] } });
  const open = (await project.requests.all()).find(
    (each) => each.state === "open" && each.head === head && each.base === base,
  );
  if (open !== undefined) {
    throw new ForgeRefusal(409, {
      message: [`Another open merge request already exists for this source branch: !${open.number}`],
    });
  }
  const draft = asked.title.startsWith("Draft: ");
  const request = await project.requests.open({ title: asked.title, body: asked.description, head, base, draft });
  return { status: 201, body: await requestBody(state, project, request) };
}

async function mergeRequest(state: ForgeState, asked: Asked): Promise<ForgeAnswer> {
  const { project, user, body } = asked;
  const { sha, squash, merge_commit_message: merged, squash_commit_message: squashed } = Merge.parse(body);
  const request = await requestOf(asked);
  const now = await detailedStatus(project, request);
  if (request.state !== "open" || (now !== "mergeable" && now !== "conflict")) {
    throw new ForgeRefusal(405, { message: "405 Method Not Allowed" });
  }
  if (now === "conflict") throw new ForgeRefusal(422, { message: "Branch cannot be merged" });
  if (sha !== undefined && sha !== request.sha) {
    throw new ForgeRefusal(409, { message: `SHA does not match HEAD of source branch: ${request.sha}` });
  }
  const message = (squash ? squashed : merged) ?? `Merge branch '${request.head}' into '${request.base}'`;
  const done = await project.requests.merge(request.number, { user, message, squash });
  if (done === undefined) throw new ForgeRefusal(422, { message: "Branch cannot be merged" });
  return { body: await requestBody(state, project, await requestOf(asked)) };
}
