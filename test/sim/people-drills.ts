import type { RolloutPlan } from "./argocd/rollout-plan.ts";
import type { Dice } from "./dice.ts";
import {
  ambush,
  argocd,
  at,
  atOnce,
  click,
  cue,
  type Drill,
  FIRST_AT,
  type PersonScene,
  short,
  type,
} from "./drill-parts.ts";
import { shaOf } from "./git/sha-of.ts";
import type { Scene } from "./scenario.ts";

const STAGING = "argocd/checkout-staging";
const PROD = "argocd/checkout-prod";
const HOOKED = "argocd/search-dev";
const MINUTE = 60_000;
// In no group that may do anything.
const OUTSIDER = "U5";

/** What waits for its turn is asked for approval only since. */
function askedSince(): ReturnType<Drill> {
  const settings: Scene = { who: "machine", act: { kind: "settings", name: "staging asks" } };
  const line = (name: string): PersonScene => type("U1", `/qd sync search in staging at ${short(name)}`);
  return {
    plans: [{ ...atOnce("argocd/search-staging"), hookMs: 80_000 }],
    acts: [
      at(8000, line("m3")),
      cue("step.started", line("m4"), { has: ["argocd/wait"] }),
      cue("lock.requested", settings, { skip: 1, afterMs: 3000 }),
    ],
  };
}

/** The application is being deleted, which takes its time, and somebody syncs it. */
function beingDeleted(dice: Dice): ReturnType<Drill> {
  return {
    acts: [
      at(6000, argocd({ type: "delete", app: STAGING, takesMs: dice.between(20_000, 60_000), cascade: false })),
      at(8000, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
    ],
  };
}

/** What was approved and tried is undone by somebody, and tried again. */
function undone(dice: Dice): ReturnType<Drill> {
  const ill: RolloutPlan = {
    app: "checkout-prod",
    revision: shaOf("m3"),
    health: [{ afterMs: dice.between(200, 2000), status: "Degraded" }],
  };
  const undo = argocd({ type: "foreign-sync", app: PROD, revision: shaOf("m0") });
  return {
    plans: [ill],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in prod at ${short("m3")}`)),
      cue("gate.opened", approve("U3"), { afterMs: 1500 }),
      cue("gate.opened", approve("U4"), { skip: 1, afterMs: 2500 }),
      cue("run.finished", undo, { afterMs: dice.between(100, 2000) }),
      cue("run.finished", { ...click(["U1"], "sync-again"), patienceMs: 30_000 }, { afterMs: 6000 }),
    ],
  };
}

/** While Git is asked where the commit lies, somebody else brings a newer one there. */
function overtakenByOthers(dice: Dice): ReturnType<Drill> {
  const newer = argocd({ type: "foreign-sync", app: STAGING, revision: shaOf("m4") });
  const slow: Scene = {
    who: "network",
    act: { kind: "slow", port: "git", byMs: dice.between(3000, 4500), forMs: 60_000 },
  };
  return {
    plans: [atOnce(STAGING)],
    acts: [
      at(20_000, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("run.started", slow),
      cue("step.started", newer, { has: ["argocd/sync"], afterMs: dice.between(300, 900) }),
    ],
  };
}

/** The answer to a request that was accepted is lost. */
function lostAnswer(dice: Dice): ReturnType<Drill> {
  const lost: Scene = { who: "network", act: { kind: "lose", port: "argocd", what: "/sync", side: "answer" } };
  return {
    acts: [
      at(6000, lost),
      at(8000, type("U1", `/qd sync ${dice.pick(["checkout in staging", "search in dev"])} at ${short("m3")}`)),
    ],
  };
}

/** Somebody ends our sync for their own, which goes on for long, and the run is cancelled. */
function cancelledAfterwards(dice: Dice): ReturnType<Drill> {
  return {
    plans: [{ ...atOnce(HOOKED), hookMs: dice.between(15_000, 25_000) }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync search in dev at ${short("m3")}`)),
      ambush({ type: "foreign-sync", app: HOOKED, revision: shaOf("m1"), over: true }, dice.between(1500, 3000)),
      cue(
        "step.started",
        { ...click(["U1"], "cancel"), patienceMs: 20_000 },
        {
          has: ["argocd/wait"],
          afterMs: dice.between(4000, 7000),
        },
      ),
    ],
  };
}

/** Where two have to approve, one presses twice, or at the same moment with each of their accounts. */
function pressedTwice(dice: Dice): ReturnType<Drill> {
  const users = dice.chance(0.8) ? ["U3", "U7"] : ["U3", "U3"];
  const double: PersonScene = { ...click(users, "approve"), patienceMs: 60_000 };
  return {
    acts: [
      at(FIRST_AT, { who: "slack", act: { kind: "set-group", group: "S0RELEASE", users: ["U2", "U3", "U4", "U7"] } }),
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in core at ${short("m3")}`)),
      cue("gate.opened", double, { afterMs: dice.between(1500, 3000) }),
    ],
  };
}

/** Somebody decides on a copy of the request. */
function copied(): ReturnType<Drill> {
  const copy: PersonScene = {
    who: "person",
    act: { kind: "click", users: ["U3"], button: "approve", forged: "copy" },
    patienceMs: 60_000,
  };
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in prod at ${short("m3")}`)),
      cue("gate.opened", copy, { afterMs: 3000 }),
    ],
  };
}

/** Whoever may do nothing tries everything. */
function outsider(dice: Dice): ReturnType<Drill> {
  const ill: RolloutPlan = { app: "checkout-staging", health: [{ afterMs: 100, status: "Degraded" }] };
  const press = (button: "cancel" | "retry" | "approve"): PersonScene => ({
    ...click([OUTSIDER], button),
    patienceMs: 30_000,
  });
  return {
    plans: [dice.chance(0.5) ? ill : atOnce(STAGING)],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      at(FIRST_AT + 900, type("U2", `/qd sync checkout in prod at ${short("m3")}`)),
      at(FIRST_AT + 1500, type(OUTSIDER, `/qd sync search in dev at ${short("m3")}`)),
      at(FIRST_AT + 2500, type(OUTSIDER, "/qd lock search in dev because of nothing for 2m")),
      cue("step.started", press("cancel"), { afterMs: 3000 }),
      cue("gate.opened", press("approve"), { afterMs: 3000 }),
      cue("run.finished", press("retry"), { afterMs: 3000 }),
    ],
  };
}

/** Whoever may do other things, and not this one. */
function notTheirs(dice: Dice): ReturnType<Drill> {
  const user = dice.pick(["U3", "U4"]);
  return {
    acts: [
      at(FIRST_AT + 500, type(user, `/qd twice checkout in staging at ${short("m3")}`)),
      at(FIRST_AT + 1500, type(user, `/qd sync search in dev at ${short("m3")}`)),
    ],
  };
}

/** The server is gone for long as soon as it has written down what somebody asks for. */
function longAway(dice: Dice): ReturnType<Drill> {
  const downMs = dice.between(35, 50) * MINUTE;
  return {
    calmAt: 60 * MINUTE,
    acts: [
      at(FIRST_AT, { who: "machine", act: { kind: "crash", point: "after-commit", of: "intent.received", downMs } }),
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
    ],
  };
}

export const PEOPLE_DRILLS: Readonly<Record<string, Drill>> = {
  "asked-since": askedSince,
  "being-deleted": beingDeleted,
  undone,
  "overtaken-by-others": overtakenByOthers,
  "lost-answer": lostAnswer,
  "cancelled-afterwards": cancelledAfterwards,
  "pressed-twice": pressedTwice,
  copied,
  outsider,
  "not-theirs": notTheirs,
  "long-away": longAway,
};

function approve(user: string): PersonScene {
  return { ...click([user], "approve"), patienceMs: 60_000 };
}
