import { type PromExpression, PromqlError, type PromMatcher, type PromOperator } from "./shop-promql.ts";

/** One series at one moment. */
export interface PromSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type PromValue =
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "vector"; readonly samples: readonly PromSample[] };

/** The counters that there are: how much each has grown per second in the time before now. `__name__` is the name of the series. */
export type PromRates = (rangeMs: number) => readonly PromSample[];

/** What an expression is worth now; throws PromqlError where its parts do not fit together. */
export function promqlValue(expression: PromExpression, rates: PromRates): PromValue {
  switch (expression.kind) {
    case "number":
      return { kind: "scalar", value: expression.value };
    case "series":
      throw new PromqlError("only rates of counters are simulated, such as rate(http_requests_total[5m])");
    case "rate":
      return rateOf(expression.of, rates);
    case "vector":
      return { kind: "vector", samples: [{ labels: {}, value: scalarOf(expression.of, rates) }] };
    case "sum":
      return { kind: "vector", samples: summed(samplesOf(expression.of, rates), expression.by) };
    case "quantile": {
      const quantile = scalarOf(expression.quantile, rates);
      return { kind: "vector", samples: quantiles(quantile, samplesOf(expression.of, rates)) };
    }
    case "binary":
      return combined(expression.operator, {
        left: promqlValue(expression.left, rates),
        right: promqlValue(expression.right, rates),
      });
  }
}

function rateOf(of: PromExpression, rates: PromRates): PromValue {
  if (of.kind !== "series" || of.rangeMs === undefined)
    throw new PromqlError("expected type range vector in call to rate");
  const meant = rates(of.rangeMs).filter((sample) => isMeant(sample, of));
  return {
    kind: "vector",
    samples: meant.map(({ labels, value }) => ({ labels: without(labels, "__name__"), value })),
  };
}

function isMeant(
  { labels }: PromSample,
  { name, matchers }: { readonly name: string; readonly matchers: readonly PromMatcher[] },
): boolean {
  return (name === "" || labels["__name__"] === name) && matchers.every((matcher) => fits(labels, matcher));
}

function fits(labels: PromSample["labels"], { label, operator, value }: PromMatcher): boolean {
  const actual = labels[label] ?? "";
  const isEqual = operator === "=" || operator === "!=" ? actual === value : wholeMatch(value).test(actual);
  return operator.startsWith("!") ? !isEqual : isEqual;
}

function wholeMatch(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch (cause) {
    throw new PromqlError(`error parsing regexp: ${pattern}`, { cause });
  }
}

function samplesOf(expression: PromExpression, rates: PromRates): readonly PromSample[] {
  const value = promqlValue(expression, rates);
  if (value.kind === "scalar") throw new PromqlError("expected type instant vector, got scalar");
  return value.samples;
}

function scalarOf(expression: PromExpression, rates: PromRates): number {
  const value = promqlValue(expression, rates);
  if (value.kind === "vector") throw new PromqlError("expected type scalar, got instant vector");
  return value.value;
}

function summed(samples: readonly PromSample[], by: readonly string[]): readonly PromSample[] {
  const sums = new Map<string, PromSample>();
  for (const { labels, value } of samples) {
    const kept = Object.fromEntries(
      by.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])),
    );
    const key = keyOf(kept);
    sums.set(key, { labels: kept, value: (sums.get(key)?.value ?? 0) + value });
  }
  return [...sums.values()];
}

/** By straight lines between the bounds of the buckets, as Prometheus does it. */
function quantiles(quantile: number, buckets: readonly PromSample[]): readonly PromSample[] {
  const groups = Map.groupBy(buckets, ({ labels }) => keyOf(without(labels, "le")));
  return [...groups.values()].map((group) => {
    const bounds = group
      .map(({ labels, value }) => ({ le: labels["le"] === "+Inf" ? Infinity : Number(labels["le"]), value }))
      .toSorted((left, right) => left.le - right.le);
    return { labels: without(group[0]?.labels ?? {}, "le"), value: quantileOf(quantile, bounds) };
  });
}

function quantileOf(quantile: number, bounds: readonly { readonly le: number; readonly value: number }[]): number {
  const rank = quantile * (bounds.at(-1)?.value ?? 0);
  if (rank === 0) return Number.NaN;
  let below = { le: 0, value: 0 };
  for (const bound of bounds) {
    if (bound.value >= rank && bound.le === Infinity) return below.le;
    if (bound.value >= rank) {
      return below.le + ((bound.le - below.le) * (rank - below.value)) / (bound.value - below.value);
    }
    below = bound;
  }
  return below.le;
}

type Calculation = Exclude<PromOperator, "or">;

interface Sides {
  readonly left: PromValue;
  readonly right: PromValue;
}

function combined(operator: PromOperator, { left, right }: Sides): PromValue {
  if (operator === "or") return eitherOf(left, right);
  if (left.kind === "scalar") {
    if (right.kind === "scalar") return { kind: "scalar", value: calculated(operator, left.value, right.value) };
    return each(right.samples, (value) => calculated(operator, left.value, value));
  }
  if (right.kind === "scalar") return each(left.samples, (value) => calculated(operator, value, right.value));
  return matched(operator, left.samples, right.samples);
}

function each(samples: readonly PromSample[], change: (value: number) => number): PromValue {
  const changed = samples.map(({ labels, value }) => ({ labels: without(labels, "__name__"), value: change(value) }));
  return { kind: "vector", samples: changed };
}

/** Series are matched by all their labels; what has no partner is left out. */
function matched(operator: Calculation, left: readonly PromSample[], right: readonly PromSample[]): PromValue {
  const partners = new Map(right.map(({ labels, value }) => [keyOf(without(labels, "__name__")), value]));
  const samples = left.flatMap(({ labels, value }) => {
    const kept = without(labels, "__name__");
    const partner = partners.get(keyOf(kept));
    return partner === undefined ? [] : [{ labels: kept, value: calculated(operator, value, partner) }];
  });
  return { kind: "vector", samples };
}

function eitherOf(left: PromValue, right: PromValue): PromValue {
  if (left.kind === "scalar" || right.kind === "scalar")
    throw new PromqlError('set operator "or" not allowed in binary scalar expression');
  const known = new Set(left.samples.map(({ labels }) => keyOf(without(labels, "__name__"))));
  const more = right.samples.filter(({ labels }) => !known.has(keyOf(without(labels, "__name__"))));
  return { kind: "vector", samples: [...left.samples, ...more] };
}

function calculated(operator: Calculation, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
  }
}

function without(labels: PromSample["labels"], name: string): PromSample["labels"] {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== name));
}

function keyOf(labels: PromSample["labels"]): string {
  return JSON.stringify(Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
