import { numberIn, type StepInput, textIn } from "./input-value.ts";
import type { Attempt } from "./net-book.ts";
import type { Look } from "./net-http.ts";
import type { NetWorld } from "./net-world.ts";
import { codeOf } from "./probe-check.ts";

/** What an answer of Prometheus means. `final`: no other look can mend it. */
export interface SeenValue {
  readonly kind: "good" | "bad" | "away" | "final";
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly values: readonly number[];
  readonly code: string;
}

const TELL_MS = 100;

/** What is wrong about the end of a check of metrics. */
export function metricFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const { end, input } = attempt;
  if (end === undefined || end.type === "step.cancelled") return [];
  const seen = valuesOf(attempt, world, end.life);
  const due = verdictOf(seen, input);
  const said = end.type === "step.succeeded" ? "good" : codeOf(attempt);
  if (due === undefined) return [`a check of metrics ends with ${said} before anybody can know`];
  if (due.said !== said) return [`a check of metrics ends with ${said} where ${due.said} is right`];
  if (due.index < seen.length - 1) return ["a check of metrics looks on after its verdict"];
  const interval = numberIn(input, "interval", 15_000);
  if (seen.some(({ askedAt }, index) => askedAt - (seen[index - 1]?.answeredAt ?? askedAt) > interval))
    return ["a check of metrics rests for too long"];
  return end.type === "step.succeeded" ? saidFaults(seen.at(-1), end.fact) : [];
}

/** What is wrong about one that has not ended. */
export function measuringFaults(attempt: Attempt, world: NetWorld): readonly string[] {
  const seen = valuesOf(attempt, world, world.span.number);
  const due = verdictOf(seen, attempt.input);
  const isLate = due !== undefined && world.now - (seen[due.index]?.answeredAt ?? Infinity) > TELL_MS;
  return isLate ? [`a check of metrics does not say ${due.said}`] : [];
}

interface Due {
  readonly said: string;
  readonly index: number;
}

const SAID = { good: "good", bad: "metrics.beyond", away: "metrics.away" } as const;

/** The first verdict that the looks give; undefined where there is none yet. */
function verdictOf(seen: readonly SeenValue[], input: StepInput): Due | undefined {
  const limits = {
    good: numberIn(input, "for", 0),
    bad: numberIn(input, "grace", 0),
    away: numberIn(input, "away-for", 120_000),
  };
  let first: SeenValue | undefined;
  for (const [index, look] of seen.entries()) {
    if (look.kind === "final") return { said: look.code, index };
    if (first?.kind !== look.kind) first = look;
    // Good is what is known to be good from one answer to the next question, and bad what may have been so for so long.
    const lastedMs = look.kind === "good" ? look.askedAt - first.answeredAt : look.answeredAt - first.askedAt;
    const isOver = lastedMs >= limits[look.kind] || (look.kind === "good" && limits.good === 0);
    if (isOver) return { said: SAID[look.kind], index };
  }
  return undefined;
}

function saidFaults(last: SeenValue | undefined, fact: object): readonly string[] {
  const output: unknown = Reflect.get(fact, "output");
  const values: unknown = Reflect.get(Object(output), "values");
  const said = Array.isArray(values)
    ? values.map((each) => Number(Reflect.get(Object(each), "value") ?? Number.NaN))
    : [];
  const isSame = JSON.stringify(said) === JSON.stringify(last?.values);
  return isSame ? [] : ["a check of metrics says other values"];
}

function valuesOf({ input, startedAt }: Attempt, world: NetWorld, life: number): readonly SeenValue[] {
  return metricLooks(input, { world, life, from: startedAt });
}

/** The looks of one process at a metric, and what they mean. */
export function metricLooks(
  input: StepInput,
  { world, life, from }: { readonly world: NetWorld; readonly life: number; readonly from: number },
): readonly SeenValue[] {
  const query = textIn(input, "query");
  return world.looks.flatMap((look) => {
    const { answeredAt, askedAt, url, life: by } = look;
    if (!url.startsWith("https://prometheus.test/") || by !== life || askedAt < from || answeredAt === undefined)
      return [];
    if (new URL(url).searchParams.get("query") !== query) return [];
    return [{ askedAt, answeredAt, ...meaningOf(look, input) }];
  });
}

function meaningOf({ answer }: Look, input: StepInput): Pick<SeenValue, "kind" | "values" | "code"> {
  if (answer === undefined || answer.status === 429 || answer.status >= 500)
    return { kind: "away", values: [], code: "" };
  const final = (code: string) => ({ kind: "final" as const, values: [], code });
  if (answer.status === 401 || answer.status === 403) return final("metrics.denied");
  if (answer.status === 400) return final("metrics.bad-query");
  const values = answer.body.startsWith("{") ? numbersIn(JSON.parse(answer.body)) : undefined;
  if (values === undefined) return final("metrics.bad-answer");
  return { kind: isGood(values, input) ? "good" : "bad", values, code: "" };
}

function numbersIn({ data }: { readonly data?: { readonly resultType: string; readonly result: readonly unknown[] } }) {
  if (data?.resultType === "scalar") return [Number(data.result[1])];
  if (data?.resultType !== "vector") return undefined;
  return data.result.map((series) => Number(Reflect.get(Object(Reflect.get(Object(series), "value")), 1)));
}

function isGood(values: readonly number[], input: StepInput): boolean {
  if (values.length === 0) return input["empty"] === "good";
  const within = (value: number): boolean =>
    value < numberIn(input, "below", Infinity) &&
    value <= numberIn(input, "at-most", Infinity) &&
    value > numberIn(input, "above", -Infinity) &&
    value >= numberIn(input, "at-least", -Infinity);
  return input["series"] === "any" ? values.some(within) : values.every(within);
}
