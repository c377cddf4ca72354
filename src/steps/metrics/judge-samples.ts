import type { Sample } from "./instant-vector.ts";

/** What a metric has to be: all bounds that are there have to hold. */
export interface MetricBounds {
  readonly below?: number | undefined;
  readonly "at-most"?: number | undefined;
  readonly above?: number | undefined;
  readonly "at-least"?: number | undefined;
  /** Whether every series has to be within the bounds, which is so unless said, or one of them. */
  readonly series?: "all" | "any" | undefined;
  /** What a query without any series means: `bad` unless said. */
  readonly empty?: "bad" | "good" | undefined;
}

/** Why the samples are not as they have to be, with those that are not; `undefined` when they are. */
export function whyBeyond(
  samples: readonly Sample[],
  bounds: MetricBounds,
): { readonly reason: string; readonly samples: readonly Sample[] } | undefined {
  if (samples.length === 0) {
    if (bounds.empty === "good") return undefined;
    return { reason: "the query gives no series, so nothing is known", samples: [] };
  }
  const beyond = samples.filter(({ value }) => !isWithin(value, bounds));
  const isGood = bounds.series === "any" ? beyond.length < samples.length : beyond.length === 0;
  if (isGood) return undefined;
  const worst = beyond.toSorted((left, right) => distance(right.value, bounds) - distance(left.value, bounds));
  const [first] = worst;
  const others = worst.length > 1 ? `, and ${worst.length - 1} more of ${samples.length} series` : "";
  const which = first === undefined ? "" : `${valueText(first.value)}${labelText(first)}`;
  return { reason: `it is ${which}${others}, and has to be ${boundsText(bounds)}`, samples: worst };
}

/** Four digits are as many as people compare. */
export function valueText(value: number): string {
  return String(Number.isFinite(value) ? Number(value.toPrecision(4)) : value);
}

/** A value that is no number is never within bounds. */
function isWithin(value: number, { below, above, "at-most": atMost, "at-least": atLeast }: MetricBounds): boolean {
  if (Number.isNaN(value)) return false;
  return (
    (below === undefined || value < below) &&
    (atMost === undefined || value <= atMost) &&
    (above === undefined || value > above) &&
    (atLeast === undefined || value >= atLeast)
  );
}

/** How far a value is out of bounds; what is no number is the worst. */
function distance(value: number, { below, above, "at-most": atMost, "at-least": atLeast }: MetricBounds): number {
  if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
  const most = Math.min(below ?? Number.POSITIVE_INFINITY, atMost ?? Number.POSITIVE_INFINITY);
  const least = Math.max(above ?? Number.NEGATIVE_INFINITY, atLeast ?? Number.NEGATIVE_INFINITY);
  return Math.max(value - most, least - value);
}

export function boundsText({ below, above, "at-most": atMost, "at-least": atLeast }: MetricBounds): string {
  const parts = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  return parts.join(" and ");
}

const MOST_LABELS = 4;

/** Such as ` for {job="checkout"}`. */
function labelText({ labels }: Sample): string {
  const named = Object.entries(labels).filter(([name]) => name !== "__name__");
  if (named.length === 0) return "";
  const shown = named.slice(0, MOST_LABELS).map(([name, value]) => `${name}=${JSON.stringify(value.slice(0, 80))}`);
  return ` for {${shown.join(", ")}${named.length > MOST_LABELS ? ", ..." : ""}}`;
}
