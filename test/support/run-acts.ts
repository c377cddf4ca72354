import fc from "fast-check";
import { expect } from "vitest";

import { nextWork } from "../../src/domain/next-work.ts";
import type { Plan } from "../../src/domain/plan.ts";
import { isOpen, type RunState } from "../../src/domain/run-state.ts";
import type { Environment } from "./run-spec.ts";
import { type Ending, openGate, RunWorld } from "./run-world.ts";

/** Something that happens in a world of runs. */
export type Act = (world: RunWorld) => void;

const ENDINGS: readonly Ending[] = [
  ...Array.from({ length: 8 }, () => "succeed" as const),
  "fail",
  "fail-for-now",
  "postpone",
  "void",
];
const ACTORS = ["p_priya", "p_marco", "p_olga"];

/** One thing that happens: a step ends, somebody clicks, time passes, the server dies, an old report comes in. */
export const act: fc.Arbitrary<Act> = fc
  .record({
    run: fc.nat({ max: 3 }),
    what: fc.oneof(
      { weight: 12, arbitrary: fc.constant("end" as const) },
      { weight: 4, arbitrary: fc.constant("click" as const) },
      {
        weight: 7,
        arbitrary: fc.constantFrom("odd-click", "wait", "due", "restart", "old", "cancel", "retry", "lock"),
      },
    ),
    ending: fc.constantFrom(...ENDINGS),
    actor: fc.constantFrom(...ACTORS),
    number: fc.nat({ max: 1000 }),
  })
  .map((choice) =>
    Object.assign((world: RunWorld) => happen(world, choice), {
      [fc.toStringMethod]: () => JSON.stringify(choice),
    }),
  );

interface Choice {
  readonly run: number;
  readonly what: "end" | "click" | "odd-click" | "wait" | "due" | "restart" | "old" | "cancel" | "retry" | "lock";
  readonly ending: Ending;
  readonly actor: string;
  readonly number: number;
}

function happen(world: RunWorld, { run, what, ending, actor, number }: Choice): void {
  const state = world.runs[run % Math.max(1, world.runs.length)];
  if (state === undefined) return;
  switch (what) {
    case "end":
      return world.end(state, ending, number);
    case "click":
      return world.click(state, actor);
    case "odd-click":
      return world.click(state, actor, ODD_CLICKS[number % ODD_CLICKS.length]);
    case "wait":
      return world.wait(number * 1000);
    case "due":
      return world.wait();
    case "restart":
      return world.restart();
    case "old":
      return old(world, state, number);
    case "cancel":
      return void world.apply(state.id, { type: "cancel", actor, reason: "" });
    case "retry":
      return retry(world, state, { actor, number });
    case "lock":
      return world.toggle(number % 2 === 0 ? "checkout/prod" : "db");
  }
}

const ODD_CLICKS: readonly Parameters<RunWorld["click"]>[2][] = [
  { decision: "reject", current: undefined },
  { digest: "another" },
  { attempt: 99 },
  { current: undefined },
  { judgement: { kind: "refused", code: "approval.not-in-group", message: "no" } },
];

/** Somebody retries a run from where it stopped, or from anywhere. */
function retry(
  world: RunWorld,
  state: RunState,
  { actor, number }: { readonly actor: string; readonly number: number },
): void {
  const paths = [undefined, ...state.steps.keys()];
  world.apply(state.id, { type: "retry", actor, from: paths[number % paths.length] });
}

/** A report of some dispatch from before, or of one that never was. */
function old(world: RunWorld, state: RunState, number: number): void {
  const events = world.logs.get(state.id) ?? [];
  const dispatches = events.flatMap((event) =>
    event.type === "step.started" || event.type === "step.dispatched" ? [event] : [],
  );
  const dispatch = dispatches[number % Math.max(1, dispatches.length)];
  if (dispatch === undefined) return;
  const { path, attempt, token } = dispatch;
  const step = state.steps.get(path);
  // That of a step that is under way counts.
  if (step?.attempt === attempt && step.token === token && step.status === "running") return;
  const before = world.logs.get(state.id)?.length;
  world.apply(state.id, { type: "outcome", path, attempt, token, outcome: { status: "succeeded", output: {} } });
  world.apply(state.id, { type: "checkpoint", path, attempt, token, data: 1 });
  expect(world.logs.get(state.id)).toHaveLength(before ?? -1);
}

/** Which commands are started, and what happens to them then. */
export interface Story {
  readonly plans: readonly Plan[];
  readonly acts: readonly Act[];
}

export function playStory(
  environments: readonly Environment[],
  { plans, acts }: Story,
  after: (world: RunWorld) => void = () => undefined,
): RunWorld {
  const world = new RunWorld();
  for (const plan of plans) world.start(environments, plan);
  for (const each of acts) {
    each(world);
    after(world);
  }
  return world;
}

/** A step that is under way ends well or, when none is, time passes. */
export function goOn(world: RunWorld, id: string): void {
  const state = world.states.get(id) ?? none();
  if (!isOpen(state)) return;
  if (nextWork(state).length === 0) world.wait();
  world.end(world.states.get(id) ?? none(), "succeed");
}

/** Everybody approves what is open, and a step that is under way ends well. */
export function approveAndEnd(world: RunWorld, id: string): void {
  for (const actor of ACTORS) {
    const state = world.states.get(id) ?? none();
    if (openGate(state)?.status === "running") world.click(state, actor);
  }
  world.end(world.states.get(id) ?? none(), "succeed");
}

export function none(): never {
  throw new Error("a run that was there is gone");
}
