import { iterationPath } from "./plan-walk.ts";
import type { RunState } from "./run-state.ts";

// Beyond a handful, a message for each step would bury what matters.
const MOST_APART = 6;

/**
 * Tells the path of the iteration of a long loop in which a step stands, in the outermost such loop: those steps are told of
 * together. It goes by the list of the loop, and, where a retry
 * has taken that back, by what was reached of it.
 */
export function fleetParts(state: RunState): (path: string) => string | undefined {
  const keys = new Map([...state.forEach].map(([path, { items }]) => [path, new Set(items.map(({ key }) => key))]));
  for (const path of state.attempts.keys()) {
    for (const { loop, key } of loopsAround(path)) keys.set(loop, (keys.get(loop) ?? new Set()).add(key));
  }
  return (path) => {
    const found = loopsAround(path).find(({ loop }) => (keys.get(loop)?.size ?? 0) > MOST_APART);
    return found && iterationPath(found.loop, found.key);
  };
}

/** The loops in which a path stands, the outermost first, and with which of their values. */
function loopsAround(path: string): readonly { readonly loop: string; readonly key: string }[] {
  return Array.from(path.matchAll(/\[(?<key>[^\]]*)\]/gu), ({ index, groups }) => {
    return { loop: path.slice(0, index), key: groups?.["key"] ?? "" };
  });
}
