import type { Mutant } from "./mutant.ts";

const VISITS =
  "return walkBeside(draft, { path, siblings, atATime, failFast: node.failFast !== false, pace: place.pace });";

/** Bugs in loops that go through several environments at a time, and in what comes of a failure in one of them. */
export const fleetMutants: readonly Mutant[] = [
  {
    file: "steps/approval-input.ts",
    what: "a second person may be the first one again",
    find: "...(notBy.length > 0 && { notBy })",
    replace: "",
  },
  {
    file: "domain/walk-beside.ts",
    what: "one round more than the command says goes at once",
    find: 'if (pace === "on" && underWay >= atATime) break;',
    replace: 'if (pace === "on" && underWay > atATime) break;',
  },
  {
    file: "domain/walk-beside.ts",
    what: "rounds that are through count as under way",
    find: 'if (reached.kind === "pending") underWay += 1;',
    replace: "underWay += 1;",
  },
  {
    file: "domain/walk-beside.ts",
    what: "only a failure in the first round stops the others",
    find: 'return siblings.some(({ visit }) => visit("look").kind === "failed");',
    replace: 'return siblings.slice(0, 1).some(({ visit }) => visit("look").kind === "failed");',
  },
  {
    file: "domain/walk-beside.ts",
    what: "a loop fails while other rounds are under way",
    find: 'if (kinds.has("pending")) return PENDING;',
    replace: 'if (kinds.has("pending") && !visits.some(isFailed)) return PENDING;',
  },
  {
    file: "domain/walk-beside.ts",
    what: "a loop is said to have failed by the round that failed last",
    find: "placeOf(other) < placeOf(first) ? other : first",
    replace: "placeOf(other) > placeOf(first) ? other : first",
  },
  {
    file: "domain/walk-beside.ts",
    what: "which rounds have failed is not recorded",
    find: 'if (draft.state.failures?.has(path) !== true) draft.emit({ type: "branch.failed", path, failure });',
    replace: "void [draft, path, failure];",
  },
  {
    file: "domain/walk-beside.ts",
    what: "people are told of the rounds that went well as those that failed",
    find: "const names = failed.slice(0, MOST_NAMES).map(({ name }) => name);",
    replace:
      "const names = siblings.filter(({ name }) => !failed.some((visit) => visit.name === name)).map(({ name }) => name);",
  },
  {
    file: "domain/walk.ts",
    what: "a loop that is to go on stops at the first failure",
    find: VISITS,
    replace: "return walkBeside(draft, { path, siblings, atATime, failFast: true, pace: place.pace });",
  },
  {
    file: "domain/walk.ts",
    what: "the first failure stops nothing in a loop",
    find: VISITS,
    replace: "return walkBeside(draft, { path, siblings, atATime, failFast: false, pace: place.pace });",
  },
  {
    file: "domain/walk.ts",
    what: "a loop goes on after a failure only where several rounds go at once",
    find: "if (atATime > 1 || node.failFast === false) {",
    replace: "if (atATime > 1) {",
  },
  {
    file: "domain/walk.ts",
    what: "what waits for people goes on waiting when something beside it has failed",
    find: 'return place.pace === "rest" && waitsForPeople(step) ? giveUp(draft, step) : PENDING;',
    replace: 'return place.pace === "off" && waitsForPeople(step) ? giveUp(draft, step) : PENDING;',
  },
  {
    file: "domain/iterations.ts",
    what: "a share of the rounds is rounded down",
    find: "Math.max(1, Math.ceil((count * number) / 100))",
    replace: "Math.max(1, Math.floor((count * number) / 100))",
  },
  {
    file: "domain/iterations.ts",
    what: "a number of rounds at once is taken for a share",
    find: 'if (sign === "%") return Math.max(',
    replace: 'if (sign === "%" || number > 1) return Math.max(',
  },
  {
    file: "domain/iterations.ts",
    what: "environments have their turn the other way round",
    find: "const items = keyed(evaluateList(node.items, scope));",
    replace: "const items = keyed(evaluateList(node.items, scope).toReversed());",
  },
  {
    file: "domain/iterations.ts",
    what: "every round is about the first environment",
    find: "return { key, value };",
    replace: "return { key, value: items[0] ?? value };",
  },
  {
    file: "domain/iterations.ts",
    what: "the last environment of several is left out",
    find: "return items.map((value, index) => {",
    replace: "return items.slice(0, items.length > 2 ? -1 : items.length).map((value, index) => {",
  },
  {
    file: "domain/void-gate.ts",
    what: "what was approved is asked for anew while other rounds are under way",
    find: "if (isUnderWay(step) && isLater(step.path)) return false;",
    replace: 'if (isUnderWay(step) && isLater(step.path) && step.sort === "gate") return false;',
  },
  {
    file: "domain/plan-walk.ts",
    what: "what goes beside an approval in a loop counts as coming after it",
    find: "const after = locate(plan, path).flatMap(({ parent, later }) => later.flatMap((node) => ownPaths(parent, node)));",
    replace:
      'const after = locate(plan, path).flatMap(({ parent, later, node: at, own }) => [...later.flatMap((node) => ownPaths(parent, node)), ...(at.type === "for-each" && own !== path ? [own] : [])]);',
  },
  {
    file: "domain/reach-anew.ts",
    what: "what failed before a retry counts on",
    find: "conclusion: undefined,\n    failures: undefined,",
    replace: "conclusion: undefined,",
  },
  {
    file: "domain/retry.ts",
    what: "of several rounds that stopped only one is gone on with",
    find: "const points = new Set([from, ...stopPoints(state)]);",
    replace: "const points = new Set([from]);",
  },
  {
    file: "domain/retry.ts",
    what: "a round that came to rest goes on without its lock after a retry",
    find: "if (isAnew(path) || around.has(path) || isCutShort === true) yield path;",
    replace: "if (isAnew(path) || around.has(path)) yield path;",
  },
  {
    file: "slack/run-slots.ts",
    what: "of a long loop nobody is told what has failed in it",
    find: "return partOf(path) === undefined || hasFailed(run, path);",
    replace: "return partOf(path) === undefined;",
  },
  {
    file: "slack/run-slots.ts",
    what: "the message of a round says nothing of what ended last in it",
    find: "content: renderFleetMessage(path, own),",
    replace: "content: renderFleetMessage(path, own.slice(0, -1)),",
  },
];
