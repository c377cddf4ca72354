import { BOT, type ForgeServer, type Request } from "./forge-server.ts";
import { NOT_FOUND, paged, refusal, type Route, routed, type WireAnswer, type WireCall } from "./forge-wire.ts";
import { asksForChanges, REPOSITORY } from "./github-wire.ts";
import { MAIN } from "./git-server.ts";
import { HIDDEN_PROJECT, type Pipeline, PROJECT } from "./pipeline-book.ts";

const SITE = `https://forge.test/${REPOSITORY}/-`;

const ROUTES: readonly Route<ForgeServer>[] = [
  [/^$/u, () => ({ status: 200, json: { default_branch: MAIN } })],
  [/^\/pipelines$/u, newest],
  [
    /^\/pipelines\/(\d+)\/(jobs|bridges)$/u,
    (forge, call, id, part = "") => parts(forge, { call, id: Number(id), part }),
  ],
  [/^\/merge_requests$/u, (forge, call) => (call.method === "POST" ? opened(forge, call) : listed(forge, call))],
  [/^\/merge_requests\/(\d+)(?:\/(\w+))?$/u, requestAnswer],
];

/** GitLab's API, as far as the steps use it. */
export function gitlabAnswer(forge: ForgeServer, call: WireCall): WireAnswer {
  const [, project = "", path = ""] = /^projects\/([^/]+)(.*)$/u.exec(call.path) ?? [];
  const isOwn = [encodeURIComponent(REPOSITORY), String(PROJECT)].includes(project);
  // It does not say whether it is there.
  return isOwn ? routed(ROUTES, { server: forge, call, path }) : NOT_FOUND;
}

function requestAnswer(forge: ForgeServer, call: WireCall, number = "", verb = ""): WireAnswer {
  const request = forge.get(Number(number));
  if (request === undefined) return NOT_FOUND;
  if (verb === "merge") return merged(forge, { call, request });
  if (verb === "approvals") return approved(request);
  const [pipeline] = forge.pipelines.of(forge.headOf(request), call.now);
  const row = { id: request.number, name: forge.headOf(request), state: request.state.now };
  const state = pipeline === undefined ? "none" : forge.pipelines.status(pipeline, call.now);
  const ready = { id: 0, name: "readiness", state: readiness(forge, request, call.now) };
  const rows = [row, { id: pipeline?.id ?? 0, name: "pipeline", state }, ready];
  return { status: 200, json: shown(forge, request, call.now), rows };
}

function approved({ reviews }: Request): WireAnswer {
  const by = reviews.filter(({ state }) => state === "APPROVED");
  return { status: 200, json: { approved_by: by.map(({ user }) => ({ user: { username: user } })) } };
}

function pipelineJson(forge: ForgeServer, pipeline: Pipeline, now: number): object {
  const { id, project, ref, source } = pipeline;
  const status = forge.pipelines.status(pipeline, now);
  return { id, project_id: project, ref, source, status, web_url: `${SITE}/pipelines/${id}` };
}

function newest(forge: ForgeServer, call: WireCall): WireAnswer {
  const { query, now } = call;
  const sha = query.get("sha") ?? "";
  const [ref, source] = [query.get("ref"), query.get("source")];
  const all = forge.pipelines
    .of(sha, now)
    .filter((one) => (ref === null || one.ref === ref) && (source === null || one.source === source));
  const sorted = query.get("sort") === "desc" ? all : all.toReversed();
  const items = sorted.slice(0, Number(query.get("per_page") ?? "20"));
  const rows = items.map((one) => ({
    id: one.id,
    name: one.source,
    state: forge.pipelines.status(one, now),
    isNewest: one === all[0],
  }));
  return {
    status: 200,
    json: items.map((one) => pipelineJson(forge, one, now)),
    rows,
  };
}

function parts(
  forge: ForgeServer,
  { call, id, part }: { readonly call: WireCall; readonly id: number; readonly part: string },
): WireAnswer {
  const pipeline = forge.pipelines.find(id);
  if (pipeline === undefined || pipeline.project === HIDDEN_PROJECT) return NOT_FOUND;
  const { now } = call;
  if (part === "jobs") {
    const { items, hasMore } = paged(call, forge.pipelines.jobs(pipeline, now));
    const json = items.map(({ mayFail, ...job }) => ({
      ...job,
      stage: "all",
      allow_failure: mayFail,
      web_url: `${SITE}/jobs/${job.id}`,
    }));
    const rows = items.map(({ id: of, name, status: state, mayFail }) => ({ id: of, name, state, mayFail, group: id }));
    return { status: 200, json, rows, hasMore };
  }
  const { items, hasMore } = paged(call, forge.pipelines.bridges(pipeline, now));
  const json = items.map(({ mayFail, below, ...job }) => ({
    ...job,
    stage: "all",
    allow_failure: mayFail,
    web_url: null,
    downstream_pipeline: below === undefined ? null : pipelineJson(forge, below, now),
  }));
  const rows = items.map(({ mayFail, below, name }) => ({
    id: below?.id ?? 0,
    name,
    mayFail,
    group: id,
    state: below === undefined ? "created" : forge.pipelines.status(below, now),
  }));
  return { status: 200, json, rows, hasMore };
}

function shown(forge: ForgeServer, request: Request, now: number): object {
  const { number, title, body, head, base, isDraft, state, merged: done } = request;
  const [pipeline] = forge.pipelines.of(forge.headOf(request), now);
  const sha = forge.headOf(request);
  return {
    iid: number,
    title,
    description: body,
    source_branch: head,
    target_branch: base,
    sha,
    draft: isDraft.now,
    web_url: `${SITE}/merge_requests/${number}`,
    state: { open: "opened", locked: "locked", merged: "merged", closed: "closed" }[state.now],
    merge_commit_sha: done?.sha ?? null,
    merge_user: done === undefined ? null : { username: done.by },
    detailed_merge_status: readiness(forge, request, now),
    head_pipeline: pipeline === undefined ? null : { ...pipelineJson(forge, pipeline, now), sha },
  };
}

function readiness(forge: ForgeServer, request: Request, now: number): string {
  if (request.state.now !== "open") return "not_open";
  if (request.checkedAt > now) return "checking";
  if (forge.hasConflict(request)) return "conflict";
  if (asksForChanges(request)) return "requested_changes";
  return { draft: "draft_status", review: "not_approved", checks: "ci_must_pass", "": "mergeable" }[
    forge.missing(request, now)
  ];
}

function opened(forge: ForgeServer, { body, asker, sentAt, now }: WireCall): WireAnswer {
  const [head = "", base = "", title = "", text = ""] = ["source_branch", "target_branch", "title", "description"].map(
    (name) => String(body[name]),
  );
  const isDraft = title.startsWith("Draft: ");
  const request = forge.open({ head, base, title, body: text, isDraft }, { asker, sentAt, now });
  if (typeof request === "object") return { status: 201, json: shown(forge, request, now) };
  // GitLab opens one of which nothing would come.
  const why = {
    "no-branch": "source_branch does not exist",
    nothing: "nothing to merge",
    there: "Another open merge request already exists for this source branch: !1",
  }[request];
  return { status: request === "there" ? 409 : 400, json: { message: [why] } };
}

function listed(forge: ForgeServer, call: WireCall): WireAnswer {
  const { query, now } = call;
  const all = forge.requests.filter(
    (one) => one.head === query.get("source_branch") && one.base === query.get("target_branch"),
  );
  const wanted = query.get("state") === "all" ? all : all.filter(({ state }) => state.now === "open");
  const { items, hasMore } = paged(call, wanted.toReversed());
  return { status: 200, json: items.map((request) => shown(forge, request, now)), hasMore };
}

function merged(
  forge: ForgeServer,
  { call, request }: { readonly call: WireCall; readonly request: Request },
): WireAnswer {
  const { asker, sentAt, now, body } = call;
  const { sha } = body;
  if (sha !== undefined && sha !== forge.headOf(request))
    return refusal(409, "SHA does not match HEAD of source branch");
  // It does not wait until it has found out by itself.
  const isDone = !asksForChanges(request) && forge.merge(request, { by: BOT, asker, sentAt, now });
  return isDone ? { status: 200, json: shown(forge, request, now) } : refusal(405, "405 Method Not Allowed");
}
