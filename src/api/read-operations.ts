import { z } from "zod";

import { leftFiles } from "../domain/left-files.ts";
import type { HttpAnswer } from "../http/http-route.ts";
import { errorCode, errorMessage } from "../platform/errors.ts";
import { bodyAnswer, ErrorBody, refusalAnswer } from "./api-answer.ts";
import type { ApiDeps } from "./api-deps.ts";
import { EVENT_STREAM, eventStream, type FollowedRun } from "./event-stream.ts";
import { type AnswerSpec, defineOperation, NO_BODY } from "./operation.ts";
import { refusalOf } from "./refusal-of.ts";
import { RunBody, RunSummary } from "./run-body.ts";
import { RunParams } from "./run-operations.ts";
import { runSummary } from "./run-shown.ts";
import { findRun, showRun } from "./show-run.ts";

const Whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/u, "is a whole number of up to six digits")
    .transform(Number)
    .pipe(z.int().min(least).max(most));

const Flag = z
  .enum(["true", "false"])
  .transform((text) => text === "true")
  .pipe(z.boolean());

const Place = z.string().min(1).max(63);
const NoQuery = z.strictObject({});

const refusals: Readonly<Record<number, AnswerSpec>> = {
  403: { description: "The token may not read", schema: ErrorBody },
  404: { description: "There is no such thing", schema: ErrorBody },
  422: { description: "It is not understood, or names what is not there", schema: ErrorBody },
};
const ofRun: Readonly<Record<number, AnswerSpec>> = {
  ...refusals,
  409: { description: "Several runs are meant", schema: ErrorBody },
  410: { description: "It is not there any more, or this version cannot read it", schema: ErrorBody },
};

const LastEvent = Whole(0, 999_999);
const NO_EVENT = {
  status: 422,
  code: "request.last-event-id",
  message: "Last-Event-ID is the id of an event of this run: a number.",
};

const listRuns = defineOperation(
  {
    id: "listRuns",
    method: "GET",
    path: "/api/runs",
    scope: "read",
    summary: "Runs, the newest first",
    params: NoQuery,
    query: z.strictObject({
      service: Place.optional(),
      environment: Place.optional(),
      open: Flag.optional().meta({ description: "Only those that have not ended" }),
      limit: Whole(1, 200).optional().meta({ description: "How many at most; 50 unless given" }),
      before: z
        .string()
        .regex(/^run_[0-9A-Z]{26}$/u, "is the whole id of a run")
        .optional()
        .meta({ description: "Only older ones than this run: `next` of the answer before" }),
    }),
    body: NO_BODY,
    answers: {
      200: {
        description: "The runs",
        schema: z.strictObject({
          runs: z.array(RunSummary),
          next: z.string().optional().meta({ description: "`before` for the next ones, where there may be more" }),
        }),
      },
      ...refusals,
    },
  },
  async ({ events, names: namesOf, stranger }, { query }) => {
    const { service, environment, open, before, limit = 50 } = query;
    const rows = events.listRuns({ service, environment, openOnly: open, before, limit });
    // What is not there any more has runs all the same, and an end of them.
    const isNone = rows.length === 0 && before === undefined;
    const unknown = isNone ? stranger({ service: service ?? "", environment: environment ?? "" }) : undefined;
    if (unknown !== undefined) return refusalAnswer(refusalOf(unknown));
    const names = await namesOf(new Set(rows.map(({ requester }) => requester)));
    const runs = rows.map((row) => runSummary(row, (who) => names.get(who) ?? "somebody"));
    const last = rows.length === limit ? rows.at(-1)?.id : undefined;
    return bodyAnswer(200, { runs, ...(last !== undefined && { next: last }) });
  },
);

const readRun = defineOperation(
  {
    id: "readRun",
    method: "GET",
    path: "/api/runs/{run}",
    scope: "read",
    summary: "All that is known of a run",
    params: RunParams,
    query: NoQuery,
    body: NO_BODY,
    answers: { 200: { description: "The run", schema: RunBody }, ...ofRun },
  },
  (deps, { params }) => ofFound(deps, params.run, async (run) => bodyAnswer(200, await showRun(deps, run))),
);

const followRun = defineOperation(
  {
    id: "followRun",
    method: "GET",
    path: "/api/runs/{run}/events",
    scope: "read",
    summary: "What has happened to a run, and what happens to it until it ends, as server-sent events",
    params: RunParams,
    query: z.strictObject({
      after: Whole(0, 999_999)
        .optional()
        .meta({ description: "As the header `Last-Event-ID`: the newest event that you have" }),
    }),
    body: NO_BODY,
    answers: {
      200: {
        description: "Events whose `data` is an `Event`; ends after the run has ended",
        mediaType: EVENT_STREAM,
      },
      204: { description: "The run has ended, and you have all of it" },
      503: { description: "Too many follow already", schema: ErrorBody },
      ...ofRun,
    },
  },
  (deps, { token, head, params, query }) =>
    ofFound(deps, params.run, (run) => {
      const last = LastEvent.safeParse(head.headers["last-event-id"] ?? "0");
      if (!last.success) return refusalAnswer(NO_EVENT);
      return follow(deps, { run, after: query.after ?? last.data, token });
    }),
);

const readArtifact = defineOperation(
  {
    id: "readArtifact",
    method: "GET",
    path: "/api/runs/{run}/artifacts/{digest}",
    scope: "read",
    summary: "A file that a step of a run left",
    params: RunParams.extend({ digest: z.string().regex(/^[0-9a-f]{64}$/u, "has 64 hexadecimal digits") }),
    query: NoQuery,
    body: NO_BODY,
    answers: {
      200: { description: "The file as it was left", mediaType: "application/octet-stream" },
      ...ofRun,
    },
  },
  (deps, { params }) => ofFound(deps, params.run, (run) => giveFile(deps, { run, digest: params.digest })),
);

/** What is asked about runs, and changes nothing. */
export const READ_OPERATIONS = [listRuns, readRun, followRun, readArtifact];

async function ofFound(
  deps: ApiDeps,
  text: string,
  answer: (run: string) => HttpAnswer | Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const found = findRun(deps, text);
  return found.kind === "refused" ? refusalAnswer(found.refusal) : await answer(found.run);
}

function follow(deps: ApiDeps, followed: FollowedRun): HttpAnswer {
  const { finishedAt, version } = deps.view(followed.run).state;
  if (followed.after > version) {
    const message = `This run has ${version} events so far, so none follows number ${followed.after}.`;
    return refusalAnswer({ status: 422, code: "request.last-event-id", message });
  }
  // Browsers and other readers of such events come back until they are told this.
  if (finishedAt !== undefined && followed.after >= version) return { status: 204 };
  if (deps.feed.isFullFor(followed.token.name)) {
    const message = "As many as can be follow runs already, in all or with this token. Try again in a moment.";
    return refusalAnswer({ status: 503, code: "follow.full", message }, { "retry-after": "10" });
  }
  return {
    status: 200,
    headers: {
      "content-type": EVENT_STREAM,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      // What some proxies need to be told, to pass on what has come so far.
      "x-accel-buffering": "no",
    },
    stream: eventStream(deps, followed),
  };
}

async function giveFile(
  { events, fileOf }: ApiDeps,
  { run, digest }: { readonly run: string; readonly digest: string },
): Promise<HttpAnswer> {
  const left = leftFiles(events.readRun(run)).find(({ artifact }) => artifact.digest === digest && !artifact.sealed);
  if (left === undefined) {
    return refusalAnswer({ status: 404, code: "artifact.unknown", message: "No step of this run left such a file." });
  }
  try {
    return await fileOf(left.artifact);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "artifact.missing" && code !== "artifact.damaged") throw error;
    return refusalAnswer({ status: 410, code, message: errorMessage(error) });
  }
}
