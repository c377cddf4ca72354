import { z } from "zod";

import type { Acts } from "../commands/command-file.ts";
import type { Command } from "../commands/command.ts";
import type { HttpAnswer } from "../http/http-route.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { ErrorBody, type Refusal, refusalAnswer } from "./api-answer.ts";
import { askDoor, requestAnswer } from "./ask-door.ts";
import type { ApiDeps } from "./api-deps.ts";
import { type AnswerSpec, type Call, defineOperation, NO_BODY } from "./operation.ts";
import { RunBody } from "./run-body.ts";
import { findRun } from "./show-run.ts";

const NoQuery = z.strictObject({});

/** A run by its id, or a part of it as people type it. */
export const RunParams = z.strictObject({
  run: z
    .string()
    .regex(/^(?:run_)?[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4,26}$/u, "is a run named like run_7FQ2, or by its whole id")
    .meta({ description: "The id of a run, or its end such as `run_7FQ2`" }),
});

const RequestBody = z
  .strictObject({
    id: z.string(),
    state: z.enum(["pending", "done"]),
    url: z.string().meta({ description: "Where what came of it is asked for" }),
  })
  .meta({ id: "Request" });

const Acted = z
  .strictObject({
    request: RequestBody,
    code: z.string().meta({ description: "`run.started`, `run.joined`, `run.cancelling` or `run.retried`" }),
    message: z.string(),
    run: RunBody,
  })
  .meta({ id: "Acted" });

const Pending = z.strictObject({ request: RequestBody });

const CauseBody = z.strictObject({
  says: z.string().min(1).max(300).meta({ description: "What made you ask, in one line, such as `build 4711`" }),
  link: z
    .url({ protocol: /^https?$/u, error: "is an address that begins with https:// or http://" })
    .max(1000)
    .optional()
    .meta({ description: "Where people see more of it" }),
});

const inputs = z
  .record(z.string().min(1).max(100), z.union([z.string().max(2000), z.number(), z.boolean()]))
  .meta({ description: "What would be typed for each input of the command" });
const words = z.string().max(2000).meta({ description: "What would be typed after the command" });

const StartBody = z.union(
  [z.strictObject({ inputs, cause: CauseBody.optional() }), z.strictObject({ words, cause: CauseBody.optional() })],
  { error: 'give either "words" or "inputs"' },
);

const refusals: Readonly<Record<number, AnswerSpec>> = {
  403: { description: "The token may not do that, or no grant allows it", schema: ErrorBody },
  404: { description: "There is no such command or run", schema: ErrorBody },
  409: { description: "It cannot be done as things are now", schema: ErrorBody },
  422: { description: "It is not understood, or names what is not there", schema: ErrorBody },
  503: { description: "It cannot be told right now; try again", schema: ErrorBody },
};

const acted: Readonly<Record<number, AnswerSpec>> = {
  200: { description: "It was done; or another run does exactly this already, and it is that one", schema: Acted },
  202: { description: "It is recorded and not decided yet; ask again under `request.url`", schema: Pending },
  ...refusals,
};

const startRun = defineOperation(
  {
    id: "startRun",
    method: "POST",
    path: "/api/commands/{command}/runs",
    scope: "run",
    summary: "Starts a run of a command, as if somebody had typed it",
    params: z.strictObject({
      command: z.string().min(1).max(100).meta({ description: "The name of the command's file, such as `promote`" }),
    }),
    query: NoQuery,
    body: StartBody,
    keyed: true,
    answers: { 201: { description: "The run that was started", schema: Acted }, ...acted },
  },
  async (deps, { token, head, params, body }) => {
    const command = deps.commands().find(({ id }) => id === params.command);
    const refusal = command === undefined ? noCommand(deps, params.command) : notStarted(command, body);
    if (refusal !== undefined) return refusalAnswer(refusal);
    const typed = "words" in body ? { words: body.words } : { values: textsOf(body.inputs) };
    return await askDoor(deps, { token, head, ask: { command: params.command, typed, cause: body.cause } });
  },
);

const readRequest = defineOperation(
  {
    id: "readRequest",
    method: "GET",
    path: "/api/requests/{request}",
    summary: "What came of a request of this token",
    params: z.strictObject({
      request: z.string().meta({ description: "The id that the answer to the request has; 404 for everything else" }),
    }),
    query: NoQuery,
    body: NO_BODY,
    answers: acted,
  },
  (deps, { token, params }) => requestAnswer(deps, { token, request: params.request }),
);

const cancelRun = defineOperation(
  {
    id: "cancelRun",
    method: "POST",
    path: "/api/runs/{run}/cancel",
    scope: "cancel",
    summary: "Cancels a run, and ends what it has under way",
    params: RunParams,
    query: NoQuery,
    body: z.strictObject({ reason: z.string().max(500).optional() }),
    keyed: true,
    answers: acted,
  },
  (deps, call) => act(deps, call, { acts: "cancel", text: call.body.reason }),
);

const retryRun = defineOperation(
  {
    id: "retryRun",
    method: "POST",
    path: "/api/runs/{run}/retry",
    scope: "retry",
    summary: "Lets a run that failed or was cancelled go on",
    params: RunParams,
    query: NoQuery,
    body: z.strictObject({
      from: z.string().max(200).optional().meta({ description: "A step of it; where it stopped unless given" }),
    }),
    keyed: true,
    answers: acted,
  },
  (deps, call) => act(deps, call, { acts: "retry", text: call.body.from }),
);

/** What starts runs or does something to them: all of it comes in by the door by which people's words do. */
export const RUN_OPERATIONS = [startRun, readRequest, cancelRun, retryRun];

function noCommand({ commands }: ApiDeps, name: string): Refusal {
  const known = commands().flatMap(({ id, body }) => (body.kind === "plan" ? [id] : []));
  const near = didYouMean(name, known);
  return {
    status: 404,
    code: "command.unknown",
    message: `There is no command "${name}". There is: ${known.join(", ")}.`,
    suggestions: near === undefined ? [] : [near],
  };
}

function notStarted(
  { id, inputs: known, body: { kind } }: Command,
  body: z.output<typeof StartBody>,
): Refusal | undefined {
  if (kind !== "plan") {
    const message = `"${id}" starts no run. Runs are cancelled, retried and asked about at addresses of their own.`;
    return { status: 422, code: "command.no-run", message };
  }
  if ("words" in body) return undefined;
  const names = known.map(({ name }) => name);
  const unknown = Object.keys(body.inputs).find((name) => !names.includes(name));
  if (unknown === undefined) return undefined;
  const near = didYouMean(unknown, names);
  const message = `${id} has no input "${unknown}". It has: ${names.join(", ")}.`;
  return { status: 422, code: "request.input", message, suggestions: near === undefined ? [] : [near] };
}

/** As they would be typed. */
function textsOf(values: Readonly<Record<string, string | number | boolean>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** By the command that does this, whatever it is called here. */
async function act(
  deps: ApiDeps,
  { token, head, params }: Call<z.output<typeof RunParams>, unknown, unknown>,
  { acts, text }: { readonly acts: Acts; readonly text: string | undefined },
): Promise<HttpAnswer> {
  const found = findRun(deps, params.run);
  if (found.kind === "refused") return refusalAnswer(found.refusal);
  const command = deps.commands().find(({ body }) => body.kind === "acts" && body.acts === acts);
  const run = command?.inputs.find(({ definition }) => definition.type === "run");
  if (command === undefined || run === undefined) {
    const message = `There is no command here that would ${acts} a run.`;
    return refusalAnswer({ status: 404, code: "command.unknown", message });
  }
  const other = command.inputs.find(({ definition }) => definition.type === "string");
  const isGiven = text !== undefined && text !== "" && other !== undefined;
  const values = { [run.name]: found.run, ...(isGiven && { [other.name]: text }) };
  return await askDoor(deps, { token, head, ask: { command: command.id, typed: { values } } });
}
