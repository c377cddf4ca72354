import { type ArgocdView, withoutServer } from "./argocd-view.ts";
import { timeText } from "./fact.ts";
import type { RunBook } from "./run-book.ts";
import type { PlaceRule } from "./truth.ts";
import type { Report } from "./violation.ts";

const CHECK = "budgets";
// What was on its way, or was begun just before the end.
const MEANWHILE_MS = 20_000;

interface Deps {
  readonly argocd: ArgocdView;
  readonly places: ReadonlyMap<string, PlaceRule>;
  readonly report: Report;
  readonly wasStill: ((from: number, until: number) => boolean) | undefined;
  /** Whether somebody asked for something between two moments. */
  readonly wasAsked: (from: number, until: number) => boolean;
}

/** When everything has ended, nobody goes on looking at what it was about. */
export function checkIdle(deps: Deps, runs: readonly RunBook[]): void {
  for (const [app] of deps.places) {
    const own = runs.filter(({ targets }) => [...targets.keys()].some((target) => withoutServer(target) === app));
    const endedAt = Math.max(...own.map(({ finished }) => finished?.seenAt ?? Infinity));
    const read = own.length === 0 ? undefined : deps.argocd.readsBetween(app, endedAt + MEANWHILE_MS, Infinity)[0];
    if (read === undefined || deps.wasAsked(endedAt, read.at) || deps.wasStill?.(endedAt, read.at) !== true) continue;
    const what = `${app} was looked at at ${timeText(read.at)}, although everything there had ended.`;
    deps.report({ check: CHECK, what, run: own.at(-1)?.id ?? "", proof: [`ended at ${timeText(endedAt)}`] });
  }
}
