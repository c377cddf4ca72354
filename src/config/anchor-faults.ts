import { canonicalJson } from "../platform/canonical-json.ts";
import type { Configuration } from "./configuration.ts";
import { type Fault, repeated } from "./fault.ts";

const PLACES = ["slack", "folder", "git", "url"] as const;

/** What is wrong with where the log is to be anchored. */
export function anchorFaults({ audit }: Configuration): readonly Fault[] {
  const targets = audit.anchors?.targets ?? [];
  const again = repeated(targets.map((target, index) => ({ key: canonicalJson(target), entry: index })));
  return [
    ...targets.flatMap((target, index) => {
      const message = problemOf(target);
      return message === undefined ? [] : [fault(index, message)];
    }),
    ...again.map(({ entry, first }) =>
      fault(entry, `this is entry ${first + 1} of \`targets\` already; keep one of them`),
    ),
  ];
}

type Target = NonNullable<Configuration["audit"]["anchors"]>["targets"][number];

function problemOf(target: Target): string | undefined {
  const places = PLACES.filter((place) => target[place] !== undefined);
  if (places.length !== 1)
    return "an anchor goes to one place: say one of `slack`, `folder`, `git` and `url`, and one entry for each";
  if (target.branch !== undefined && target.git === undefined) return "`branch` goes with `git`; remove it";
  if (target.token !== undefined && target.url === undefined) return "`token` goes with `url`; remove it";
  return undefined;
}

function fault(index: number, message: string): Fault {
  return { path: ["audit", "anchors", "targets", index], part: "value", message };
}
