import type { AppAct, ArgocdAct } from "./argocd/argocd-act.ts";
import type { RolloutPlan } from "./argocd/rollout-plan.ts";
import type { Dice } from "./dice.ts";
import { shaOf } from "./git/sha-of.ts";
import { ASKING, look, typed } from "./make-people.ts";
import type { MachineAct, ScenarioAct } from "./scenario.ts";
import { COMMITS, FLEETS } from "./sim-settings.ts";

type Fleet = keyof typeof FLEETS;

/** What is in a scenario beside everything else, for services that are in many places. */
export interface Fleets {
  readonly hasFleets: boolean;
  readonly acts: readonly ScenarioAct[];
  readonly plans: readonly RolloutPlan[];
}

// A world with twenty-four applications takes as long as several others.
const WITH_FLEETS = 0.06;
const NAMES: readonly Fleet[] = ["relay", "relay", "depot", "beacon"];
const SHARES = ["1", "2", "2", "2", "3", "20%", "40%", "50%", "100%"];
const FIRST_AT = 1500;

/** One that is brought everywhere, and what happens to it. */
interface Begun {
  readonly service: Fleet;
  readonly begins: number;
  readonly commit: string;
  readonly acts: ScenarioAct[];
  readonly plans: RolloutPlan[];
}

/** Somebody brings a revision to every place of a service, a few at a time. Most scenarios have nothing of the sort. */
export function makeFleets(dice: Dice, lastsMs: number): Fleets {
  const acts: ScenarioAct[] = [];
  const plans: RolloutPlan[] = [];
  if (!dice.chance(WITH_FLEETS)) return { hasFleets: false, acts, plans };
  const service = dice.pick(NAMES);
  for (let left = dice.between(1, 2); left > 0; left -= 1) {
    const begins = dice.between(FIRST_AT, Math.max(FIRST_AT, lastsMs - 60_000));
    const begun: Begun = { service, begins, commit: dice.pick(COMMITS.slice(1)), acts, plans };
    acts.push({ at: begins, who: "person", act: typed(dice, dice.pick(ASKING), fleetText(dice, begun)) });
    decide(dice.fork(`decided/${left}`), begun);
    goBad(dice.fork(`bad/${left}`), begun);
    interfere(dice.fork(`interfered/${left}`), begun);
    harm(dice.fork(`harmed/${left}`), begun);
    goOn(dice.fork(`again/${left}`), begun);
  }
  return { hasFleets: true, acts, plans };
}

function fleetText(dice: Dice, { service, commit }: Begun): string {
  const share = dice.chance(0.25) ? "" : ` --share ${dice.pick(SHARES)}`;
  return `/qd ${dice.pick(["fleet", "fleet", "sweep"])} ${service} ${shaOf(commit).slice(0, 8)}${share}`;
}

/** Those who wait for something to decide on; it comes at the beginning, and again in the middle. */
function decide(dice: Dice, { begins, acts }: Begun): void {
  for (let looks = dice.between(3, 7), at = begins; looks > 0; looks -= 1) {
    at += dice.between(500, 15_000);
    const act = look(dice, dice.chance(0.04) ? "reject" : "approve");
    acts.push({ at, who: "person", act, patienceMs: dice.between(10_000, 240_000) });
  }
}

/** In some of its places the revision does not come up, or not at once. */
function goBad(dice: Dice, { service, commit, plans }: Begun): void {
  if (dice.chance(0.6)) return;
  for (let left = dice.between(1, 3); left > 0; left -= 1) {
    const where = { app: `${service}-${dice.pick<string>(FLEETS[service])}`, revision: shaOf(commit) };
    const soon = dice.between(500, 8000);
    const make: readonly (() => RolloutPlan)[] = [
      () => ({ ...where, sync: "fails" }),
      () => ({ ...where, sync: "errors" }),
      () => ({ ...where, health: [{ afterMs: soon, status: "Degraded" }] }),
      () => ({ ...where, health: [{ afterMs: soon, status: "Degraded" }] }),
      () => ({
        ...where,
        health: [
          { afterMs: 0, status: "Healthy" },
          { afterMs: soon + 5000, status: "Degraded" },
        ],
      }),
      () => ({
        ...where,
        health: [
          { afterMs: soon, status: "Degraded" },
          { afterMs: soon + dice.between(3000, 40_000), status: "Healthy" },
        ],
      }),
      () => ({ ...where, health: [{ afterMs: 0, status: "Progressing" }] }),
      () => ({ ...where, lagMs: dice.between(200, 6000) }),
    ];
    plans.push(dice.pick(make)());
  }
}

/** Others do something to one of its places, and people to several. */
function interfere(dice: Dice, { service, begins, commit, acts }: Begun): void {
  const place = (): string => dice.pick<string>(FLEETS[service]);
  for (let left = dice.chance(0.45) ? dice.between(1, 3) : 0; left > 0; left -= 1) {
    acts.push({ at: begins + dice.between(0, 120_000), who: "argocd", act: othersAct(dice, service) });
  }
  if (dice.chance(0.15)) {
    acts.push({ at: begins + dice.between(0, 60_000), who: "argocd", act: changedAtTheGate(dice, service) });
  }
  const sha = shaOf(dice.chance(0.5) ? commit : dice.pick(COMMITS)).slice(0, 8);
  const lines = [
    () => `/qd lock ${service} in ${place()} because of a test for ${dice.between(1, 2)}m`,
    () => `/qd unlock ${service} in ${place()}`,
    () => `/rollback ${service} in ${place()}`,
    () => `/qd sync ${service} ${sha} in ${place()}`,
    () => `/promote ${service} ${sha} to ${place()}`,
    () => `/qd fleet ${service} ${sha}`,
  ];
  for (let left = dice.chance(0.5) ? dice.between(1, 3) : 0; left > 0; left -= 1) {
    const line = dice.pick(lines)();
    acts.push({
      at: Math.max(FIRST_AT, begins + dice.between(-10_000, 100_000)),
      who: "person",
      act: typed(dice, dice.pick(ASKING), line),
    });
  }
}

function othersAct(dice: Dice, service: Fleet): ArgocdAct {
  const app = `argocd/${service}-${dice.pick<string>(FLEETS[service])}`;
  const revision = shaOf(dice.pick(COMMITS));
  const make: readonly (() => AppAct)[] = [
    () => ({ type: "foreign-sync", app, revision, over: dice.chance(0.5) }),
    () => ({ type: "foreign-sync", app, revision: "same", over: true, partial: dice.chance(0.5) }),
    () => ({ type: "foreign-terminate", app }),
    () => ({ type: "lose-operation", app }),
    () => ({ type: "recreate", app, afterMs: dice.between(50, 5000), synced: dice.chance(0.5) }),
    () => ({ type: "change-source", app, helmParameter: { name: "replicas", value: String(dice.below(9)) } }),
    () => ({ type: "auto-sync", app, on: true }),
    () => ({ type: "degrade", app }),
    () => ({ type: "heal", app }),
    () => ({ type: "close-window", app, manual: dice.chance(0.3) }),
  ];
  const act = dice.pick(make)();
  return dice.chance(0.4) ? act : { type: "ambush", skip: dice.below(5), afterMs: dice.between(20, 12_000), act };
}

/** What somebody has let through, or is about to, changes. */
function changedAtTheGate(dice: Dice, service: Fleet): ArgocdAct {
  const asking = FLEETS[service].filter((place) => place === "edge-1" || place === "edge-5");
  const app = `argocd/${service}-${dice.pick<string>(asking)}`;
  return { type: "change-source", app, helmParameter: { name: "replicas", value: String(dice.below(9)) } };
}

/** Events of a loop around which a crash hurts most. */
const TELLING = ["for-each.entered", "lock.requested", "lock.acquired", "lock.released", "step.started"]
  .concat(["step.checkpointed", "step.succeeded", "step.failed", "branch.failed", "gate.voided", "run.failed"])
  .concat(["run.retried", "run.cancel-requested"]);

function harm(dice: Dice, { begins, acts }: Begun): void {
  for (let left = dice.chance(0.5) ? dice.between(1, 2) : 0; left > 0; left -= 1) {
    const act: MachineAct = {
      kind: "crash",
      point: dice.pick(["now", "before-commit", "after-commit", "after-commit"]),
      ...(dice.chance(0.8) && { of: dice.pick(TELLING) }),
      downMs: dice.between(200, 8000),
    };
    acts.push({ at: begins + dice.between(0, 120_000), who: "machine", act });
  }
  if (!dice.chance(0.25)) return;
  const side = dice.pick(["request", "answer"] as const);
  acts.push({ at: begins, who: "network", act: { kind: "lose", port: "argocd", what: "/sync", side } });
}

/** Somebody ends it, and somebody goes on with it, perhaps after what was bad has been mended. */
function goOn(dice: Dice, { service, begins, acts }: Begun): void {
  if (dice.chance(0.25)) {
    const at = begins + dice.between(5000, 90_000);
    acts.push({ at, who: "person", act: look(dice, "cancel"), patienceMs: dice.between(5000, 60_000) });
  }
  for (let left = dice.chance(0.7) ? dice.between(1, 3) : 0; left > 0; left -= 1) {
    const at = begins + dice.between(20_000, 240_000);
    if (dice.chance(0.5)) {
      const app = `argocd/${service}-${dice.pick<string>(FLEETS[service])}`;
      acts.push({ at: at - dice.between(0, 20_000), who: "argocd", act: { type: "heal", app } });
    }
    const act = look(dice, dice.pick(["retry", "retry", "wait-again", "sync-again"]));
    acts.push({ at, who: "person", act, patienceMs: dice.between(30_000, 200_000) });
  }
}
