import type { Call, Moment, Wish } from "./api-caller.ts";
import type { ApiLog } from "./api-log.ts";
import { AskedThings } from "./asked-things.ts";
import { Belief } from "./belief.ts";
import { callFaults } from "./call-check.ts";
import { followFaults } from "./follow-check.ts";
import { intentFaults } from "./intent-check.ts";
import { runFaults } from "./run-check.ts";
import type { RunFollower } from "./run-follower.ts";
import { secretFaults } from "./secret-check.ts";
import { shownFaults } from "./shown-check.ts";
import { tokenFaults } from "./token-check.ts";
import type { TokenKeeper } from "./token-keeper.ts";
import type { Troubles } from "./troubles.ts";

interface Truth {
  readonly calls: readonly Call[];
  readonly keeper: Pick<TokenKeeper, "edits" | "secrets">;
  readonly troubles: Pick<Troubles, "within">;
  readonly followers: readonly RunFollower[];
  readonly now: Moment;
  /** What was asked for to the end and never answered. */
  readonly unheard: readonly Wish[];
}

/**
 * What is wrong with what came of what was asked over the API, by the rows of the log and by what those know who asked and who keep the
 * tokens, and by nothing else. `isOver` is when nothing is under way any more.
 */
export function apiFaults(log: ApiLog, truth: Truth, isOver: boolean): readonly string[] {
  const things = new AskedThings(log);
  const { rows } = log;
  const world = { ...truth, rows, things, belief: new Belief(truth), isOver };
  const followings = truth.followers.flatMap((follower) => follower.followings);
  return [
    ...callFaults({ ...world, followings }),
    ...truth.unheard.map(({ name, path }) => `${name} never hears what has come of ${path}`),
    ...intentFaults(world),
    ...runFaults(world),
    ...tokenFaults(world),
    ...followFaults(world),
    ...shownFaults(truth.calls, things),
    ...secretFaults(world),
  ];
}
