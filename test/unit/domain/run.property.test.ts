import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { nextWakeAt } from "../../../src/domain/wake.ts";
import { foldRun } from "../../../src/domain/evolve.ts";
import { nextWork } from "../../../src/domain/next-work.ts";
import { type LockNode, nodesIn, type Plan, type PlanNode } from "../../../src/domain/plan.ts";
import { RunEvent } from "../../../src/domain/run-event.ts";
import { isOpen } from "../../../src/domain/run-state.ts";
import { act, approveAndEnd, goOn, none, playStory, type Story } from "../../support/run-acts.ts";
import { type Environment, promotePlan, RULE, SHA, step } from "../../support/run-spec.ts";
import { isApproved, type RunWorld } from "../../support/run-world.ts";

const ENVIRONMENTS: readonly Environment[] = [{ name: "staging" }, { name: "prod", approval: { ...RULE, quorum: 2 } }];
const PROD = { app: "main/argocd/checkout-prod", revision: SHA };
const SYNC = step("sync", "argocd/sync", {
  with: PROD,
  attemptTimeoutMs: 120_000,
  timeoutMs: 900_000,
  stopWith: "argocd/terminate",
});
const WAIT = step("healthy", "argocd/wait", { with: PROD, timeoutMs: 900_000 });
const STAGING = { app: "main/argocd/checkout-staging", revision: SHA };
const IN_STAGING: readonly PlanNode[] = [
  { ...SYNC, with: STAGING },
  { ...WAIT, with: STAGING },
];
const GATE = step("gate", "approval", { with: PROD, timeoutMs: 7_200_000 });

function lock(key: string, keys: string, steps: readonly PlanNode[]): LockNode {
  return { type: "lock", key, keys, whenLocked: "queue", steps };
}

/** Commands as people may write them: careful ones, and such as try to get around the gate. */
const PLANS: readonly Plan[] = [
  promotePlan(),
  promotePlan({ timeoutMs: 3_600_000 }),
  promotePlan({ steps: [lock("lock", "checkout/prod", [SYNC])], onFailure: [] }),
  promotePlan({
    steps: [
      { type: "group", key: "group", steps: [GATE] },
      lock("lock", "${{ ['checkout/prod', 'db'] }}", [lock("lock-2", "${{ ['db', 'queue'] }}", [SYNC])]),
    ],
    onFailure: [step("back", "argocd/sync", { with: PROD })],
  }),
  promotePlan({ steps: [step("gate", "approval", { with: { ...PROD, app: "main/argocd/checkout-staging" } }), SYNC] }),
  promotePlan({ steps: [step("gate", "approval", { with: { ...PROD, revision: "f".repeat(40) } }), SYNC] }),
  promotePlan({ steps: [lock("lock", "checkout/prod", [GATE, SYNC]), step("again", "argocd/sync", { with: PROD })] }),
  promotePlan({ urgent: true, steps: [GATE, { ...lock("lock", "checkout/prod", [SYNC, WAIT]), hold: true }] }),
  promotePlan({ urgent: true, steps: [{ ...lock("lock", "checkout/staging", IN_STAGING), hold: true }] }),
  promotePlan({ steps: [lock("lock", "checkout/staging", IN_STAGING)] }),
  promotePlan({ steps: [lock("lock", "db", [step("say", "argocd/wait"), lock("lock-2", "checkout/prod", [WAIT])])] }),
  promotePlan({ steps: [lock("lock", "checkout/prod", [step("say", "argocd/wait"), lock("lock-2", "db", [WAIT])])] }),
];

const story: fc.Arbitrary<Story> = fc.record({
  plans: fc.array(fc.constantFrom(...PLANS), { minLength: 1, maxLength: 4 }),
  acts: fc.array(act, { minLength: 5, maxLength: 50 }),
});

function play(told: Story, after?: (world: RunWorld) => void): RunWorld {
  return playStory(ENVIRONMENTS, told, after);
}

describe("whatever happens to runs, in whatever order", () => {
  it("nothing that protects an environment starts there without the approval it asks for", () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const [, events] of play(told).logs) {
          for (const [index, event] of events.entries()) {
            if (event.type !== "step.started" || event.uses !== "argocd/sync") continue;
            const isRefused = events[index + 1]?.type === "step.failed";
            if (event.input["app"] === PROD.app && !isRefused)
              expect(isApproved(events.slice(0, index), event)).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("no lock is held by two, and nobody works inside a lock that is not theirs", () => {
    fc.assert(
      fc.property(story, (told) => {
        play(told, (world) => {
          const owners = new Map<string, string>();
          for (const { run, key } of world.held) {
            expect(owners.get(key) ?? run).toBe(run);
            owners.set(key, run);
          }
          for (const state of world.runs) {
            for (const [path, { status }] of state.locks) {
              const working = [...state.steps.values()].filter((each) => each.status === "running");
              if (isOpen(state) && working.some((each) => isInside(state.plan.steps, path, each.path))) {
                expect(status).toBe("held");
              }
            }
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it("what has ended stays ended unless somebody retries it, holds nothing and has nothing to do", () => {
    fc.assert(
      fc.property(story, (told) => {
        const ended = new Map<string, string>();
        play(told, (world) => {
          for (const state of world.runs) {
            if (isOpen(state)) continue;
            const ending = `${state.id}, retried ${state.retries.length} times`;
            expect(ended.get(ending) ?? state.status).toBe(state.status);
            ended.set(ending, state.status);
            expect([nextWork(state), nextWakeAt(state), world.held.filter(({ run }) => run === state.id)]).toEqual([
              [],
              undefined,
              [],
            ]);
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it("nobody gets a lock that is locked by hand, but an urgent run what another one holds on to", () => {
    fc.assert(
      fc.property(story, (told) => {
        expect(play(told).gotDespiteHandLock).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("no step that succeeded starts again, unless a gate before it was voided or somebody had it done over", () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const [run, events] of play(told).logs) {
          const succeeded = new Set<string>();
          for (const [index, event] of events.entries()) {
            if (event.type === "step.succeeded") succeeded.add(event.path);
            if (event.type === "step.started") expect(succeeded).not.toContain(event.path);
            if (event.type === "run.retried") for (const path of event.forgotten) succeeded.delete(path);
            if (event.type !== "gate.voided") continue;
            const { steps } = foldRun(run, events.slice(0, index + 1));
            for (const path of succeeded) if (!steps.has(path) || path === event.path) succeeded.delete(path);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("a run that was cancelled starts nothing but what ends its leftovers, and ends", () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = play(told);
        for (const { id } of world.runs) {
          world.apply(id, { type: "cancel", actor: "p_ana", reason: "" });
          const length = world.logs.get(id)?.length ?? 0;
          for (let round = 0; round < 10; round += 1) goOn(world, id);
          expect(isOpen(world.states.get(id) ?? none())).toBe(false);
          const later = world.logs.get(id)?.slice(length) ?? [];
          const started = later.flatMap((event) => (event.type === "step.started" ? [event.uses] : []));
          expect(started.filter((uses) => uses !== "argocd/terminate")).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("the state is the fold of the log, every fact of it survives being stored, and every token is larger than those before", () => {
    fc.assert(
      fc.property(story, fc.nat(), (told, cut) => {
        for (const [run, events] of play(told).logs) {
          const stored = events.map((event) => RunEvent.parse(JSON.parse(JSON.stringify(event))));
          expect(stored).toEqual(events);
          const length = 1 + (cut % events.length);
          expect(foldRun(run, stored.slice(0, length)).version).toBe(length);
          const tokens = events.flatMap((event) => ("token" in event ? [event.token] : []));
          expect(tokens).toEqual(tokens.toSorted((left, right) => left - right));
          expect(new Set(tokens).size).toBe(tokens.length);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("the state that was carried along is the one that a new process reads", () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = play(told);
        for (const state of world.runs) expect(foldRun(state.id, world.logs.get(state.id) ?? [])).toEqual(state);
      }),
      { numRuns: 100 },
    );
  });

  it("after looking at what is due, nothing is due any more", () => {
    fc.assert(
      fc.property(story, fc.nat({ max: 100_000 }), (told, laterS) => {
        const world = play(told);
        world.wait(laterS * 1000);
        for (const state of world.runs) expect(nextWakeAt(state) ?? Infinity).toBeGreaterThan(world.at);
      }),
      { numRuns: 200 },
    );
  });

  it("every run ends once nothing goes wrong any more", () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = play(told);
        for (const { key } of world.handLocks) world.toggle(key);
        for (let round = 0; round < 60 && !world.isOver; round += 1) {
          for (const { id } of world.runs) approveAndEnd(world, id);
          for (const { key } of world.handLocks) world.toggle(key);
          if (world.runs.every((state) => nextWork(state).length === 0)) world.wait();
        }
        expect(world.runs.filter(isOpen).map(({ steps, locks }) => [[...steps.values()].at(-1), [...locks]])).toEqual(
          [],
        );
      }),
      { numRuns: 200 },
    );
  });
});

/** Whether the step at `path` stands inside the lock at `lockPath`. */
function isInside(nodes: readonly PlanNode[], lockPath: string, path: string): boolean {
  const key = lockPath.slice(lockPath.lastIndexOf("/") + 1);
  const parent = lockPath.slice(0, lockPath.lastIndexOf("/"));
  const found = find(nodes, key);
  return found !== undefined && path.startsWith(`${parent}/`) && holds(found, path.slice(parent.length + 1));
}

function find(nodes: readonly PlanNode[], key: string): PlanNode | undefined {
  for (const node of nodes) {
    if (node.key === key) return node;
    const inner = node.type === "step" ? undefined : find(nodesIn(node), key);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function holds(node: PlanNode, key: string): boolean {
  return node.type !== "step" && nodesIn(node).some((child) => child.key === key || holds(child, key));
}
