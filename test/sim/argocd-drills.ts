import type { RolloutPlan } from "./argocd/rollout-plan.ts";
import type { Dice } from "./dice.ts";
import { ambush, argocd, at, atOnce, click, cue, type Drill, FIRST_AT, short, type } from "./drill-parts.ts";
import { shaOf } from "./git/sha-of.ts";
import type { Scene } from "./scenario.ts";

// An application without any hook, and one that has a hook after each sync; nobody has to approve there.
const PLAIN = "argocd/checkout-staging";
const HOOKED = "argocd/search-dev";
const FRAMES_LOST: Scene = { who: "network", act: { kind: "frames", lost: 1, doubled: 0, late: 0, forMs: 20_000 } };

/** After the sync others sync the same while Argo CD still compares what was before. */
function comparedSlowly(dice: Dice): ReturnType<Drill> {
  return {
    plans: [atOnce(PLAIN)],
    acts: [
      at(FIRST_AT, argocd({ type: "slow-comparisons", app: PLAIN, takeMs: dice.between(9000, 14_000) })),
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      ambush({ type: "foreign-sync", app: PLAIN, revision: shaOf("m3") }, dice.between(1200, 2500)),
    ],
  };
}

/** Somebody syncs the same as soon as the sync has ended, and that takes its time. */
function syncedBehind(dice: Dice): ReturnType<Drill> {
  const hookMs = dice.between(4500, 7000);
  const moments = Array.from({ length: 10 }, (_none, index) => hookMs + 200 + index * 120);
  return {
    plans: [{ ...atOnce(HOOKED), hookMs }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync search in dev at ${short("m3")}`)),
      ...moments.map((afterMs) => ambush({ type: "foreign-sync", app: HOOKED, revision: shaOf("m3") }, afterMs)),
    ],
  };
}

/** Somebody tries a sync out, or syncs a part of the same, when ours has just ended. */
function triedBehind(dice: Dice): ReturnType<Drill> {
  const manner = dice.chance(0.6) ? { dryRun: true } : { partial: true };
  const revision = shaOf(dice.pick(["m3", "m3", "m1"]));
  const moments = [500, 700, 900, 1200, 2000].map((moment) => moment + dice.below(200));
  return {
    plans: [atOnce(PLAIN)],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      ...moments.map((afterMs) => ambush({ type: "foreign-sync", app: PLAIN, revision, ...manner }, afterMs)),
    ],
  };
}

/** What was accepted is gone before Argo CD begins with it, and the same commit was there at some time before. */
function vanished(dice: Dice): ReturnType<Drill> {
  const line = `/qd sync checkout in staging at ${short(dice.pick(["m1", "m2"]))}`;
  const lost = { type: "lose-operation", app: PLAIN } as const;
  return {
    acts: [at(FIRST_AT + 500, type("U1", line)), ambush(lost, dice.between(0, 5)), ambush(lost, dice.between(3, 9))],
  };
}

/** Argo CD takes the request, and its controller begins with it only minutes later. */
function unbegun(dice: Dice): ReturnType<Drill> {
  return {
    plans: [atOnce(PLAIN)],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("step.checkpointed", argocd({ type: "controller-away", forMs: dice.between(150_000, 200_000) })),
    ],
  };
}

/** Pods come and go between two looks, and no frame tells of it. */
function cameAndWent(dice: Dice): ReturnType<Drill> {
  const leaves = dice.between(3000, 5500);
  const health: RolloutPlan["health"] = [
    { afterMs: 0, status: "Healthy" },
    { afterMs: leaves, status: dice.pick(["Progressing", "Degraded"]) },
    { afterMs: leaves + dice.between(200, 700), status: "Healthy" },
  ];
  return {
    plans: [{ app: "checkout-staging", health }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("step.succeeded", FRAMES_LOST, { has: ['"skipped":false'], afterMs: 600 }),
    ],
  };
}

/** What need not be synced, as it was proven, is replaced by somebody just then; or they try to, and leave a mixture. */
function replacedProven(dice: Dice): ReturnType<Drill> {
  const promote = type("U1", `/promote checkout ${short("m3")} to staging`);
  const other = argocd({ type: "foreign-sync", app: PLAIN, revision: shaOf("m1") });
  const breaks: RolloutPlan = { app: "checkout-staging", revision: shaOf("m1"), sync: "breaks" };
  const isSkipped = { has: ['"skipped":true'] };
  return {
    plans: [atOnce(PLAIN), dice.chance(0.5) ? breaks : { ...atOnce(PLAIN), revision: shaOf("m1") }],
    acts: [
      at(FIRST_AT + 500, promote),
      cue("run.finished", promote, { afterMs: dice.between(2000, 5000) }),
      cue("step.succeeded", other, { ...isSkipped, afterMs: dice.between(0, 2000) }),
    ],
  };
}

/** Argo CD's own rollback, and somebody syncs something else when it has ended. */
function restored(dice: Dice): ReturnType<Drill> {
  const line = `/rollback checkout in staging to ${short(dice.pick(["m1", "m2"]))} --stored --unproven`;
  const other = { type: "foreign-sync", app: PLAIN, revision: shaOf("m3") } as const;
  return {
    plans: [atOnce(PLAIN)],
    acts: [at(FIRST_AT + 500, type("U1", line)), ambush(other, dice.between(800, 4000))],
  };
}

/** Somebody syncs the very same while ours is watched, which nobody hears of or everybody does. */
function syncedAgain(dice: Dice): ReturnType<Drill> {
  const same = { type: "foreign-sync", app: PLAIN, revision: shaOf("m3") } as const;
  return {
    plans: [atOnce(PLAIN)],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      ...(dice.chance(0.5) ? [cue("step.succeeded", FRAMES_LOST, { has: ['"skipped":false'], afterMs: 600 })] : []),
      ambush(same, dice.between(2000, 4500)),
    ],
  };
}

/** Pods are ill, start anew, are ill once more and get well: never for long. */
function relapsed(dice: Dice): ReturnType<Drill> {
  const ill = dice.between(1000, 3000);
  const again = ill + dice.between(12_000, 15_000);
  const health: RolloutPlan["health"] = [
    { afterMs: 0, status: "Progressing" },
    { afterMs: ill, status: "Degraded" },
    { afterMs: ill + dice.between(3000, 5000), status: "Progressing" },
    { afterMs: again, status: "Degraded" },
    { afterMs: again + dice.between(3000, 6000), status: "Healthy" },
  ];
  return {
    plans: [{ app: "checkout-staging", health }],
    acts: [at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`))],
  };
}

/** Nothing goes wrong: what can be said is said soon. */
function undisturbed(dice: Dice): ReturnType<Drill> {
  const seconds = dice.between(2, 12);
  const health: RolloutPlan["health"] = [
    { afterMs: 0, status: "Progressing" },
    { afterMs: seconds * 1000, status: "Healthy" },
  ];
  return {
    plans: [{ health }],
    acts: [
      at(8000, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      at(9000, type("U2", `/qd sync payments in staging at ${short("m4")}`)),
      at(10_000, type("U3", `/promote search ${short("m3")} to staging`)),
    ],
  };
}

/** Argo CD answers slowly, and pods are ready again just after it has compared: what tells of it overtakes the answer. */
function overtaken(dice: Dice): ReturnType<Drill> {
  const hookMs = dice.between(8000, 10_000);
  const health: RolloutPlan["health"] = [
    { afterMs: 0, status: "Healthy" },
    { afterMs: hookMs - 500, status: "Progressing" },
    { afterMs: hookMs + dice.between(400, 1800), status: "Healthy" },
  ];
  const slow: Scene = {
    who: "network",
    act: { kind: "slow", port: "argocd", byMs: dice.between(1500, 2500), forMs: 120_000 },
  };
  return {
    plans: [{ app: "search-dev", health, hookMs }],
    acts: [at(6000, slow), at(8000, type("U1", `/qd sync search in dev at ${short("m3")}`))],
  };
}

/** A job after the sync fails while it is waited for. */
function failingHook(dice: Dice): ReturnType<Drill> {
  return {
    plans: [{ ...atOnce(HOOKED), hookMs: dice.between(5000, 9000), hookFails: "PostSync" }],
    acts: [at(8000, type("U1", `/qd sync search in dev at ${short("m3")}`))],
  };
}

/** The application is deleted while it is waited for. */
function deletedMeanwhile(dice: Dice): ReturnType<Drill> {
  const gone = { type: "delete", app: PLAIN, takesMs: dice.between(0, 3000), cascade: dice.chance(0.5) } as const;
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      ambush(gone, dice.between(1000, 3000)),
    ],
  };
}

/** Argo CD is away while something is waited for. */
function awayMeanwhile(dice: Dice): ReturnType<Drill> {
  const trouble = dice.pick(["refused", "silent", "answers-lost"] as const);
  const away: Scene = {
    who: "network",
    act: { kind: "trouble", port: "argocd", trouble, forMs: dice.between(8000, 60_000) },
  };
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("step.started", away, { has: ["argocd/wait"], afterMs: dice.between(0, 1500) }),
    ],
  };
}

/** The sync runs a job that takes longer than Argo CD may take to begin. */
function longHook(dice: Dice): ReturnType<Drill> {
  return {
    plans: [{ ...atOnce(HOOKED), hookMs: dice.between(35_000, 80_000) }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync search in dev at ${short("m3")}`)),
      ...(dice.chance(0.4) ? [cue("step.started", click(["U1"], "cancel"), { skip: 1, afterMs: 3000 })] : []),
    ],
  };
}

/** A run syncs the same twice, one step after the other. */
function twice(dice: Dice): ReturnType<Drill> {
  const place = dice.pick(["search in dev", "checkout in staging"]);
  return { acts: [at(FIRST_AT + 500, type("U1", `/qd twice ${place} at ${short("m3")}`))] };
}

/** What was synced is ill and is synced again, and a backup of the cluster is played back over the second sync. */
function playedBack(dice: Dice): ReturnType<Drill> {
  const ill: RolloutPlan = { app: "checkout-staging", health: [{ afterMs: 500, status: "Degraded" }] };
  const lost = { type: "lose-operation", app: PLAIN, restores: true } as const;
  return {
    plans: [ill],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("run.finished", { ...click(["U1"], "sync-again"), patienceMs: 30_000 }, { afterMs: 1500 }),
      cue("run.retried", argocd({ type: "heal", app: PLAIN }), { afterMs: dice.between(0, 2000) }),
      ambush(lost, dice.between(0, 5), 1),
    ],
  };
}

export const ARGOCD_DRILLS: Readonly<Record<string, Drill>> = {
  compared: comparedSlowly,
  behind: syncedBehind,
  tried: triedBehind,
  vanished,
  unbegun,
  flapped: cameAndWent,
  "replaced-proven": replacedProven,
  restored,
  "synced-again": syncedAgain,
  relapsed,
  undisturbed,
  overtaken,
  "failing-hook": failingHook,
  deleted: deletedMeanwhile,
  away: awayMeanwhile,
  "long-hook": longHook,
  twice,
  "played-back": playedBack,
};
