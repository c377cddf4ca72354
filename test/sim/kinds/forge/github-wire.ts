import { BOT, type ForgeServer, lastReviews, type Request } from "./forge-server.ts";
import { NOT_FOUND, paged, refusal, type Route, routed, type WireAnswer, type WireCall } from "./forge-wire.ts";
import { MAIN } from "./git-server.ts";

export const REPOSITORY = "acme/deploy";
const SITE = `https://forge.test/${REPOSITORY}`;

const ROUTES: readonly Route<ForgeServer>[] = [
  [/^$/u, () => ({ status: 200, json: { html_url: SITE, full_name: REPOSITORY, default_branch: MAIN } })],
  [/^\/commits\/([0-9a-f]+)\/(.+)$/u, (forge, call, sha = "", part = "") => commitAnswer(forge, { call, sha, part })],
  [/^\/actions\/runs$/u, workflowAnswer],
  [/^\/pulls$/u, (forge, call) => (call.method === "POST" ? opened(forge, call) : listed(forge, call))],
  [/^\/pulls\/(\d+)(?:\/(\w+))?$/u, requestAnswer],
];

/** GitHub's API, as far as the steps use it. */
export function githubAnswer(forge: ForgeServer, call: WireCall): WireAnswer {
  const path = call.path.replace(`repos/${REPOSITORY}`, "");
  return path === call.path ? NOT_FOUND : routed(ROUTES, { server: forge, call, path });
}

function requestAnswer(forge: ForgeServer, call: WireCall, number = "", verb = ""): WireAnswer {
  const request = forge.get(Number(number));
  if (request === undefined) return NOT_FOUND;
  if (verb === "merge") return merged(forge, { call, request });
  if (verb === "reviews") return reviewed(call, request);
  const row = { id: request.number, name: forge.headOf(request), state: request.state.now };
  const rows = [row, { id: 0, name: "readiness", state: readiness(forge, request, call.now).mergeable_state }];
  return { status: 200, json: pull(forge, { request, now: call.now, isWhole: true }), rows };
}

interface Commit {
  readonly call: WireCall;
  readonly sha: string;
  readonly part: string;
}

function commitAnswer({ checks }: ForgeServer, { call, sha, part }: Commit): WireAnswer {
  const { now } = call;
  switch (part) {
    case "check-runs": {
      const all = checks.runs(sha, now);
      const { items, hasMore } = paged(call, all);
      const rows = items.map(({ id, name, suite, status, conclusion }) => ({
        id,
        name,
        state: conclusion ?? status,
        group: suite,
      }));
      const runs = items.map(({ suite, ...run }) => ({
        ...run,
        check_suite: { id: suite },
        html_url: `${SITE}/runs/${run.id}`,
      }));
      return {
        status: 200,
        json: { total_count: all.length, check_runs: runs },
        rows,
        hasMore,
      };
    }
    case "status": {
      const { items, hasMore } = paged(call, checks.statuses(sha, now));
      const statuses = items.map(({ id, context, state }) => ({ id, context, state, target_url: null }));
      const rows = items.map(({ id, context: name, state }) => ({ id, name, state }));
      return { status: 200, json: { statuses }, rows, hasMore };
    }
    case "check-suites": {
      const { items, hasMore } = paged(call, checks.suites(sha, now));
      const suites = items.map(({ id, app, status, runs }) => ({
        id,
        status,
        latest_check_runs_count: runs,
        app: { name: app },
      }));
      const rows = items.map(({ id, app: name, status, runs }) => ({
        id,
        name,
        state: runs > 0 ? status : "completed",
      }));
      return { status: 200, json: { check_suites: suites }, rows, hasMore };
    }
    default:
      return NOT_FOUND;
  }
}

function workflowAnswer({ checks }: ForgeServer, call: WireCall): WireAnswer {
  const sha = call.query.get("head_sha") ?? "";
  const run = checks.workflow(sha, call.now);
  const other = {
    id: 1,
    name: "Docs",
    path: ".github/workflows/docs.yaml",
    status: "completed",
    conclusion: "success",
    html_url: SITE,
  };
  const own = run === undefined ? [] : [{ ...other, ...run, name: "CI", path: ".github/workflows/ci.yaml" }];
  const rows = own.map(({ id, name, status, conclusion }) => ({ id, name, state: conclusion ?? status }));
  return {
    status: 200,
    json: { workflow_runs: [...own, other] },
    rows,
  };
}

function pull(
  forge: ForgeServer,
  { request, now, isWhole }: { readonly request: Request; readonly now: number; readonly isWhole: boolean },
): object {
  const { number, title, body, head, base, isDraft, state, merged: done } = request;
  const isOpen = state.now === "open";
  return {
    number,
    title,
    body,
    draft: isDraft.now,
    state: isOpen ? "open" : "closed",
    html_url: `${SITE}/pull/${number}`,
    head: { ref: head, sha: forge.headOf(request) },
    base: { ref: base },
    merged_at: done === undefined ? null : "2026-01-01T10:00:00Z",
    merge_commit_sha: done?.sha ?? "0".repeat(40),
    merged_by: isWhole && done !== undefined ? { login: done.by } : null,
    ...(isWhole && isOpen && readiness(forge, request, now)),
  };
}

function readiness(
  forge: ForgeServer,
  request: Request,
  now: number,
): { readonly mergeable: boolean | null; readonly mergeable_state: string } {
  if (request.checkedAt > now) return { mergeable: null, mergeable_state: "unknown" };
  if (forge.hasConflict(request)) return { mergeable: false, mergeable_state: "dirty" };
  if (forge.missing(request, now) !== "") return { mergeable: true, mergeable_state: "blocked" };
  return { mergeable: true, mergeable_state: forge.isGreen(forge.headOf(request), now) ? "clean" : "unstable" };
}

function opened(forge: ForgeServer, { body, asker, sentAt, now }: WireCall): WireAnswer {
  const [head, base, title, text] = [body["head"], body["base"], body["title"], body["body"]].map(String);
  const order = {
    head: head ?? "",
    base: base ?? "",
    title: title ?? "",
    body: text ?? "",
    isDraft: body["draft"] === true,
  };
  const request = forge.open(order, { asker, sentAt, now });
  if (typeof request === "object") return { status: 201, json: pull(forge, { request, now, isWhole: true }) };
  const why = {
    "no-branch": "head is invalid",
    nothing: `No commits between ${base} and ${head}`,
    there: `A pull request already exists for acme:${head}.`,
  }[request];
  return { status: 422, json: { message: "Validation Failed", errors: [{ message: why }] } };
}

function listed(forge: ForgeServer, call: WireCall): WireAnswer {
  const { query, now } = call;
  const head = (query.get("head") ?? "").replace("acme:", "");
  const all = forge.requests.filter((one) => one.head === head && one.base === query.get("base"));
  const shown = query.get("state") === "all" ? all : all.filter(({ state }) => state.now === "open");
  const { items, hasMore } = paged(call, shown.toReversed());
  return { status: 200, json: items.map((request) => pull(forge, { request, now, isWhole: false })), hasMore };
}

function reviewed(call: WireCall, request: Request): WireAnswer {
  const { items, hasMore } = paged(call, request.reviews);
  const rows = items.map(({ id, user: name, state }) => ({ id, name, state }));
  return {
    status: 200,
    json: items.map(({ id, user, state }) => ({ id, state, user: { login: user } })),
    rows,
    hasMore,
  };
}

function merged(
  forge: ForgeServer,
  { call, request }: { readonly call: WireCall; readonly request: Request },
): WireAnswer {
  const { asker, sentAt, now, body } = call;
  const { sha } = body;
  if (request.state.now === "open" && sha !== undefined && sha !== forge.headOf(request))
    return refusal(409, "Head branch was modified. Review and try the merge again.");
  if (body["merge_method"] === "rebase") return refusal(405, "Rebase merges are not allowed on this repository.");
  const isDone = forge.merge(request, { by: BOT, asker, sentAt, now });
  if (!isDone) return refusal(405, "Pull Request is not mergeable");
  return { status: 200, json: { sha: request.merged?.sha, merged: true, message: "Pull Request successfully merged" } };
}

/** Whether somebody has asked for changes, and not taken that back. */
export function asksForChanges(request: Request): boolean {
  return [...lastReviews(request).values()].includes("CHANGES_REQUESTED");
}
