import type { RolloutPlan } from "./argocd/rollout-plan.ts";
import type { Dice } from "./dice.ts";
import { THE_RUN } from "./cues.ts";
import {
  argocd,
  at,
  atOnce,
  click,
  commit,
  cue,
  type Drill,
  FIRST_AT,
  type PersonScene,
  short,
  type,
} from "./drill-parts.ts";
import { shaOf } from "./git/sha-of.ts";
import type { ScenarioAct, Scene } from "./scenario.ts";

const STAGING = "argocd/checkout-staging";
const HOOKED = "argocd/search-dev";
const MINUTE = 60_000;

/** Somebody wants a place for themselves while a rollback is under way there, which leaves a hold. */
function lockedUnderneath(dice: Dice): ReturnType<Drill> {
  return {
    acts: [
      at(8000, type("U1", `/rollback search in dev to ${short(dice.pick(["m1", "m2"]))} --unproven`)),
      cue("lock.acquired", type("U2", "/qd lock search in dev because of a test"), {
        afterMs: dice.between(100, 1500),
      }),
    ],
  };
}

/** A lock that somebody has set ends by itself. */
function endsByItself(dice: Dice): ReturnType<Drill> {
  const place = dice.pick(["search in dev", "checkout in staging"]);
  return { acts: [at(8000, type("U2", `/qd lock ${place} because of a test for 1m`))] };
}

/** Slack loses answers again and again, and carries out a change after those that followed it. */
function changedLate(dice: Dice): ReturnType<Drill> {
  const lost = (): Scene => ({
    who: "network",
    act: { kind: "trouble", port: "slack", trouble: "answers-lost", forMs: dice.between(800, 4000) },
  });
  const moments = Array.from({ length: 6 }, () => dice.between(2500, 16_000));
  const acts: ScenarioAct[] = moments.map((moment) => at(moment, lost()));
  return {
    plans: [atOnce(STAGING)],
    acts: [...acts, at(2000, type("U1", `/qd sync checkout in staging at ${short("m3")}`))],
  };
}

/** The process dies just when somebody has decided. */
function diesDeciding(dice: Dice): ReturnType<Drill> {
  const crash: Scene = {
    who: "machine",
    act: { kind: "crash", point: "before-commit", of: "intent.received", downMs: dice.between(500, 5000) },
  };
  const approve: PersonScene = { ...click(["U3"], "approve"), patienceMs: MINUTE };
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in prod at ${short("m3")}`)),
      cue("gate.opened", crash, { afterMs: 1000 }),
      cue("gate.opened", approve, { afterMs: 3000 }),
    ],
  };
}

/** Something is put off for seconds while something else has minutes. */
function dueSooner(dice: Dice): ReturnType<Drill> {
  const other = { type: "foreign-sync", app: HOOKED, revision: shaOf("m3") } as const;
  return {
    plans: [{ ...atOnce(HOOKED), hookMs: dice.between(9000, 14_000) }],
    acts: [
      at(7000, type("U1", `/qd sync checkout in prod at ${short("m3")}`)),
      at(12_000, { who: "argocd", act: other }),
      at(13_000, type("U2", `/qd sync search in dev at ${short("m4")}`)),
    ],
  };
}

/** A run is cancelled while it watches pods that do not become ready. */
function leftAlone(dice: Dice): ReturnType<Drill> {
  return {
    plans: [{ app: "checkout-staging", health: [{ afterMs: 0, status: "Progressing" }] }],
    acts: [
      at(12_000, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue(
        "step.started",
        { ...click(["U1"], "cancel"), patienceMs: MINUTE },
        {
          has: ["argocd/wait"],
          afterMs: dice.between(5000, 20_000),
        },
      ),
    ],
  };
}

/** A run is cancelled while its sync waits for Argo CD to begin, which answers slowly. */
function toldToStop(dice: Dice): ReturnType<Drill> {
  const slow: Scene = { who: "network", act: { kind: "slow", port: "argocd", byMs: 9000, forMs: 2 * MINUTE } };
  return {
    acts: [
      at(12_000, type("U1", `/qd sync payments in staging at ${short("m4")}`)),
      cue("step.checkpointed", slow),
      cue("step.checkpointed", argocd({ type: "controller-away", forMs: 2 * MINUTE })),
      cue(
        "step.checkpointed",
        { ...click(["U1"], "cancel"), patienceMs: MINUTE },
        { afterMs: dice.between(10_500, 13_000) },
      ),
    ],
  };
}

/** Nobody decides, and the clock of the machine is set past the time for it. */
function setForward(dice: Dice): ReturnType<Drill> {
  return {
    acts: [
      at(8000, type("U1", `/qd sync checkout in prod at ${short("m3")}`)),
      cue(
        "gate.opened",
        { who: "machine", act: { kind: "clock", byMs: 3_600_000 } },
        { afterMs: dice.between(5000, 40_000) },
      ),
    ],
  };
}

/** The server is told to end, and started anew, while a run only waits. */
function endsWaiting(dice: Dice): ReturnType<Drill> {
  const stop: Scene = { who: "machine", act: { kind: "stop", downMs: dice.between(500, 4000) } };
  return {
    plans: [slowlyWell(dice.between(15_000, 40_000))],
    acts: [
      at(8000, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("step.started", stop, { has: ["argocd/wait"], afterMs: dice.between(500, 8000) }),
    ],
  };
}

/** The disk is full when what is waited for has come. */
function unrecorded(dice: Dice): ReturnType<Drill> {
  const forMs = dice.between(4000, 8000);
  const full: Scene = { who: "machine", act: { kind: "disk", state: "SQLITE_FULL", forMs } };
  return {
    plans: [slowlyWell(3000)],
    acts: [
      at(8000, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("step.started", full, { has: ["argocd/wait"], afterMs: dice.between(6000, 9000) }),
    ],
  };
}

/** A run is cancelled while the server still finds out, from an Argo CD that is slow, what its sync needs to know. */
function stoppedFindingOut(dice: Dice): ReturnType<Drill> {
  const slow: Scene = { who: "network", act: { kind: "slow", port: "argocd", byMs: 6000, forMs: 20_000 } };
  return {
    acts: [
      at(12_000, type("U1", `/qd sync search in dev at ${commit(dice)}`)),
      cue("step.started", slow, { has: ["argocd/sync"] }),
      cue("step.started", type("U1", `/qd cancel ${THE_RUN}`), {
        has: ["argocd/sync"],
        afterMs: dice.between(100, 3000),
      }),
    ],
  };
}

/** The server has much to do: in the turn in which a run is cancelled, its sync wants to write down that it is about to begin. */
function cancelledAtOnce(dice: Dice): ReturnType<Drill> {
  const busy: Scene = { who: "machine", act: { kind: "busy", byMs: dice.between(150, 300), forMs: 20_000 } };
  const slow: Scene = {
    who: "network",
    act: { kind: "slow", port: "argocd", byMs: dice.between(100, 400), forMs: 20_000 },
  };
  return {
    acts: [
      at(12_000, type("U1", `/qd sync search in dev at ${commit(dice)}`)),
      cue("run.started", busy),
      cue("run.started", slow),
      cue("step.started", type("U1", `/qd cancel ${THE_RUN}`), {
        has: ["argocd/sync"],
        afterMs: dice.between(0, 500),
      }),
    ],
  };
}

/** Something can not be recorded of a run whose step hears nobody, so that it is handed out anew beside itself. */
function handedOutAnew(dice: Dice): ReturnType<Drill> {
  const forMs = dice.between(500, 3000);
  return {
    acts: [
      at(8000, type("U1", "/qd stubborn search in dev")),
      cue("step.started", { who: "machine", act: { kind: "busy", byMs: 200, forMs: 30_000 } }),
      cue("step.started", type("U2", `/qd retry ${THE_RUN}`), { afterMs: dice.between(2000, 4000) }),
      cue("intent.received", { who: "machine", act: { kind: "disk", state: "SQLITE_FULL", forMs } }, { skip: 1 }),
    ],
  };
}

/** What runs in staging becomes Healthy only so long after its sync. */
function slowlyWell(afterMs: number): RolloutPlan {
  return {
    app: "checkout-staging",
    health: [
      { afterMs: 0, status: "Progressing" },
      { afterMs, status: "Healthy" },
    ],
  };
}

export const ENGINE_DRILLS: Readonly<Record<string, Drill>> = {
  "locked-underneath": lockedUnderneath,
  "ends-by-itself": endsByItself,
  "changed-late": changedLate,
  "dies-deciding": diesDeciding,
  "due-sooner": dueSooner,
  "ends-waiting": endsWaiting,
  unrecorded,
  "stopped-finding-out": stoppedFindingOut,
  "cancelled-at-once": cancelledAtOnce,
  "handed-out-anew": handedOutAnew,
  "left-alone": leftAlone,
  "set-forward": setForward,
  "told-to-stop": toldToStop,
};
