import type { Answer } from "../engine/answer.ts";
import type { WhereAnswer } from "../engine/question-answers.ts";
import { isoTime } from "../platform/clock.ts";
import type { HistoryBody, WhereBody } from "./answer-body.ts";
import { runSummary } from "./run-shown.ts";

type NameOf = (pseudonym: string) => string;

export function whereBody({ service, revision, places }: WhereAnswer, nameOf: NameOf): WhereBody {
  return {
    service,
    ...(revision !== undefined && {
      revision: { sha: revision.sha, short: revision.short, subject: revision.subject },
    }),
    places: places.map(({ environment, app, health, sync, revision: live, provenAt, provenBy, bearing }) => ({
      environment,
      app,
      health,
      sync,
      revision: live,
      ...(provenAt !== undefined && { provenAt: isoTime(provenAt) }),
      ...(provenBy !== undefined && {
        provenBy: {
          run: provenBy.run,
          requestedBy: nameOf(provenBy.requester),
          approvedBy: provenBy.approvedBy.map(nameOf),
        },
      }),
      ...(bearing !== undefined && { bearing }),
    })),
  };
}

export function historyBody(
  { about, runs, operations = [] }: Extract<Answer, { readonly kind: "history" }>,
  nameOf: NameOf,
): HistoryBody {
  return {
    about,
    runs: runs.map(({ approvedBy, rejectedBy, ...row }) => ({
      ...runSummary(row, nameOf),
      approvedBy: approvedBy.map(nameOf),
      rejectedBy: rejectedBy.map(nameOf),
    })),
    operations: operations.map((operation) => ({
      app: operation.app,
      service: operation.service,
      environment: operation.environment,
      who: operation.who,
      phase: operation.phase,
      message: operation.message,
      revisions: [...operation.revisions],
      startedAt: isoTime(operation.startedAt),
      endedAt: isoTime(operation.endedAt),
    })),
  };
}
