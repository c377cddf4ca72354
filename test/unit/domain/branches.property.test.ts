import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { evolve, foldRun } from "../../../src/domain/evolve.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import { isAfter, locksAround } from "../../../src/domain/plan-walk.ts";
import { nodesIn, type Plan, type PlanNode } from "../../../src/domain/plan.ts";
import { RunEvent } from "../../../src/domain/run-event.ts";
import { isOpen, isUnderWay, type RunState } from "../../../src/domain/run-state.ts";
import { act, approveAndEnd, playStory, type Story } from "../../support/run-acts.ts";
import { randomPlan } from "../../support/random-plans.ts";
import { type Environment, RULE } from "../../support/run-spec.ts";
import type { RunWorld } from "../../support/run-world.ts";

const ENVIRONMENTS: readonly Environment[] = [{ name: "staging" }, { name: "prod", approval: RULE }];

const story: fc.Arbitrary<Story> = fc.record({
  plans: fc.array(randomPlan, { minLength: 1, maxLength: 3 }),
  acts: fc.array(act, { minLength: 5, maxLength: 50 }),
});

function play(told: Story, after?: (world: RunWorld) => void): RunWorld {
  return playStory(ENVIRONMENTS, told, after);
}

/** Calls back with every fact of every run, and the state before it. */
function eachFact(world: RunWorld, look: (event: RunEvent, before: RunState) => void): void {
  for (const [run, events] of world.logs) {
    const [first, ...later] = events;
    let state = foldRun(run, first === undefined ? [] : [first]);
    for (const event of later) {
      look(event, state);
      state = evolve(state, event);
    }
  }
}

function* allNodes(nodes: readonly PlanNode[]): Generator<PlanNode> {
  for (const node of nodes) {
    yield node;
    if (node.type !== "step") yield* allNodes(nodesIn(node));
  }
}

describe("whatever a plan holds, and whatever happens to its runs", () => {
  it("any beginning of the log is read as it was lived, and says what is under way", () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = play(told);
        for (const state of world.runs) {
          const events = (world.logs.get(state.id) ?? []).map((event) =>
            RunEvent.parse(JSON.parse(JSON.stringify(event))),
          );
          const read = foldRun(state.id, events);
          expect(read).toEqual(state);
          expect(nextWork(read)).toEqual(nextWork(state));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("no attempt begins twice, and a step has one attempt at a time", () => {
    fc.assert(
      fc.property(story, (told) => {
        eachFact(play(told), (event, { steps, attempts }) => {
          if (event.type !== "step.started") return;
          expect(event.attempt).toBe((attempts.get(event.path) ?? 0) + 1);
          const { status, gate } = steps.get(event.path) ?? {};
          // A gate that is void is running already when it is asked anew.
          if (status !== undefined && (status !== "running" || gate !== undefined)) expect(status).toBe("retrying");
        });
      }),
      { numRuns: 100 },
    );
  });

  it("no lock is held by two runs, nor by two branches of one", () => {
    fc.assert(
      fc.property(story, (told) => {
        play(told, (world) => {
          const held = world.runs.flatMap(({ id, plan, locks }) =>
            [...locks].flatMap(([path, { status, keys }]) => (status === "held" ? [{ id, plan, path, keys }] : [])),
          );
          for (const [index, one] of held.entries()) {
            for (const other of held.slice(index + 1)) {
              if (!one.keys.some((key) => other.keys.includes(key))) continue;
              const isNested =
                locksAround(one.plan, one.path).includes(other.path) ||
                locksAround(other.plan, other.path).includes(one.path);
              expect([one.id, isNested]).toEqual([other.id, true]);
            }
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it("no window has more iterations under way than it may have", () => {
    fc.assert(
      fc.property(story, (told) => {
        play(told, (world) => {
          for (const { forEach, steps, locks } of world.runs) {
            const busy = [
              ...[...steps.values()].flatMap((each) =>
                isUnderWay(each) && each.stops === undefined ? [each.path] : [],
              ),
              ...[...locks].flatMap(([path, { status }]) => (status === "requested" ? [path] : [])),
            ];
            for (const [path, { items, atATime }] of forEach) {
              const open = items.filter(({ key }) => busy.some((each) => each.startsWith(`${path}[${key}]/`)));
              expect(open.length).toBeLessThanOrEqual(atATime);
            }
          }
        });
      }),
      { numRuns: 100 },
    );
  });

  it("nothing new begins beside what has failed", () => {
    fc.assert(
      fc.property(story, (told) => {
        eachFact(play(told), (event, { plan, steps, failures, status }) => {
          if (event.type !== "step.started" || event.stops !== undefined || steps.has(event.path)) return;
          expect(status).not.toBe("cancelling");
          if (isPatient(plan)) return;
          for (const path of failures?.keys() ?? []) {
            // What has failed in another branch of the command is over; in the same block it stops the others.
            expect(sharesBlock(path, event.path)).toBe(false);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it("a retry does nothing over that succeeded, unless it came after what did not, or was named", () => {
    fc.assert(
      fc.property(story, (told) => {
        eachFact(play(told), (event, state) => {
          if (event.type !== "run.retried") return;
          const ends = endsOf(state, event.from);
          for (const { path, status, stops } of state.steps.values()) {
            if (stops !== undefined || isAfterwards(state, path)) continue;
            const isForgotten = event.forgotten.includes(path);
            if (!isDone(status)) expect([path, isForgotten]).toEqual([path, true]);
            else if (isForgotten) expect(ends.some((end) => end === path || isAfter(state.plan, end)(path))).toBe(true);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it("what is done at the end has its turn before the run ends, with no lock left, unless somebody cancels that too", () => {
    fc.assert(
      fc.property(story, (told) => {
        eachFact(play(told), (event, state) => {
          if (event.type === "run.concluding") {
            expect([...state.locks.values()].filter(({ status }) => status === "held")).toEqual([]);
            expect([...state.steps.values()].filter(isUnderWay)).toEqual([]);
          }
          if (event.type === "run.finished" && (state.plan.finally ?? []).length > 0) {
            expect(state.conclusion).toBeDefined();
          }
        });
      }),
      { numRuns: 100 },
    );
  });

  it("every run ends once nothing goes wrong any more, and holds nothing then", () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = play(told);
        carryToTheEnd(world);
        // Somebody goes on with those that failed: they end again.
        for (const { id } of world.runs) world.apply(id, { type: "retry", actor: "p_ana" });
        carryToTheEnd(world);
      }),
      { numRuns: 150 },
    );
  });
});

function carryToTheEnd(world: RunWorld): void {
  for (let round = 0; round < 200 && !world.isOver; round += 1) {
    for (const { key } of world.handLocks) world.toggle(key);
    for (const { id } of world.runs) approveAndEnd(world, id);
    if (world.runs.every((state) => nextWork(state).length === 0)) world.wait();
  }
  expect(world.runs.filter(isOpen).map(({ plan, steps, locks }) => [plan, [...steps], [...locks]])).toEqual([]);
  expect(world.held).toEqual([]);
}

/** The paths at which a run stopped, and that from which somebody goes on. */
function endsOf({ steps, failures, failure }: RunState, from: string): readonly string[] {
  const all = [...steps.values()];
  const stopped = new Set(all.map(({ stops }) => stops));
  const ends = all.filter(({ status, path }) => !isDone(status) || stopped.has(path)).map(({ path }) => path);
  return [from, failure?.path ?? "", ...(failures?.keys() ?? []), ...ends];
}

/** Whether the step is one of those whose turn comes again when the run ends again. */
function isAfterwards({ conclusion }: RunState, path: string): boolean {
  return conclusion !== "succeeded" && /^promote\/(?:on-failure|finally)\//u.test(path);
}

function isDone(status: string): boolean {
  return status === "succeeded" || status === "skipped";
}

/** Whether something in the plan goes on although something beside it failed. */
function isPatient({ steps, finally: last = [] }: Plan): boolean {
  return [...allNodes([...steps, ...last])].some((node) => "failFast" in node && node.failFast === false);
}

/** Whether `right` stands in the innermost block of branches, or window, in which `left` does: that one has not failed as a whole yet. */
function sharesBlock(left: string, right: string): boolean {
  const block = [...left.matchAll(/(?:beside\d+\/|each\d+\[)/gu)].at(-1);
  return block !== undefined && right.startsWith(left.slice(0, block.index + block[0].length));
}
