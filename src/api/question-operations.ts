import { z } from "zod";

import type { Answer } from "../engine/answer.ts";
import type { HttpAnswer } from "../http/http-route.ts";
import { HistoryBody, WhereBody } from "./answer-body.ts";
import { historyBody, whereBody } from "./answer-shown.ts";
import { bodyAnswer, ErrorBody, refusalAnswer } from "./api-answer.ts";
import type { ApiDeps } from "./api-deps.ts";
import { type AnswerSpec, defineOperation, NO_BODY } from "./operation.ts";
import { refusalOf } from "./refusal-of.ts";
import { withoutSlashes } from "./without-slashes.ts";

const Place = z.string().min(1).max(63);
const NoParams = z.strictObject({});

const refusals: Readonly<Record<number, AnswerSpec>> = {
  403: { description: "The token may not read", schema: ErrorBody },
  422: { description: "It is not understood, or names what is not there", schema: ErrorBody },
};

const where = defineOperation(
  {
    id: "where",
    method: "GET",
    path: "/api/where",
    scope: "read",
    summary: "What of a service is live where, who brought it there, and where a revision has come",
    params: NoParams,
    query: z.strictObject({ service: Place, revision: z.string().min(1).max(200).optional() }),
    body: NO_BODY,
    answers: {
      200: { description: "The environments of the service", schema: WhereBody },
      503: { description: "Argo CD or Git does not say right now", schema: ErrorBody },
      ...refusals,
    },
  },
  async (deps, { query: { service, revision = "" } }) => {
    const answer = await deps.where({ service, revision });
    return await shown(deps, answer, (names) => (answer.kind === "where" ? whereBody(answer, names) : undefined));
  },
);

const history = defineOperation(
  {
    id: "history",
    method: "GET",
    path: "/api/history",
    scope: "read",
    summary: "The last runs with those who approved them, and what others did in Argo CD",
    params: NoParams,
    query: z.strictObject({
      service: Place.optional(),
      environment: Place.optional(),
      by: z
        .string()
        .regex(/^[UW][A-Z0-9]{2,20}$/u, "is a Slack id, such as U0123ABCD")
        .optional(),
    }),
    body: NO_BODY,
    answers: { 200: { description: "The newest first", schema: HistoryBody }, ...refusals },
  },
  async (deps, { query: { service = "", environment = "", by = "" } }) => {
    const answer = deps.history({ service, environment, by });
    return await shown(deps, answer, (names) => (answer.kind === "history" ? historyBody(answer, names) : undefined));
  },
);

/** What people are answered privately. */
export const QUESTION_OPERATIONS = [where, history];

async function shown(
  { names: namesOf, commands }: ApiDeps,
  answer: Answer,
  body: (nameOf: (who: string) => string) => unknown,
): Promise<HttpAnswer> {
  const names = await namesOf(peopleOf(answer));
  const said = body((who) => names.get(who) ?? "somebody");
  return said === undefined ? refusalAnswer(withoutSlashes(refusalOf(answer), commands())) : bodyAnswer(200, said);
}

function peopleOf(answer: Answer): ReadonlySet<string> {
  if (answer.kind === "where") {
    return new Set(
      answer.places.flatMap(({ provenBy }) => (provenBy ? [provenBy.requester, ...provenBy.approvedBy] : [])),
    );
  }
  if (answer.kind !== "history") return new Set();
  return new Set(
    answer.runs.flatMap(({ requester, approvedBy, rejectedBy }) => [requester, ...approvedBy, ...rejectedBy]),
  );
}
