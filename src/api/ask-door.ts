import type { AskResult, MachineAsk } from "../engine/machine-door.ts";
import type { HttpAnswer, HttpHead } from "../http/http-route.ts";
import { AppError, errorCode, errorMessage } from "../platform/errors.ts";
import { bodyAnswer, type Refusal, refusalAnswer } from "./api-answer.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { ApiToken } from "./api-token.ts";
import { newestAttempt } from "./ask-attempts.ts";
import { statusOf } from "./refusal-of.ts";
import { doorKey, REQUEST_ID, requestIdOf } from "./request-id.ts";
import { showRun } from "./show-run.ts";
import { withoutSlashes } from "./without-slashes.ts";

export interface TokenAsk {
  readonly token: ApiToken;
  readonly head: HttpHead;
  readonly ask: Pick<MachineAsk, "command" | "typed" | "cause">;
}

// Most is known by then; whoever wants to know what came of the rest asks again.
const WAIT_MS = 10_000;
const LOOK_EVERY_MS = 100;
const RETRY_AFTER = { "retry-after": "5" };
// What something came to is good news by these; everything else is a refusal.
const DONE: Readonly<Record<string, number>> = {
  "run.started": 201,
  "run.joined": 200,
  "run.cancelling": 200,
  "run.retried": 200,
};

// Who asks what came of it has started nothing, and learns nothing else by asking that again: it has to be asked for.
const ASKED_AFTER: Readonly<Record<number, { readonly status: number }>> = {
  201: { status: 200 },
  503: { status: 409 },
};

const BAD_KEY: Refusal = {
  status: 422,
  code: "request.idempotency-key",
  message: "An Idempotency-Key has 1 to 255 visible characters and no spaces.",
};
const OTHER_ASK: Refusal = {
  status: 422,
  code: "request.idempotency-key",
  message: "Something else was asked with this Idempotency-Key before. Take a new key for a new request.",
};

// Of words that were not understood, and of a revision that means several, the log keeps what was wrong with them.
const KEPT_AS: Readonly<Record<string, string>> = {
  "": "request.words",
  text: "request.words",
  candidates: "request.revision",
};
const NOT_KEPT = "It was refused, and the log has not kept why.";

/** Asks as the token's machine, and answers with what came of it; with where to ask again where that takes long. */
export async function askDoor(deps: ApiDeps, { token, head, ask: asked }: TokenAsk): Promise<HttpAnswer> {
  const { machines, clock, random } = deps;
  const request = requestIdOf(head.headers, { now: clock.now(), random });
  if (request === undefined) return refusalAnswer(BAD_KEY);
  const { name, owner } = token;
  const ask: MachineAsk = {
    ...asked,
    machine: { sort: "token", name },
    door: "api",
    ...(owner !== undefined && { users: [owner] }),
  };
  try {
    const newest = newestAttempt(machines, doorKey(token, request));
    if (newest.result !== undefined && !deps.isSameAsk(newest.key, ask)) return refusalAnswer(OTHER_ASK);
    const key = newest.next ?? newest.key;
    const { isNew, answer } = await machines.ask(key, ask);
    if (!isNew && !deps.isSameAsk(key, ask)) return refusalAnswer(OTHER_ASK);
    const result = isNew ? await withinTime(deps, answer) : await settled(deps, key);
    return triedAgain(await resultAnswer(deps, { request, result }));
  } catch (error) {
    if (!(error instanceof AppError) || statusOf(error.code) !== 503) throw error;
    return refusalAnswer({ status: 503, code: errorCode(error), message: errorMessage(error) }, RETRY_AFTER);
  }
}

/** Says when to come again, where that may help. */
function triedAgain(answer: HttpAnswer): HttpAnswer {
  return answer.status === 503 ? { ...answer, headers: { ...answer.headers, ...RETRY_AFTER } } : answer;
}

/** What came of a request that may have been made long ago. */
export async function requestAnswer(
  deps: ApiDeps,
  { token, request }: { readonly token: ApiToken; readonly request: string },
): Promise<HttpAnswer> {
  const result = REQUEST_ID.test(request) ? newestAttempt(deps.machines, doorKey(token, request)).result : undefined;
  if (result === undefined) {
    const message = "There is no such request of this token.";
    return refusalAnswer({ status: 404, code: "request.unknown", message });
  }
  const answer = await resultAnswer(deps, { request, result: result === "pending" ? undefined : result });
  return { ...answer, ...ASKED_AFTER[answer.status] };
}

async function withinTime({ clock }: ApiDeps, answer: Promise<AskResult | undefined>): Promise<AskResult | undefined> {
  const over = new AbortController();
  const silence = clock.sleep(WAIT_MS, over.signal).catch(() => undefined);
  try {
    return (await Promise.race([answer, silence])) ?? undefined;
  } finally {
    over.abort();
  }
}

/** What came of what was asked before, perhaps a moment ago. */
async function settled({ machines, clock, isOpen }: ApiDeps, key: string): Promise<AskResult | undefined> {
  const end = clock.monotonic() + WAIT_MS;
  while (isOpen()) {
    const result = machines.resultOf(key);
    if (result !== "pending") return result;
    if (clock.monotonic() >= end) break;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

async function resultAnswer(
  deps: ApiDeps,
  { request, result }: { readonly request: string; readonly result: AskResult | undefined },
): Promise<HttpAnswer> {
  const url = `/api/requests/${request}`;
  if (result === undefined) {
    return bodyAnswer(202, { request: { id: request, state: "pending", url } }, { location: url, "retry-after": "1" });
  }
  const { code, message, run, suggestions } = result;
  const status = DONE[code];
  if (status !== undefined && run !== undefined) {
    const body = { request: { id: request, state: "done", url }, code, message, run: await showRun(deps, run) };
    return bodyAnswer(status, body, { location: `/api/runs/${run}` });
  }
  const known = KEPT_AS[code] ?? code;
  const refusal = { status: statusOf(known), code: known, message: message === "" ? NOT_KEPT : message, suggestions };
  return refusalAnswer(withoutSlashes(refusal, deps.commands()));
}
