import type { Dice } from "../../dice.ts";
import type { Heard, Reply } from "./net-http.ts";
import { Phases } from "./phases.ts";

const STATES = ["good", "good", "edge", "bad", "mixed", "empty", "no-number", "away", "broken", "silent"] as const;
const FINAL = ["refused", "denied", "garbage", "many"] as const;
type State = (typeof STATES)[number] | (typeof FINAL)[number];

/** What the values of a query are held against: those named `least...` have to be above it, all others below. */
export const BOUND = 1;

/** A Prometheus whose values change, and which is away now and then. */
export class PrometheusEnd {
  readonly #dice: Dice;
  readonly #from: number;
  readonly #queries = new Map<string, Phases<State>>();
  #calmFrom: number | undefined;

  constructor(dice: Dice, from: number) {
    this.#dice = dice;
    this.#from = from;
  }

  calm(from: number): void {
    this.#calmFrom = from;
    for (const query of this.#queries.values()) query.calm(from, "good");
  }

  serve({ url, at }: Heard): Reply {
    const dice = this.#dice;
    const query = url.searchParams.get("query") ?? "";
    const state = this.#phases(query).at(at);
    const afterMs = this.#calmFrom === undefined && dice.chance(0.2) ? dice.between(500, 5000) : dice.between(2, 200);
    const answer = (status: number, body: unknown): Reply => ({
      kind: "answer",
      afterMs,
      status,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    switch (state) {
      case "away":
        return dice.chance(0.5)
          ? answer(dice.pick([429, 503]), valuesOf(query, "good", dice))
          : { kind: "lost", afterMs: 3, code: "network.unreachable" };
      case "broken":
        return { kind: "lost", afterMs, code: "network.broken" };
      case "silent":
        return { kind: "silent" };
      case "refused":
        return answer(400, { status: "error", errorType: "bad_data", error: "parse error" });
      case "denied":
        return answer(dice.pick([401, 403]), "who are you");
      case "garbage":
        return answer(200, dice.pick(["<html>", '{"status":"success"}']));
      case "many":
        return answer(200, { status: "success", data: { resultType: "matrix", result: [] } });
      case "good":
      case "edge":
      case "bad":
      case "mixed":
      case "empty":
      case "no-number":
        return answer(200, valuesOf(query, state, dice));
    }
  }

  #phases(query: string): Phases<State> {
    const known = this.#queries.get(query);
    if (known !== undefined) return known;
    const next = (dice: Dice): State => {
      if (dice.chance(0.02)) return dice.pick(FINAL);
      return dice.pick(dice.chance(0.5) ? ["good"] : STATES);
    };
    const phases = new Phases<State>({ dice: this.#dice.fork(query), from: this.#from, next, lasts: [3000, 150_000] });
    if (this.#calmFrom !== undefined) phases.calm(this.#calmFrom, "good");
    this.#queries.set(query, phases);
    return phases;
  }
}

type Valued = "good" | "edge" | "bad" | "mixed" | "empty" | "no-number";

function valuesOf(query: string, state: Valued, dice: Dice): object {
  const isLeast = query.startsWith("least");
  const value = (isGood: boolean): string =>
    isGood === isLeast ? `${BOUND}.${dice.between(1, 9)}5` : `0.${dice.between(1, 9)}`;
  const texts = textsOf(state, value);
  if (texts.length === 1 && dice.chance(0.5))
    return { status: "success", data: { resultType: "scalar", result: [1, texts[0]] } };
  const result = texts.map((text, index) => ({ metric: { pod: `shop-${index}` }, value: [1, text] }));
  return { status: "success", data: { resultType: "vector", result } };
}

function textsOf(state: Valued, value: (isGood: boolean) => string): readonly string[] {
  switch (state) {
    case "good":
      return [value(true)];
    case "edge":
      return [String(BOUND)];
    case "bad":
      return [value(false)];
    case "mixed":
      return [value(true), value(false), value(true)];
    case "empty":
      return [];
    case "no-number":
      return ["NaN"];
  }
}
