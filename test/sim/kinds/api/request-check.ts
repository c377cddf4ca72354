import type { Call } from "./api-caller.ts";
import { type Asked, type AskedThings, isWhatWasWanted, keyOf, membersOf } from "./asked-things.ts";

export type Answered = Call & { readonly answer: NonNullable<Call["answer"]> };

// It says what it knows after ten seconds.
const SHORTEST_WAIT_MS = 9900;
const DONE: Readonly<Record<string, readonly string[]>> = {
  run: ["run.started", "run.joined"],
  cancel: ["run.cancelling"],
  retry: ["run.retried"],
};
// What the log keeps of what was not understood.
const NOT_UNDERSTOOD: Readonly<Record<string, string>> = {
  "": "request.words",
  text: "request.words",
  candidates: "request.revision",
};

/** The code of a refusal, or of what was done; empty where there is none. */
export function codeOf(body: unknown): string {
  const { error, code } = membersOf(body);
  const found = membersOf(error)["code"] ?? code;
  return typeof found === "string" ? found : "";
}

/** What is wrong with an answer to whoever wanted something to be done, or asks what came of it. */
export function requestFaults(call: Answered, things: AskedThings): readonly string[] {
  const { wish, answer, moments, name } = call;
  const key = wish === undefined ? `api/${name}/${call.path.split("/").at(-1) ?? ""}` : keyOf(call);
  // What was refused without a key is not named.
  if (key === undefined) return [];
  if (codeOf(answer.body) === "request.unknown") {
    return things.newest(key, moments.at(-1)?.rows ?? 0) === undefined ? [] : ["the log has that request"];
  }
  const asked = things.newest(key, answer.at.rows);
  return asked === undefined ? ["it was answered, and is not in the log"] : answerFaults(call, asked);
}

/** What came of it, and of nothing else, once that is decided. */
function answerFaults(call: Answered, asked: Asked): readonly string[] {
  const { wish, answer } = call;
  const { status, body, at } = answer;
  const code = codeOf(body);
  const isOther = wish !== undefined && !isWhatWasWanted(asked, wish);
  if (isOther !== (code === "request.idempotency-key")) return ["it is taken for something else that was asked"];
  if (isOther) return [];
  if (status === 202) return pendingFaults(call, asked);
  const { settled } = asked;
  if (settled === undefined || settled.row.sequence > at.rows) return ["it is answered before it is dealt with"];
  return status === 200 || status === 201 ? doneFaults(call, asked) : refusedFaults(call, settled.code);
}

function refusedFaults({ answer: { status, body } }: Answered, kept: string): readonly string[] {
  const code = codeOf(body);
  // What is not done right now is told with 503 to whoever wants it, who is to come again.
  if (isRefusedAs(kept, code)) return status >= 400 && status < 500 ? [] : [`that is refused with ${status}`];
  return [`the log says ${kept}`];
}

function isRefusedAs(kept: string, code: string): boolean {
  return code === (NOT_UNDERSTOOD[kept] ?? kept);
}

function pendingFaults({ answer, moments, method }: Answered, { settled }: Asked): readonly string[] {
  const last = moments.at(-1);
  if (settled !== undefined && settled.row.sequence <= (last?.rows ?? 0)) return ["it was dealt with long before"];
  const waitedMs = answer.at.ms - (last?.ms ?? 0);
  return method === "POST" && waitedMs < SHORTEST_WAIT_MS ? [`it is pending after ${waitedMs} ms`] : [];
}

function doneFaults({ wish, answer, method }: Answered, asked: Asked): readonly string[] {
  const { status, body } = answer;
  const { settled, request, command } = asked;
  const told = membersOf(body);
  const run = membersOf(told["run"]);
  const code = codeOf(body);
  const scope = wish?.scope ?? (DONE[command] === undefined ? "run" : command);
  const isCreated = method === "POST" && code === "run.started";
  const isShown = typeof run["version"] === "number" && run["version"] > 0;
  const wrong: readonly (readonly [boolean, string])[] = [
    [settled?.code !== code || settled.run !== run["id"], `the log says ${settled?.code} of ${settled?.run}`],
    [DONE[scope]?.includes(code) !== true, "that is no way to have done it"],
    [status !== (isCreated ? 201 : 200), "it is another status for that"],
    [membersOf(told["request"])["id"] !== request, "it names another request"],
    [!isShown, "it shows no run"],
  ];
  return wrong.flatMap(([isWrong, fault]) => (isWrong ? [fault] : []));
}
