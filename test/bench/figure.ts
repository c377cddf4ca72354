import { textTable } from "../support/text-table.ts";
import { spreadOf } from "./spread.ts";

/** What came out, and the lowest and highest of the rounds. */
export interface Measured {
  readonly measured: number;
  readonly min: number;
  readonly max: number;
}

/** One line of the report. */
export interface Figure {
  /** Which goal it belongs to, such as `P1`. */
  readonly goal: string;
  readonly what: string;
  /** What was compared with what, in its own unit; absent where the figure is not a ratio. */
  readonly product?: string;
  readonly baseline?: string;
  /** Undefined when it could not be measured on this machine. */
  readonly value: Measured | undefined;
  /** `x` for a ratio, otherwise the unit of the value. */
  readonly unit: "x" | "ms" | "s" | "MiB" | "/s" | "";
  /** What `value.measured` must not exceed; absent for what is only told. */
  readonly limit?: number;
  /** What `value.measured` must reach, where more is better; instead of a limit. */
  readonly least?: number;
}

/** Pairs of a product and a baseline measured side by side, one for each round. */
export interface Rounds {
  readonly product: readonly number[];
  readonly baseline: readonly number[];
}

/** The ratio of the medians, with the smallest and the largest ratio of one round. */
export function ratioOf({ product, baseline }: Rounds): Measured {
  const ratios = product.map((value, round) => value / (baseline[round] ?? Number.NaN));
  const { min, max } = spreadOf(ratios);
  return { measured: spreadOf(product).median / spreadOf(baseline).median, min, max };
}

/** The median of a list of times with its unit: `0.213 ms`. */
export function timeText(valuesMs: readonly number[]): string {
  return `${spreadOf(valuesMs).median.toFixed(3)} ms`;
}

const HEADINGS = ["goal", "what", "product", "baseline", "measured", "lowest", "highest", "goal is", "holds"];
const NONE = "-";

/** All figures as one table in plain text. */
export function table(figures: readonly Figure[]): string {
  return textTable(HEADINGS, figures.map(rowOf));
}

function rowOf(figure: Figure): readonly string[] {
  const { goal, what, product = NONE, baseline = NONE, value, unit } = figure;
  // A single letter or sign stands at its number; a word does not.
  const mark = unit.length > 1 && !unit.startsWith("/") ? ` ${unit}` : unit;
  const shown = (number: number | undefined): string => (number === undefined ? NONE : `${numberText(number)}${mark}`);
  return [
    goal,
    what,
    product,
    baseline,
    shown(value?.measured),
    shown(value?.min),
    shown(value?.max),
    goalText(figure, mark),
    verdict(figure),
  ];
}

function goalText({ limit, least }: Figure, mark: string): string {
  if (least !== undefined) return `>= ${least}${mark}`;
  return limit === undefined ? NONE : `<= ${limit}${mark}`;
}

function verdict({ value, limit = Infinity, least = -Infinity }: Figure): string {
  if (value === undefined || (limit === Infinity && least === -Infinity)) return NONE;
  return value.measured <= limit && value.measured >= least ? "yes" : "NO";
}

function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(value < 10 ? 3 : 1);
}
