import { runEnvironment } from "../domain/named-environment.ts";
import type { RunState, StepState } from "../domain/run-state.ts";
import type { EventStore, PeopleStore } from "./ports.ts";
import type { StepFacts } from "./step-kind.ts";

interface Deps {
  readonly store: Pick<EventStore, "proofs">;
  readonly people: Pick<PeopleStore, "person">;
  /** Whether something of the run is under way. */
  readonly isUnderWay: (run: string) => boolean;
}

/** What the server knows about a step and its run, and puts into the step's execution. */
export class ServerFacts {
  readonly #deps: Deps;
  /** The Slack users who asked for the runs that have something under way. */
  readonly #requesters = new Map<string, string>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  about(state: RunState, { path, input }: Pick<StepState, "path" | "input">): StepFacts {
    const step = state.steps.get(path);
    const app = input["app"];
    const proof = typeof app === "string" ? this.#deps.store.proofs(app, 1)[0] : undefined;
    const requesterUser = this.#requesterOf(state);
    const index = state.targets.findIndex((target) => target.app === app);
    const [target, previous] = [state.targets[index], state.targets[index - 1]];
    const environment = app === undefined ? runEnvironment(state) : undefined;
    const planBefore = step?.voided.at(-1)?.plan;
    return {
      runTitle: state.title,
      requester: state.requester,
      requesterUser,
      ...approvalOf(state, step),
      ...leftBehind(state, step),
      ...(planBefore !== undefined && { planBefore }),
      ...(proof !== undefined && { proof }),
      ...(environment !== undefined && { environment }),
      ...(target !== undefined && { place: { target, ...(previous !== undefined && { previous }) } }),
    };
  }

  /** Nothing of the run is under way any more. */
  forget(run: string): void {
    this.#requesters.delete(run);
  }

  /** Looked up once while a run has something under way: each lookup is a transaction of its own. */
  #requesterOf({ id, requester }: RunState): string {
    const known = this.#requesters.get(id);
    if (known !== undefined) return known;
    const user = this.#deps.people.person(requester)?.user ?? requester;
    if (this.#deps.isUnderWay(id)) this.#requesters.set(id, user);
    return user;
  }
}

function approvalOf(state: RunState, step: StepState | undefined): Pick<StepFacts, "approved"> {
  const gate = step?.approval === undefined ? undefined : state.steps.get(step.approval.gate);
  if (step?.approval === undefined || gate?.gate === undefined) return {};
  const { subject, openedAt } = gate.gate;
  const earlier = state.forgotten.get(step.path) ?? [];
  const isUsed = earlier.some(({ startedAt, checkpoint }) => startedAt >= openedAt && checkpoint !== undefined);
  const { planDigest } = state;
  const { digest } = step.approval;
  return { approved: { subject, digest, gate: gate.path, asked: gate.input, planDigest, isUsed } };
}

function leftBehind(state: RunState, step: StepState | undefined): Pick<StepFacts, "leftBehind"> {
  if (step === undefined || step.checkpoint !== undefined || step.earlier !== undefined) return {};
  const aside = state.forgotten.get(step.path)?.findLast(({ checkpoint }) => checkpoint !== undefined);
  return aside?.checkpoint === undefined || aside.status === "succeeded" ? {} : { leftBehind: aside.checkpoint };
}
