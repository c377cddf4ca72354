import type { AppAct } from "./argocd/argocd-act.ts";
import type { RolloutPlan } from "./argocd/rollout-plan.ts";
import type { Dice } from "./dice.ts";
import { shaOf } from "./git/sha-of.ts";
import type { Cue, Scenario, ScenarioAct, Scene } from "./scenario.ts";
import { COMMITS } from "./sim-settings.ts";
import type { PersonAct } from "./slack/person-act.ts";

/** What a drill is about, made of its own luck. */
export type Drill = (dice: Dice) => Partial<Pick<Scenario, "workers" | "plans" | "settings" | "calmAt">> & {
  readonly acts: readonly ScenarioAct[];
};

// Before this the server has not even started.
export const FIRST_AT = 1500;
/** By then what was done at first is over. */
export const BEGINS_AT = 40_000;
/** Who may ask for things. */
export const ASKING = ["U1", "U2", "U3", "U4"];

export function crashOn(dice: Dice, of: string): ScenarioAct {
  const point = dice.pick(["before-commit", "after-commit"] as const);
  return at(FIRST_AT, { who: "machine", act: { kind: "crash", point, of, downMs: dice.between(200, 3000) } });
}

export function at(moment: number, scene: Scene): ScenarioAct {
  return { at: moment, ...scene };
}

export function cue(on: string, scene: Scene, how: Partial<Pick<Cue, "has" | "skip" | "afterMs">> = {}): ScenarioAct {
  return { at: 0, who: "log", act: { kind: "cue", on, afterMs: 0, ...how, scene } };
}

export function type(user: string, line: string): PersonScene {
  const space = line.indexOf(" ");
  return { who: "person", act: { kind: "type", user, command: line.slice(0, space), text: line.slice(space + 1) } };
}

export type PersonScene = Extract<Scene, { readonly who: "person" }>;
type Click = Extract<PersonAct, { readonly kind: "click" }>;

export function click(users: readonly string[], button: Click["button"], of: Click["of"] = "now"): PersonScene {
  return { who: "person", act: { kind: "click", users, button, of } };
}

export function commit(dice: Dice): string {
  return short(dice.pick(COMMITS));
}

export function short(name: string): string {
  return shaOf(name).slice(0, 8);
}

/** So long after Argo CD has accepted a request, this is done to its application. */
export function ambush(act: AppAct, afterMs: number, skip = 0): ScenarioAct {
  return at(FIRST_AT, { who: "argocd", act: { type: "ambush", skip, afterMs, act } });
}

export function argocd(act: Extract<Scene, { readonly who: "argocd" }>["act"]): Scene {
  return { who: "argocd", act };
}

/** What is applied there is Healthy at once. */
export function atOnce(app: string): RolloutPlan {
  return { app: app.slice("argocd/".length), health: [{ afterMs: 0, status: "Healthy" }] };
}
