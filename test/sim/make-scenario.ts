import type { AppAct, ArgocdAct } from "./argocd/argocd-act.ts";
import type { RolloutPlan } from "./argocd/rollout-plan.ts";
import type { Port } from "./carrier.ts";
import { Dice } from "./dice.ts";
import { shaOf } from "./git/sha-of.ts";
import { makeFleets } from "./make-fleets.ts";
import { ASKING, BUTTONS, EVERYBODY, look, typed } from "./make-people.ts";
import { redisAct, workerAct } from "./redis/make-acts.ts";
import type { MachineAct, NetworkAct, Scenario, ScenarioAct, Scene } from "./scenario.ts";
import { COMMITS, PLACES, REPOSITORY } from "./sim-settings.ts";
import type { PersonAct } from "./slack/person-act.ts";
import type { SlackAct } from "./slack/slack-act.ts";

type Service = keyof typeof PLACES;

const SERVICES: readonly Service[] = ["checkout", "payments", "search"];
const APPS = SERVICES.flatMap((service) => PLACES[service].map((environment) => `argocd/${service}-${environment}`));
const MINUTE = 60_000;
// Workers beat all the time, so that a seed with some takes as long as many others.
const WITH_WORKERS = 0.05;
// Before this the server has not even started.
const FIRST_AT = 1500;

/** The scenario of a seed: a morning of some people, with what goes wrong in it. */
export function makeScenario(seed: string): Scenario {
  const dice = new Dice(`scenario/${seed}`);
  const lastsMs = dice.between(2, 10) * MINUTE;
  const acts: ScenarioAct[] = [];
  const at = (): number => dice.between(FIRST_AT, lastsMs);
  makeStories(dice.fork("stories"), lastsMs, acts);
  const amount = (most: number): number => (dice.chance(0.35) ? 0 : dice.between(1, most));
  const others = dice.fork("others");
  for (let left = amount(4); left > 0; left -= 1) acts.push({ at: at(), who: "argocd", act: foreignAct(others) });
  const machine = dice.fork("machine");
  for (let left = amount(4); left > 0; left -= 1) acts.push({ at: at(), who: "machine", act: machineAct(machine) });
  const network = dice.fork("network");
  for (let left = amount(4); left > 0; left -= 1) acts.push({ at: at(), who: "network", act: networkAct(network) });
  const slack = dice.fork("slack");
  for (let left = amount(2); left > 0; left -= 1) acts.push({ at: at(), who: "slack", act: slackAct(slack) });
  // On some days Slack fails all the time.
  for (let left = slack.chance(0.08) ? 6 : 0; left > 0; left -= 1) {
    acts.push({ at: slack.between(FIRST_AT, lastsMs), who: "slack", act: slackAct(slack) });
  }
  if (dice.chance(0.2)) acts.push({ at: at(), who: "git", act: gitAct(dice.fork("git")) });
  const fleets = makeFleets(dice.fork("clusters"), lastsMs);
  acts.push(...fleets.acts);
  return {
    seed,
    // The demo's Monday; whole seconds, so that true times and those that Argo CD writes agree.
    startAt: Date.UTC(2026, 0, 5, 9) + dice.below(86_400) * 1000,
    settings: dice.chance(0.85) ? "usual" : "two approvers",
    autoSynced: dice.chance(0.12) ? "search-staging" : undefined,
    plans: [...rolloutPlans(dice.fork("plans")), ...fleets.plans],
    hasFleets: fleets.hasFleets,
    workers: makeWorkers(dice.fork("workers"), lastsMs, acts),
    acts: acts.toSorted((one, other) => one.at - other.at),
    calmAt: lastsMs + MINUTE,
  };
}

/** How many workers there are, and what happens to them and to the Redis that they need. */
function makeWorkers(dice: Dice, lastsMs: number, acts: ScenarioAct[]): number {
  if (!dice.chance(WITH_WORKERS)) return 0;
  const at = (): number => dice.between(FIRST_AT, lastsMs);
  for (let left = dice.between(0, 8); left > 0; left -= 1) {
    acts.push({ at: at(), who: "redis", act: redisAct(dice) }, { at: at(), who: "worker", act: workerAct(dice) });
  }
  const count = dice.between(1, 3);
  harmWhoeverBegins(dice.fork("harm"), count, acts);
  return count;
}

/** Something happens to a worker just when there is something to execute: that takes a moment only. */
function harmWhoeverBegins(dice: Dice, count: number, acts: ScenarioAct[]): void {
  for (const [index, act] of acts.entries()) {
    if (act.who !== "person" || act.together !== undefined || !dice.chance(0.4)) continue;
    const scene: Scene = { who: "worker", act: { ...workerAct(dice), worker: dice.below(count) } };
    acts[index] = { ...act, together: { scene, afterMs: dice.between(100, 4000) } };
  }
}

/** What somebody asks for, and when. */
interface Begun {
  readonly service: Service;
  readonly begins: number;
}

/** People who want something, and others who decide on it; and people who press whatever they see. */
function makeStories(dice: Dice, lastsMs: number, acts: ScenarioAct[]): void {
  const person = (...[at, act, patienceMs = 0, also]: readonly [number, PersonAct, number?, Together?]): void => {
    acts.push({ at, who: "person", act, ...(patienceMs > 0 && { patienceMs }), ...(also && { together: also }) });
  };
  const begun: Begun[] = [];
  for (let left = dice.between(2, 8); left > 0; left -= 1) {
    const begins = dice.between(FIRST_AT, lastsMs);
    const service = dice.pick(SERVICES);
    const user = dice.pick(ASKING);
    begun.push({ service, begins });
    person(begins, typed(dice, user, askText(dice, service)));
    if (dice.chance(0.1)) person(begins + dice.between(0, 400), typed(dice, dice.pick(ASKING), askText(dice, service)));
    // Those who wait for something to decide on, and decide on what they find.
    for (let looks = dice.between(2, 6), at = begins; looks > 0; looks -= 1) {
      at += dice.between(1000, 20_000);
      const act = look(dice, dice.chance(0.07) ? "reject" : "approve");
      person(at, act, dice.between(0, 150_000), together(dice, { service, thinkMs: act.thinkMs }));
    }
  }
  for (let left = dice.between(1, 6); left > 0; left -= 1) {
    person(dice.between(FIRST_AT, lastsMs), look(dice, dice.pick(BUTTONS)), dice.between(0, 200_000));
  }
  for (let left = dice.between(0, 4); left > 0; left -= 1) {
    person(dice.between(FIRST_AT, lastsMs), typed(dice, dice.pick(EVERYBODY), furtherText(dice)));
  }
  disturb(dice, begun, acts);
  const forms = dice.fork("forms");
  if (forms.chance(0.25)) person(forms.between(FIRST_AT, lastsMs), filledForm(forms));
  askForChains(dice.fork("chains"), lastsMs, acts);
  if (dice.chance(0.3)) person(dice.between(FIRST_AT, lastsMs), { kind: "open-home", user: dice.pick(EVERYBODY) });
}

/** Somebody lets several things be done side by side, and perhaps ends that and goes on with it. */
function askForChains(dice: Dice, lastsMs: number, acts: ScenarioAct[]): void {
  for (let left = dice.chance(0.4) ? dice.between(1, 2) : 0; left > 0; left -= 1) {
    const at = dice.between(FIRST_AT, lastsMs);
    const service = dice.pick(SERVICES);
    const line = `/qd chain ${service} in ${dice.pick<string>(PLACES[service])}`;
    acts.push({ at, who: "person", act: typed(dice, dice.pick(ASKING), line) });
    const cancelled = at + dice.between(0, 40_000);
    if (dice.chance(0.5)) acts.push({ at: cancelled, who: "person", act: look(dice, "cancel"), patienceMs: 20_000 });
    if (!dice.chance(0.5)) continue;
    const retried = cancelled + dice.between(1000, 40_000);
    acts.push({ at: retried, who: "person", act: look(dice, "retry"), patienceMs: 30_000 });
  }
}

/** Something happens to what is being deployed. */
function disturb(dice: Dice, begun: readonly Begun[], acts: ScenarioAct[]): void {
  for (const each of begun) disturbOne(dice.fork(`disturbed/${each.begins}`), each, acts);
}

function disturbOne(dice: Dice, { service, begins }: Begun, acts: ScenarioAct[]): void {
  const at = begins + dice.between(0, 60_000);
  if (dice.chance(0.25)) {
    const apps = PLACES[service].map((environment) => `argocd/${service}-${environment}`);
    acts.push({ at, who: "argocd", act: someForeignAct(dice, apps) });
  }
  if (dice.chance(0.1)) {
    const side = dice.pick(["request", "answer"] as const);
    acts.push({ at, who: "network", act: { kind: "lose", port: "argocd", what: "/sync", side } });
  }
  if (!dice.chance(0.15)) return;
  // Somebody wants the place for themselves, and somebody else to go back at once.
  const place = dice.pick<string>(PLACES[service]);
  const lines = [`/qd lock ${service} in ${place} because of a test for 1m`, `/rollback ${service} in ${place}`];
  for (const line of dice.chance(0.3) ? lines : lines.slice(1)) {
    acts.push({ at: at + dice.between(0, 5000), who: "person", act: typed(dice, dice.pick(ASKING), line) });
  }
}

type Together = NonNullable<Extract<ScenarioAct, { readonly who: "person" }>["together"]>;

/** What somebody is about to decide on, and how long they still think. */
interface Deciding {
  readonly service: Service;
  readonly thinkMs: number | undefined;
}

/** Something else happens at about the moment at which somebody decides. */
function together(dice: Dice, deciding: Deciding): Together | undefined {
  if (!dice.chance(0.2)) return undefined;
  const scenes = [pressedByAnother, pressedByAnother, changedUnderneath, unsureWho, machineInTheMiddle, noWay];
  return { scene: dice.pick(scenes)(dice, deciding), afterMs: dice.pick([0, 0, 20, 200, 2000, 5000]) };
}

/** Somebody else presses something; often when what was decided is being looked into, or has just begun. */
function pressedByAnother(dice: Dice, { thinkMs = 0 }: Deciding): Scene {
  const button = dice.pick(["cancel", "cancel", "approve", "approve", "reject"] as const);
  const act = {
    ...look(dice, button),
    ...(button === "cancel" && { users: [dice.pick(["U1", "U2", "U3"])] }),
    ...(dice.chance(0.6) && { thinkMs: thinkMs + dice.between(0, 1500) }),
  };
  return { who: "person", act };
}

/** What is being approved changes. */
function changedUnderneath(dice: Dice, { service }: Deciding): Scene {
  const asking = PLACES[service].filter((environment) => environment === "prod" || environment === "core");
  const app = `argocd/${service}-${dice.pick(asking)}`;
  const parameter = { name: "replicas", value: String(dice.below(9)) };
  const acts: readonly ArgocdAct[] = [
    { type: "change-source", app, helmParameter: parameter },
    { type: "foreign-sync", app, revision: shaOf(dice.pick(COMMITS)) },
    { type: "recreate", app, afterMs: dice.between(50, 2000) },
    { type: "auto-sync", app, on: true },
  ];
  return { who: "argocd", act: dice.pick(acts) };
}

/** Who people are cannot be told for a while, or has changed. */
function unsureWho(dice: Dice): Scene {
  const forMs = dice.between(2000, 30_000);
  const acts: readonly SlackAct[] = [
    { kind: "limit", method: dice.pick(["users.info", "usergroups.users.list"]), forMs },
    { kind: "trouble", trouble: { methods: ["usergroups.users.list"], error: "http_503", hasEffect: false }, forMs },
    { kind: "set-group", group: "S0RELEASE", users: dice.pick([["U2"], ["U3"], ["U4"]]) },
    { kind: "set-standing", user: dice.pick(["U2", "U3", "U4"]), standing: dice.pick(["guest", "stranger"]) },
  ];
  return { who: "slack", act: dice.pick(acts) };
}

function machineInTheMiddle(dice: Dice): Scene {
  const downMs = dice.between(200, 8000);
  const either = downMs % 2 === 0 ? "after-commit" : "before-commit";
  const acts: readonly MachineAct[] = [
    { kind: "crash", point: dice.pick(["before-commit", "after-commit"]), of: "gate.decided", downMs },
    { kind: "crash", point: either, of: "intent.received", downMs },
    { kind: "clock", byMs: dice.pick([3_600_000, -3_600_000]) },
    { kind: "disk", state: dice.pick(["SQLITE_FULL", "SQLITE_IOERR"]), forMs: dice.between(200, 10_000) },
    { kind: "settings", name: dice.pick(["usual", "other approvers", "two approvers"]) },
  ];
  return { who: "machine", act: dice.pick(acts) };
}

/** What was decided cannot be done for a while, or it is not known whether it was. */
function noWay(dice: Dice): Scene {
  const trouble = dice.pick(["refused", "silent", "answers-lost"] as const);
  return { who: "network", act: { kind: "trouble", port: "argocd", trouble, forMs: dice.between(500, 40_000) } };
}

/** The bare command opens a form, in which they choose one field after the other. */
function filledForm(dice: Dice): PersonAct {
  const service = dice.pick(SERVICES);
  const fill = [
    { field: "Service", choose: service },
    { field: "Revision", choose: shaOf(dice.pick(COMMITS)).slice(0, 8) },
    { field: "Environment", choose: dice.pick<string>(PLACES[service]) },
  ];
  return { kind: "type", user: dice.pick(ASKING), command: "/promote", text: "", fill };
}

function askText(dice: Dice, service: Service): string {
  const places = PLACES[service];
  const target = dice.chance(0.75) ? places.at(-1) : dice.pick(places);
  const commit = shaOf(dice.pick(COMMITS)).slice(0, 8);
  switch (dice.below(12)) {
    case 0:
      return `/rollback ${service} in ${target}`;
    case 1:
      return `/qd sync ${service} ${commit} in ${target}`;
    default:
      return `/promote ${service} ${dice.chance(0.1) ? "main" : commit} to ${target}${dice.chance(0.08) ? " --again" : ""}`;
  }
}

function furtherText(dice: Dice): string {
  const service = dice.pick(SERVICES);
  const place = dice.pick<string>(PLACES[service]);
  return dice.pick([
    `/qd lock ${service} in ${place} because the database is moved`,
    `/qd lock ${service} in ${place} because of a test for 2m`,
    `/qd unlock ${service} in ${place}`,
    `/qd status`,
    `/qd history ${service}`,
    `/qd queue`,
    `/qd where ${service}`,
    `/qd who ${service}`,
    `/promote ${service} nonsense to ${place}`,
    `/promote chekout ${shaOf("m1").slice(0, 8)} to prod`,
  ]);
}

/** What others do: at some time, or at a moment at which it hurts, shortly after a request of ours. */
function foreignAct(dice: Dice): ArgocdAct {
  if (dice.chance(0.35)) return replacingAct(dice);
  const act = someForeignAct(dice);
  if (!("app" in act) || dice.chance(0.4)) return act;
  const [low, high] = dice.pick([
    [0, 60],
    [60, 600],
    [600, 8000],
    [8000, 60_000],
  ] as const);
  const afterMs = dice.between(low, high);
  if (dice.chance(0.2)) return { type: "ambush", on: "read", skip: dice.below(30), afterMs, act };
  return { type: "ambush", skip: dice.below(3), afterMs, act };
}

/** Something that takes the place of our operation, or of the application, while it is under way or waited for. */
function replacingAct(dice: Dice): ArgocdAct {
  const app = dice.pick(APPS);
  const revision = shaOf(dice.pick(COMMITS));
  const over = dice.chance(0.6);
  const by = dice.pick(["partial", "dryRun", "copiesInfos"] as const);
  const make: readonly (() => AppAct)[] = [
    () => ({ type: "foreign-sync", app, revision: "same", over, [by]: true }),
    () => ({ type: "foreign-sync", app, revision, over, copiesInfos: true }),
    () => ({ type: "foreign-sync", app, revision: dice.chance(0.7) ? "same" : revision, instead: true, [by]: true }),
    () => ({ type: "lose-operation", app }),
    () => ({ type: "recreate", app, afterMs: dice.between(50, 3000), synced: true }),
  ];
  const act = dice.pick(make)();
  // What is not taken up yet is for some milliseconds only.
  const isBefore = act.type === "lose-operation" || (act.type === "foreign-sync" && act.instead === true);
  const afterMs = isBefore ? dice.between(0, 12) : dice.between(20, 12_000);
  return { type: "ambush", skip: dice.below(3), afterMs, act };
}

function someForeignAct(dice: Dice, apps: readonly string[] = APPS): ArgocdAct {
  const app = dice.pick(apps);
  const revision = shaOf(dice.pick(COMMITS));
  const forMs = dice.between(5000, 120_000);
  const make: readonly (() => ArgocdAct)[] = [
    () => ({ type: "foreign-sync", app, revision, over: dice.chance(0.3) }),
    () => ({ type: "foreign-sync", app, over: dice.chance(0.3), partial: dice.chance(0.3), dryRun: dice.chance(0.2) }),
    () => ({
      type: "foreign-sync",
      app,
      revision: "same",
      over: true,
      partial: dice.chance(0.4),
      dryRun: dice.chance(0.4),
    }),
    () => ({ type: "foreign-sync", app, revision, copiesInfos: true }),
    () => ({ type: "rolling-sync", app }),
    () => ({ type: "foreign-rollback", app }),
    () => ({ type: "foreign-terminate", app }),
    () => ({ type: "recreate", app, afterMs: dice.between(200, 20_000), synced: dice.chance(0.5) }),
    () => ({ type: "change-source", app, helmParameter: { name: "replicas", value: String(dice.below(9)) } }),
    () => ({ type: "change-source", app, path: `deploy/${dice.pick(SERVICES)}` }),
    () => ({ type: "delete", app, takesMs: dice.between(0, 20_000), cascade: dice.chance(0.5) }),
    () => ({ type: "auto-sync", app, on: dice.chance(0.6) }),
    () => ({ type: "skip-reconcile", app, forMs }),
    () => ({ type: "degrade", app }),
    () => ({ type: "heal", app }),
    () => ({ type: "controller-away", forMs }),
    () => ({ type: "repo-server-away", forMs }),
    () => ({ type: "lose-rights", right: dice.chance(0.5) ? "get" : "sync", forMs }),
    () => ({ type: "refuse-token", forMs }),
    () => ({ type: "lose-operation", app }),
    () => ({ type: "close-window", app, manual: dice.chance(0.5) }),
    () => ({ type: "open-window", app }),
    () => ({ type: "trim-history", app, keep: dice.below(3) }),
    () => ({ type: "compare", app }),
  ];
  return dice.pick(make)();
}

/** Events around which a crash hurts most. */
const TELLING = `step.checkpointed step.checkpointed step.started step.succeeded step.failed gate.decided gate.opened
  intent.received intent.received intent.settled message.posting message.posted lock.released lock.requested run.finished
  run.cancel-requested run.started lock.set`.split(/\s+/u);
/** Calls whose loss hurts most. */
const CALLS = [
  { port: "argocd", what: "/sync" },
  { port: "argocd", what: "/sync" },
  { port: "argocd", what: "DELETE" },
  { port: "argocd", what: "/rollback" },
  { port: "argocd", what: "refresh" },
  { port: "slack", what: "chat.postMessage" },
  { port: "slack", what: "chat.postMessage" },
  { port: "slack", what: "chat.update" },
  { port: "slack", what: "views.open" },
  { port: "slack", what: "response" },
] as const;

function machineAct(dice: Dice): MachineAct {
  const downMs = dice.chance(0.8) ? dice.between(200, 8000) : dice.between(10_000, 240_000);
  switch (dice.below(10)) {
    case 0:
    case 1:
      return {
        kind: "disk",
        state: dice.pick(["SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY"]),
        forMs: dice.between(50, 30_000),
      };
    case 2:
      return { kind: "clock", byMs: dice.pick([-3_600_000, -30_000, -1000, 1000, 30_000, 3_600_000]) };
    case 3:
      return { kind: "stop", downMs };
    case 4:
      return { kind: "settings", name: dice.pick(["usual", "other approvers", "two approvers", "observing"]) };
    default:
      return {
        kind: "crash",
        point: dice.pick(["now", "before-commit", "in-commit", "after-commit", "after-commit"]),
        ...(dice.chance(0.75) && { of: dice.pick(TELLING) }),
        downMs,
      };
  }
}

function networkAct(dice: Dice): NetworkAct {
  const port: Port = dice.pick(["slack", "argocd", "argocd", "git"]);
  const forMs = dice.chance(0.8) ? dice.between(500, 30_000) : dice.between(30_000, 180_000);
  switch (dice.below(9)) {
    case 0:
      return { kind: "cut" };
    case 3:
    case 4:
    case 5:
      return { kind: "lose", ...dice.pick(CALLS), side: dice.pick(["request", "answer", "answer"]) };
    case 1:
      return { kind: "frames", lost: dice.fraction() * 0.6, doubled: 0.3, late: 0.3, forMs };
    case 2:
      return { kind: "loss", port, share: 0.05 + dice.fraction() * 0.5, forMs };
    default:
      return { kind: "trouble", port, trouble: dice.pick(["refused", "silent", "answers-lost"]), forMs };
  }
}

function slackAct(dice: Dice): SlackAct {
  const forMs = dice.between(1000, 60_000);
  const make: readonly (() => SlackAct)[] = [
    () => ({ kind: "set-group", group: "S0RELEASE", users: dice.pick([["U3"], ["U2", "U4"], ["U2", "U3", "U4"]]) }),
    () => ({ kind: "set-group", group: "S0DEV", users: dice.pick([["U1"], ["U1", "U2", "U5"]]) }),
    () => ({ kind: "set-standing", user: dice.pick(EVERYBODY), standing: dice.pick(["guest", "deleted", "member"]) }),
    () => ({ kind: "delete-message", choice: dice.below(6) }),
    () => ({ kind: "archive", channel: dice.pick(["C1DEPLOYS", "C2ALERTS"]), forMs }),
    () => ({ kind: "remove-bot", channel: dice.pick(["C1DEPLOYS", "C2ALERTS"]), forMs }),
    () => ({
      kind: "limit",
      method: dice.pick([
        ...(["chat.postMessage", "chat.update", "users.info", "usergroups.users.list"] as const),
        ...(["conversations.replies", "conversations.history", "views.open"] as const),
      ]),
      forMs,
    }),
    () => ({
      kind: "trouble",
      trouble: { methods: ["chat.postMessage"], error: "fatal_error", hasEffect: dice.chance(0.7) },
      forMs,
    }),
    () => ({ kind: "trouble", trouble: { error: "token_revoked", hasEffect: false }, forMs }),
    () => ({ kind: "trouble", trouble: { error: "ratelimited", hasEffect: false, share: 0.5 }, forMs }),
    () => ({
      kind: "trouble",
      trouble: { error: dice.pick(["http_503", "internal_error"]), hasEffect: dice.chance(0.5), share: 0.5 },
      forMs,
    }),
  ];
  return dice.pick(make)();
}

function gitAct(dice: Dice): Extract<ScenarioAct, { readonly who: "git" }>["act"] {
  const path = `deploy/${dice.pick(SERVICES)}`;
  return dice.chance(0.5)
    ? { type: "push", repository: REPOSITORY, branch: "main", commits: [{ name: "m6", paths: [path] }] }
    : { type: "rewrite", repository: REPOSITORY, branch: "main", to: "m2", commits: [{ name: "r3", paths: [path] }] };
}

function rolloutPlans(dice: Dice): readonly RolloutPlan[] {
  const plans: RolloutPlan[] = [];
  for (let left = dice.below(4); left > 0; left -= 1) plans.push(rolloutPlan(dice));
  return plans;
}

function rolloutPlan(dice: Dice): RolloutPlan {
  const where = {
    ...(dice.chance(0.7) && { app: dice.pick(APPS).slice("argocd/".length) }),
    ...(dice.chance(0.8) && { revision: shaOf(dice.pick(COMMITS.slice(1))) }),
  };
  const [soon, late] = [dice.between(500, 8000), dice.between(8000, 40_000)];
  const health = (...steps: readonly (readonly [number, "Healthy" | "Progressing" | "Degraded"])[]): RolloutPlan => ({
    ...where,
    health: steps.map(([afterMs, status]) => ({ afterMs, status })),
  });
  switch (dice.below(9)) {
    case 0:
      return { ...where, sync: "fails" };
    case 1:
      return { ...where, sync: "errors" };
    case 2:
      return { ...where, hookFails: dice.pick(["PreSync", "PostSync"] as const), hookMs: dice.between(200, 20_000) };
    case 3:
      return health([0, "Progressing"], [soon, "Degraded"]);
    case 4:
      return health([0, "Progressing"], [soon, "Degraded"], [late, "Healthy"]);
    case 5:
      return health([0, "Progressing"], [soon, "Healthy"], [soon + dice.between(300, 9000), "Degraded"]);
    case 6:
      return health([0, "Progressing"], [soon, "Healthy"], [soon + 2000, "Progressing"], [late + soon, "Healthy"]);
    case 7:
      return health([0, "Progressing"]);
    default:
      return { ...where, lagMs: dice.between(200, 6000) };
  }
}
