import { type Figure, ratioOf, timeText } from "./figure.ts";
import { quantile } from "./spread.ts";

/** Ours, and what it is compared with: an app that stores nothing, and the same with one raw commit for each command. */
export const APPS = ["trivial", "recording", "product"] as const;
export type App = (typeof APPS)[number];

/** How many type at the same time. */
export const CONNECTIONS = 10;
const ROUNDS = 9;

export interface Acknowledgements {
  /** How the commands arrive, as the table says it. */
  readonly way: string;
  readonly kind: "atOnce" | "paced";
  /** Between the commands of one connection. */
  readonly pauseMs: number;
  /** One load of an app: milliseconds to each acknowledgement, the shortest first. */
  readonly load: (app: App) => Promise<readonly number[]>;
}

/** The three apps in turns, and how long people wait for the acknowledgement of ours beside that of the others. */
export async function measureAcknowledgements(of: Acknowledgements): Promise<readonly Figure[]> {
  const { way, kind, pauseMs, load } = of;
  const rounds: Record<App, readonly number[]>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const trivial = await load("trivial");
    const recording = await load("recording");
    rounds.push({ trivial, recording, product: await load("product") });
  }
  const pace = pauseMs === 0 ? "one after the other" : `with ${pauseMs} ms between`;
  const times = (app: App, share: number): readonly number[] => rounds.map((round) => quantile(round[app], share));
  const figure = (share: number, against: "trivial" | "recording"): Figure => {
    const [product, baseline] = [times("product", share), times(against, share)];
    const other = against === "trivial" ? "trivial Bolt app" : "the same with one raw commit";
    return {
      goal: "P4",
      what: `${way}: p${share * 100} to the ack, recorded / ${other}; ${CONNECTIONS} connections, ${pace}`,
      product: timeText(product),
      baseline: timeText(baseline),
      value: ratioOf({ product, baseline }),
      unit: "x",
      ...(kind === "atOnce" && against === "trivial" && { limit: 1.15 }),
    };
  };
  return [figure(0.5, "trivial"), figure(0.99, "trivial"), figure(0.5, "recording")];
}
