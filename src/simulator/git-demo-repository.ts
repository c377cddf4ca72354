import { DEMO_AUTHORS, DEMO_EXPERIMENT, DEMO_HISTORY } from "./git-demo-history.ts";
import { GitRepository } from "./git-repository.ts";

/**
 * The names that the demo's commits always have; those on `main` from old to new. `target` begins with `abc123`;
 * `checkoutRounding` and `hostileSubject` begin with the same four digits, so that a prefix can be ambiguous.
 */
export const DEMO_COMMITS = {
  initial: "0babca8daa3c29317fa086a8afd41104917586d1",
  webHooks: "55bc1ac7610db113b08f5700e143271e086c7601",
  checkoutRounding: "14272e61f24896eb4982d20ad53ad73b41f3f6cd",
  /** What payments runs when the demo starts. */
  paymentsLive: "9e8d8f2184de6b6b63b7424175d436d004c66fae",
  /** What checkout runs when the demo starts. */
  checkoutLive: "2b4337b0604f02f3524f80c89cdd03829cab92cc",
  /** What web runs when the demo starts. */
  webLive: "41360f42c3dbf1326a50db4de914a155f60a1860",
  /** Touches no service. */
  documentation: "77b5b29e6a6dda3450c6522c0b6aff52a727cbd4",
  /** Its subject is full of markup for Slack. */
  hostileSubject: "14270137eb0c8751d982f00d840f1cabba4903db",
  target: "abc1236e5fc00f02201571422a458ffec6552104",
  /** The pods of this checkout never become ready. */
  degrading: "e6c07a94fc0ead1609271377df73999fe1e5735f",
  revertDegrading: "1d28907e57deb22e7874524239dd7454e5f46aaa",
  /** The pods of this payments take long to become ready. */
  paymentsSlow: "bd258aa2247a09e521d986b95aa685836ad6b002",
  /** A manifest of web cannot be read. */
  webBroken: "abd7fd6a78d5be093bcacaaa99e19e3738aa3246",
  webMended: "823ec5b92c58ab75cf145b71a9d621dfd0938bc8",
  webPrices: "bf0f508d2655e44d595d935bed8ebe31820da60c",
  /** Not on `main`, but on `experiment/dark-mode`. */
  experiment: "6edd2db21462c19f3936e69d3c415f1ee3bc9b77",
} as const;

// Monday 2026-11-16T08:00:00Z, and from then on one commit every seven hours.
const DATES = { first: 1_794_816_000, step: 7 * 3600 };

/** Builds the repository of the demo's shop in `folder`: always the same commits, with the names of `DEMO_COMMITS`. */
export async function createDemoRepository(folder: string): Promise<GitRepository> {
  const repository = await GitRepository.create(folder, DATES);
  await repository.commitAll(DEMO_HISTORY);
  await repository.commit({ ...DEMO_EXPERIMENT, from: DEMO_COMMITS.webLive });
  await repository.tag({ name: "checkout-1.4.2", commit: DEMO_COMMITS.checkoutLive });
  const tagger = DEMO_AUTHORS.chen;
  const annotation = { tagger, atSeconds: DATES.first + 9 * DATES.step, message: "checkout 1.5.0" };
  await repository.tag({ name: "checkout-1.5.0", commit: DEMO_COMMITS.target, annotation });
  return repository;
}
