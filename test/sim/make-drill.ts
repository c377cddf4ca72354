import { THE_RUN } from "./cues.ts";
import { Dice } from "./dice.ts";
import { shaOf } from "./git/sha-of.ts";
import { ENGINE_DRILLS } from "./engine-drills.ts";
import { PEOPLE_DRILLS } from "./people-drills.ts";
import { workerAct } from "./redis/make-acts.ts";
import { ARGOCD_DRILLS } from "./argocd-drills.ts";
import {
  ASKING,
  at,
  BEGINS_AT,
  click,
  commit,
  crashOn,
  cue,
  type Drill,
  FIRST_AT,
  type PersonScene,
  short,
  type,
} from "./drill-parts.ts";
import type { Scenario, ScenarioAct, Scene } from "./scenario.ts";

const MINUTE = 60_000;
const PREFIX = "drill-";

/** The seeds of so many drills of each sort, one of each sort after the other. */
export function drillSeeds(ofEach: number): readonly string[] {
  const names = Object.keys(DRILLS);
  return Array.from({ length: ofEach * names.length }, (_none, index) => {
    const name = names[index % names.length] ?? "";
    return `${PREFIX}${name}-${1 + Math.floor(index / names.length)}`;
  });
}

export function isDrillSeed(seed: string): boolean {
  return seed.startsWith(PREFIX);
}

/**
 * A short scenario that leads straight into one of those narrow places which hardly any morning of many people comes to. What
 * happens there waits for its moment in the log, not for a time.
 */
export function makeDrill(seed: string): Scenario {
  const name = seed.slice(PREFIX.length, seed.lastIndexOf("-"));
  const dice = new Dice(`scenario/${seed}`);
  const drill = DRILLS[name];
  if (drill === undefined) throw new RangeError(`there is no drill "${name}", only ${Object.keys(DRILLS).join(", ")}`);
  const { acts, ...own } = drill(dice);
  return {
    seed,
    startAt: Date.UTC(2026, 0, 5, 9) + dice.below(86_400) * 1000,
    settings: "usual",
    autoSynced: undefined,
    plans: [],
    workers: 0,
    calmAt: 5 * MINUTE,
    ...own,
    acts: acts.toSorted((one, other) => one.at - other.at),
  };
}

/** A run is cancelled when Argo CD has its request, or is about to, and shows nothing of it yet. */
function stoppedAtTheStart(dice: Dice): ReturnType<Drill> {
  const slow: Scene = { who: "argocd", act: { type: "controller-away", forMs: dice.between(3000, 9000) } };
  const what = dice.pick(["/sync", "/sync", "/search-dev"]);
  const lost: Scene = { who: "network", act: { kind: "lose", port: "argocd", what, side: "answer" } };
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", `/promote search ${commit(dice)} to dev`)),
      ...(dice.chance(0.8) ? [cue("lock.acquired", slow)] : []),
      ...(dice.chance(0.3) ? [cue("step.checkpointed", lost)] : []),
      cue("step.checkpointed", click(["U1"], "cancel"), { afterMs: dice.pick([0, 300, 700, 1200, 2500]) }),
      ...again(dice),
    ],
  };
}

/** The first request has its effect, and nobody hears of it until the next attempt. */
function unheardOf(dice: Dice): ReturnType<Drill> {
  const trouble = {
    kind: "trouble",
    port: "argocd",
    trouble: "answers-lost",
    forMs: dice.between(2000, 60_000),
  } as const;
  const place = dice.pick(["dev", "staging"]);
  return {
    plans: [{ app: `search-${place}`, health: [{ afterMs: 0, status: "Healthy" }], hookMs: dice.between(50, 1500) }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync search in ${place} at ${commit(dice)}`)),
      cue("step.checkpointed", { who: "network", act: trouble }, { afterMs: dice.between(0, 20) }),
      ...(dice.chance(0.3) ? [crashOn(dice, "step.failed")] : []),
    ],
  };
}

/** The process dies with its request on the way, which fails while nobody looks. */
function failedUnseen(dice: Dice): ReturnType<Drill> {
  const crash: Scene = { who: "machine", act: { kind: "crash", point: "now", downMs: dice.between(4000, 15_000) } };
  return {
    plans: [{ app: "search-dev", sync: "fails" }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync search in dev at ${commit(dice)}`)),
      cue("step.checkpointed", crash, { afterMs: dice.between(10, 150) }),
    ],
  };
}

/** The same, and by then somebody else has synced: only the history of Argo CD knows of ours. */
function replacedUnseen(dice: Dice): ReturnType<Drill> {
  const crash: Scene = { who: "machine", act: { kind: "crash", point: "now", downMs: dice.between(20_000, 30_000) } };
  const app = "argocd/checkout-staging";
  const other = { type: "foreign-sync", app, revision: shaOf(dice.pick(["m1", "m3"])) } as const;
  return {
    plans: [{ app: "checkout-staging", health: [{ afterMs: 0, status: "Healthy" }] }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("step.checkpointed", crash, { afterMs: dice.between(60, 150) }),
      cue("step.checkpointed", { who: "argocd", act: other }, { afterMs: dice.between(6000, 14_000) }),
    ],
  };
}

/** A request is lost with the process, and by then somebody else has brought the very same commit there. */
function doneByOthers(dice: Dice): ReturnType<Drill> {
  const crash: Scene = { who: "machine", act: { kind: "crash", point: "now", downMs: dice.between(20_000, 30_000) } };
  const app = "argocd/checkout-staging";
  const lost: Scene = { who: "network", act: { kind: "lose", port: "argocd", what: "/sync", side: "request" } };
  return {
    plans: [{ app: "checkout-staging", health: [{ afterMs: 0, status: "Healthy" }] }],
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync checkout in staging at ${short("m3")}`)),
      cue("lock.acquired", lost),
      cue("step.checkpointed", crash, { afterMs: dice.between(60, 150) }),
      cue(
        "step.checkpointed",
        { who: "argocd", act: { type: "foreign-sync", app, revision: shaOf("m3") } },
        { afterMs: 3000 },
      ),
    ],
  };
}

/** Several want one place: who came first has it first, but for whoever goes back at once. */
function queue(dice: Dice): ReturnType<Drill> {
  const place = dice.pick(["dev", "staging"]);
  const next = ["m4", "m5", "m3"].map((name) =>
    type(dice.pick(ASKING), `/qd sync search in ${place} at ${short(name)}`),
  );
  const acts: ScenarioAct[] = [ahead(place), at(BEGINS_AT, next[0] ?? back(dice, place))];
  let afterMs = 100;
  for (const scene of next.slice(1, dice.between(2, 3))) {
    acts.push(cue("lock.acquired", scene, { afterMs }));
    afterMs += dice.between(300, 2500);
  }
  if (dice.chance(0.75)) acts.push(cue("lock.acquired", back(dice, place), { afterMs: afterMs + 800 }));
  if (dice.chance(0.4))
    acts.push(cue("lock.acquired", back(dice, place), { afterMs: afterMs + dice.between(900, 6000) }));
  if (dice.chance(0.3))
    acts.push(crashOn(dice, dice.pick(["lock.released", "lock.requested", "run.cancel-requested"])));
  return { acts };
}

/** A rollback has been asked for, and somebody wants the place for themselves before it begins. */
function lockedMeanwhile(dice: Dice): ReturnType<Drill> {
  const lock = type("U2", "/qd lock search in prod because of a test for 1m");
  const approve = { ...click(["U3"], "approve"), patienceMs: 60_000 };
  return {
    acts: [
      ahead("prod"),
      at(BEGINS_AT, back(dice, "prod")),
      cue("gate.opened", lock, { afterMs: 1500 }),
      cue("lock.set", approve, { afterMs: dice.between(500, 4000) }),
      ...(dice.chance(0.5) ? [cue("lock.requested", type("U2", "/qd unlock search in prod"), { afterMs: 3000 })] : []),
    ],
  };
}

/** Two go back in the same place: the hold that the first one leaves is none for the other. */
function backTwice(dice: Dice): ReturnType<Drill> {
  const forward = type("U3", `/qd sync search in staging at ${short("m4")}`);
  return {
    acts: [
      ahead("staging"),
      at(BEGINS_AT, back(dice, "staging", "m2")),
      cue("lock.acquired", back(dice, "staging", "m1"), { afterMs: dice.between(50, 1500) }),
      ...(dice.chance(0.5) ? [cue("lock.acquired", forward, { afterMs: 2000 })] : []),
    ],
  };
}

/** What was cancelled goes on and succeeds, and somebody presses what was there before. */
function staleButton(dice: Dice): ReturnType<Drill> {
  const isChain = dice.chance(0.5);
  const line = isChain ? "/qd chain payments in staging" : `/qd sync search in dev at ${commit(dice)}`;
  const press = (user: string, of: "now" | "before"): Scene => ({
    ...click([user], isChain ? "retry" : "sync-again", of),
    patienceMs: 60_000,
  });
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", line)),
      cue("step.started", click(["U1"], "cancel"), { skip: isChain ? 0 : 1, afterMs: dice.between(500, 3000) }),
      cue("run.finished", press("U1", "now"), { afterMs: 2000 }),
      cue("run.finished", press("U2", "before"), { has: ['"succeeded"'], afterMs: dice.between(0, 4000) }),
      cue("run.finished", type("U2", `/qd retry ${THE_RUN}`), { has: ['"succeeded"'], afterMs: 6000 }),
    ],
  };
}

/** Whoever has begun to execute something is lost, stands still, or has to end. */
function lostWorker(dice: Dice): ReturnType<Drill> {
  const harm = (): Scene => ({ who: "worker", act: { ...workerAct(dice), worker: 0 } });
  const on = dice.pick(["step.started", "step.checkpointed", "step.checkpointed"]);
  return {
    workers: dice.pick([1, 1, 2]),
    acts: [
      at(FIRST_AT + 3000, type("U1", `/qd sync search in dev at ${commit(dice)}`)),
      at(FIRST_AT + 5000, type("U2", `/qd sync payments in staging at ${commit(dice)}`)),
      cue(on, harm(), { has: on === "step.started" ? ["argocd/sync"] : [], afterMs: dice.between(0, 30) }),
      cue(on, harm(), { skip: 1, afterMs: dice.between(0, 400) }),
      ...(dice.chance(0.2) ? [cue(on, click(["U1"], "cancel"), { afterMs: dice.between(0, 500) })] : []),
    ],
  };
}

/** What is told to stop hears nobody; somebody else waits for its place. */
function deafStep(dice: Dice): ReturnType<Drill> {
  const next = type("U2", `/qd sync search in dev at ${commit(dice)}`);
  return {
    acts: [
      at(8000, type("U1", "/qd stubborn search in dev")),
      cue("step.started", next, { afterMs: dice.between(100, 2000) }),
      cue("step.started", type("U1", `/qd cancel ${THE_RUN}`), { afterMs: dice.between(1000, 9000) }),
      ...(dice.chance(0.2) ? [crashOn(dice, "run.cancel-requested")] : []),
    ],
  };
}

/** The process dies with a message on its way to Slack, and is there again before that has arrived. */
function diesPosting(dice: Dice): ReturnType<Drill> {
  const crash: Scene = { who: "machine", act: { kind: "crash", point: "now", downMs: dice.between(1, 30) } };
  const skips = [0, 1, 2, 3, 5, 7].filter(() => dice.chance(0.6));
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync search in dev at ${commit(dice)}`)),
      at(FIRST_AT + 500, type("U2", `/qd sync payments in staging at ${commit(dice)}`)),
      ...skips.map((skip) => cue("message.posting", crash, { skip, afterMs: dice.between(0, 20) })),
    ],
  };
}

/** What was proven is asked for once more, after somebody else has changed what runs there, or from what. */
function provenOnce(dice: Dice): ReturnType<Drill> {
  const app = "argocd/search-dev";
  const parameter = { name: "replicas", value: String(dice.between(10, 19)) };
  const change = dice.pick([
    { type: "foreign-sync", app, revision: shaOf("m1") },
    { type: "change-source", app, helmParameter: parameter },
    { type: "recreate", app, afterMs: dice.between(50, 2000), synced: true },
  ] as const);
  const promote = type("U1", `/promote search ${short("m3")} to dev`);
  return {
    acts: [
      at(FIRST_AT + 500, promote),
      cue("run.finished", { who: "argocd", act: change }, { afterMs: 1000 }),
      cue("run.finished", promote, { afterMs: dice.between(25_000, 40_000) }),
    ],
  };
}

/** What was approved is another thing in the moment in which it begins. */
function changedAtOnce(dice: Dice): ReturnType<Drill> {
  const app = "argocd/search-prod";
  const parameter = { name: "replicas", value: String(dice.between(10, 19)) };
  const change = dice.pick([
    { type: "change-source", app, helmParameter: parameter },
    { type: "foreign-sync", app, revision: shaOf("m1") },
  ] as const);
  return {
    acts: [
      at(FIRST_AT + 500, type("U1", `/qd sync search in prod at ${short("m3")}`)),
      cue("gate.opened", { ...click(["U3"], "approve"), patienceMs: 60_000 }, { afterMs: 1500 }),
      cue("gate.opened", { ...click(["U4"], "approve"), patienceMs: 60_000 }, { skip: 1, afterMs: 2000 }),
      cue("gate.decided", { who: "argocd", act: change }),
    ],
  };
}

const DRILLS: Readonly<Record<string, Drill>> = {
  stopped: stoppedAtTheStart,
  unheard: unheardOf,
  queue,
  locked: lockedMeanwhile,
  back: backTwice,
  stale: staleButton,
  worker: lostWorker,
  deaf: deafStep,
  posting: diesPosting,
  proven: provenOnce,
  changed: changedAtOnce,
  unseen: failedUnseen,
  replaced: replacedUnseen,
  others: doneByOthers,
  ...ARGOCD_DRILLS,
  ...PEOPLE_DRILLS,
  ...ENGINE_DRILLS,
};

/** Somebody goes on with what has ended. */
function again(dice: Dice): readonly ScenarioAct[] {
  if (dice.chance(0.5)) return [];
  const button = dice.pick(["retry", "sync-again"] as const);
  return [cue("run.finished", { ...click(["U1"], button), patienceMs: 30_000 }, { afterMs: 1500 })];
}

/** Somebody else has brought a commit there to which others come before. */
function ahead(place: string): ScenarioAct {
  return at(FIRST_AT, {
    who: "argocd",
    act: { type: "foreign-sync", app: `argocd/search-${place}`, revision: shaOf("m3") },
  });
}

function back(dice: Dice, place: string, name: string = dice.pick(["m0", "m1", "m2"])): PersonScene {
  return type(dice.pick(ASKING), `/rollback search in ${place} to ${short(name)} --unproven`);
}
