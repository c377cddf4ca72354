import type { Dice } from "../dice.ts";

/** What Argo CD says of the health of an object. */
export type Health = "Healthy" | "Progressing" | "Degraded" | "Missing" | "Suspended";

/** The health of new pods from so many milliseconds after the objects were applied. */
export interface HealthStep {
  readonly afterMs: number;
  readonly status: Health;
}

/** When a hook runs: before the objects are applied, or after they are Healthy. */
export type HookType = "PreSync" | "PostSync";

/**
 * What becomes of a revision in an application; plain data. What is left out comes from the dice, except that nothing fails by luck:
 * failures are in plans.
 */
export interface RolloutPlan {
  /** The name of the application; any when absent. */
  readonly app?: string;
  /** The commit, whole; any when absent. */
  readonly revision?: string;
  /**
   * `fails`: the cluster refuses the objects. `breaks`: some of them, when the others are applied. `errors`: the manifests cannot be
   * rendered.
   */
  readonly sync?: "fails" | "breaks" | "errors";
  /** How long each hook takes, where the application has some; `never` for hooks that hang. */
  readonly hookMs?: number | "never";
  readonly hookFails?: HookType;
  /** The health of the new pods. The last one stays. */
  readonly health?: readonly HealthStep[];
  /** For how long the cluster goes on telling the health of the pods before. */
  readonly lagMs?: number;
}

/** The plan for a revision in an application: of those that fit, the one that says most, and of equal ones the last. */
export function planFor(
  plans: readonly RolloutPlan[],
  asked: { readonly app: string; readonly revision: string },
): RolloutPlan {
  let best: RolloutPlan = {};
  let bestWeight = -1;
  for (const plan of plans) {
    if (plan.app !== undefined && plan.app !== asked.app) continue;
    if (plan.revision !== undefined && plan.revision !== asked.revision) continue;
    const weight = (plan.app === undefined ? 0 : 1) + (plan.revision === undefined ? 0 : 2);
    if (weight < bestWeight) continue;
    best = plan;
    bestWeight = weight;
  }
  return best;
}

/** The health of new pods after they were applied: as planned, or Progressing for some seconds and then Healthy. */
export function healthSteps(plan: RolloutPlan, dice: Dice): readonly HealthStep[] {
  return (
    plan.health ?? [
      { afterMs: 0, status: "Progressing" },
      { afterMs: dice.between(1500, 20_000), status: "Healthy" },
    ]
  );
}
