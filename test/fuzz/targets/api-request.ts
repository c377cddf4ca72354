import { ErrorBody } from "../../../src/api/api-answer.ts";
import { apiRoute } from "../../../src/api/api-route.ts";
import type { HttpAnswer, HttpHead, HttpRoute } from "../../../src/http/http-route.ts";
import { isSameAsk } from "../../../src/intake/same-ask.ts";
import { canonicalJson } from "../../../src/platform/canonical-json.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { ApiRig, bodyOf, WHOLE_RUN } from "../../support/api-rig.ts";
import { RUN } from "../../unit/slack/sample-run.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const PLACE = '{"service":"checkout","revision":"abc123","environment":"prod"}';
const STATUSES = new Set([200, 201, 204, 401, 403, 404, 405, 409, 410, 415, 422]);
const mask = new SecretMask();

/** A line with method and address, headers, an empty line, and a body; `TOKEN` is a token that is good. */
export const target: FuzzTarget = {
  seeds: [
    post(
      "/api/commands/promote/runs",
      `{"inputs":${PLACE},"cause":{"says":"build 1","link":"https://ci.example.com/1"}}`,
    ),
    post("/api/commands/promote/runs", '{"words":"checkout abc123 to prod"}', "idempotency-key: job-1\n"),
    post(`/api/runs/${RUN}/cancel`, '{"reason":"wrong"}', "idempotency-key: a/b\n"),
    post("/api/runs/7fq2/retry", '{"from":"sync"}'),
    get(`/api/runs/${RUN}/events`, "last-event-id: 5\n"),
    get("/api/runs/7FQ2/events?after=2"),
    get("/api/runs?service=checkout&environment=prod&open=true&limit=2"),
    get(`/api/runs/${RUN}/artifacts/${"a".repeat(64)}`),
    get("/api/requests/key_0123456789abcdef0123456789abcdef"),
    get("/api/where?service=checkout&revision=abc123"),
    get("/api/history?by=U0123ABCD"),
    "HEAD /api/openapi.json\nauthorization: Bearer TOKEN\n\n",
    "GET /api/runs\nauthorization: Bearer qd_forged\n\n",
  ],
  words: [
    "authorization: Bearer TOKEN\n",
    "authorization: bearer TOKEN\n",
    "authorization: Basic TOKEN\n",
    "content-type: application/json; charset=utf-8\n",
    "content-encoding: gzip\n",
    "idempotency-key: ",
    "last-event-id: ",
    "999999",
    "?after=",
    "&before=run_",
    "%2F",
    "%00",
    "%ed%a0%80",
    "/../",
    "//",
    '"inputs":',
    '"words":',
    '"cause":',
    '"__proto__":',
    '"\\ud800"',
    "1e999",
    "run_7FQ2",
  ],
  longest: 70_000,
  async run(input) {
    const rig = await (opened ??= open());
    const { head, body } = requestIn(input, rig.secret);
    const route = apiRoute(rig.deps);
    rig.door.asked.clear();
    const answer = await answered(route, head, body);
    const asked = [...rig.door.asked.values()].map(({ ask }) => ask);
    checkAnswer(answer);
    const [scheme, secret] = (head.headers.authorization ?? "").split(/ +/u);
    const isGood = scheme?.toLowerCase() === "bearer" && secret === rig.secret;
    must(isGood || answer.status === 401, "whoever has no token is not believed");
    must(asked.length <= (answer.status === 201 ? 1 : 0), "what is asked for is asked for once, and said to be");
    for (const ask of asked) {
      const { command, typed, cause } = ask;
      must(["promote", "cancel", "retry"].includes(command) || command.length <= 100, "a command is named");
      const kept = JSON.parse(canonicalJson({ command, typed, cause }));
      must(isSameAsk(kept, ask, mask), "it is the same when it has been in the log");
      const values = "words" in typed ? [typed.words] : Object.values(typed.values);
      must(
        values.every((value) => typeof value === "string" && value.length <= 2000),
        "it is what could be typed",
      );
    }
    if (head.headers["idempotency-key"] !== undefined) {
      const again = await answered(route, head, body);
      must(
        again.status === answer.status && again.body === answer.body,
        "the same with the same key is answered the same",
      );
      must(rig.door.asked.size === asked.length, "the same with the same key is asked for once");
    }
    return [answer.status, await told(answer), asked.map(({ typed }) => typed)];
  },
};

function post(path: string, body: string, headers = ""): string {
  return `POST ${path}\nauthorization: Bearer TOKEN\ncontent-type: application/json\n${headers}\n${body}`;
}

function get(path: string, headers = ""): string {
  return `GET ${path}\nauthorization: Bearer TOKEN\n${headers}\n`;
}

type Opened = ApiRig & { readonly secret: string };

let opened: Promise<Opened> | undefined;

async function open(): Promise<Opened> {
  const rig = await ApiRig.open();
  return Object.assign(rig, { secret: rig.token() });
}

function requestIn(input: string, secret: string): { readonly head: HttpHead; readonly body: Buffer } {
  const end = input.indexOf("\n\n");
  const top = input.slice(0, end === -1 ? undefined : end).replaceAll("TOKEN", secret);
  const [first = "", ...lines] = top.split("\n");
  const [method = "", address = ""] = first.split(" ");
  const [path = "", ...query] = address.split("?");
  const headers = lines.flatMap((line) => {
    const [, name, value] = /^([!#-'*+.\-\w^`|~]{1,60}): ?([^\0\r]*)$/u.exec(line) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), value?.trim()]];
  });
  return {
    head: { method, path, query: query.join("?"), headers: Object.fromEntries(headers) },
    body: Buffer.from(end === -1 ? "" : input.slice(end + 2), "latin1"),
  };
}

async function answered(route: HttpRoute, head: HttpHead, body: Buffer): Promise<HttpAnswer> {
  return route.admit?.(head) ?? (await route.answer({ ...head, body }));
}

function checkAnswer(answer: HttpAnswer): void {
  const { status, stream, bytes } = answer;
  must(STATUSES.has(status), `it is answered, and not by ${status}`);
  if (status >= 400) must(ErrorBody.safeParse(bodyOf(answer)).success, "it is said what is wrong");
  else if (stream === undefined && bytes === undefined && status !== 204) bodyOf(answer);
}

/** What is left to tell of a run that has ended, each fact once and in order. */
async function told({ stream, body = "", status }: HttpAnswer): Promise<unknown> {
  if (stream === undefined) return status >= 400 ? body : "";
  const ids: number[] = [];
  for await (const piece of stream(new AbortController().signal)) ids.push(Number(/^id: (\d+)$/mu.exec(piece)?.[1]));
  const first = WHOLE_RUN.length - ids.length + 1;
  must(
    ids.every((id, index) => id === first + index),
    "the rest is told in order",
  );
  return ids;
}
