import type { Mutant } from "./mutant.ts";

/** Bugs in what runs side by side, in what a command does at the end, and in going on with several branches. */
export const chainMutants: readonly Mutant[] = [
  {
    file: "domain/walk-beside.ts",
    what: "what follows branches does not wait for all of them",
    find: 'if (kinds.has("pending")) return PENDING;',
    replace: "",
  },
  {
    file: "domain/walk-beside.ts",
    what: "all rounds of a loop go at once",
    find: 'if (pace === "on" && underWay >= atATime) break;',
    replace: "",
  },
  {
    file: "domain/walk-beside.ts",
    what: "other branches go on when one has failed",
    find: 'if (pace !== "on" || !failFast) return visitAll(draft, block, pace);',
    replace: 'if (pace !== "on" || failFast) return visitAll(draft, { ...block, failFast: false }, pace);',
  },
  {
    file: "domain/walk-beside.ts",
    what: "a branch that has failed is as good as done",
    find: "const failed = visits.filter(isFailed);\n  if (failed.length === 0)",
    replace: "const failed = visits.filter(isFailed);\n  if (failed.length < 99)",
  },
  {
    file: "domain/lock-book.ts",
    what: "branches of one run have a lock together",
    find: "return left.path !== right.path && !isAround(left, right) && !isAround(right, left);",
    replace: "return false;",
  },
  {
    file: "domain/walk-lock.ts",
    what: "a branch that came to rest waits for its lock",
    find: 'if (status === "requested") return place.pace === "rest" ? withdraw(draft, path, keys) : PENDING;',
    replace: 'if (status === "requested") return PENDING;',
  },
  {
    file: "domain/conclude.ts",
    what: "nothing is done at the end",
    find: "if (conclusion === undefined && (plan.finally ?? []).length > 0)",
    replace: "if (conclusion !== undefined && (plan.finally ?? []).length > 0)",
  },
  {
    file: "domain/advance.ts",
    what: "a run that failed has succeeded when its end went well",
    find: 'if (status !== "succeeded") return conclude(draft, { status });',
    replace: 'if (status !== "succeeded") return conclude(draft, { status: "succeeded" });',
  },
  {
    file: "domain/iterations.ts",
    what: "a share of the rounds is taken for their number",
    find: 'if (sign === "%") return Math.max(1, Math.ceil((count * number) / 100));',
    replace: 'if (sign === "%") return number;',
  },
];
