import { createHash } from "node:crypto";

import type { Settings } from "../../src/app/live-settings.ts";
import { blindnessOf, calmOf, presenceOf, reachabilityOf, stillnessOf } from "./check/calm.ts";
import { Checker } from "./check/checker.ts";
import type { LogRow } from "./check/truth.ts";
import type { Violation } from "./check/violation.ts";
import type { GitWorld } from "./git/git-world.ts";
import { MILESTONES, type Milestone, milestoneOf } from "./milestones.ts";
import type { Scenario, ScenarioAct, Scene } from "./scenario.ts";
import type { SimDisk } from "./sim-disk.ts";
import { REPOSITORY, type SettingsName } from "./sim-settings.ts";
import { Simulation } from "./simulation.ts";

export type SettingsOf = ReadonlyMap<SettingsName, Settings>;

/** What every play needs, made once. */
export interface Stage {
  readonly disk: SimDisk;
  /** Every configuration, without or with the services that are in many places. */
  readonly settings: (hasFleets: boolean) => Promise<SettingsOf>;
}

/** What came of one play. */
export interface Play {
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  readonly runs: number;
  readonly events: number;
  /** SHA-256 of everything that was recorded, shown and asked for: the same for the same scenario. */
  readonly fingerprint: string;
  /** How often each noteworthy thing happened. */
  readonly milestones: Readonly<Record<Milestone, number>>;
}

/** What a play tells while it goes on, for a story. */
export interface Audience {
  onRows(rows: readonly LogRow[], simulation: Simulation): void;
  onLine(line: string, simulation: Simulation): void;
}

/** Plays a scenario and checks it after everything that happens. `stopAtFirst` ends it with the first violation. */
export async function play(
  stage: Stage,
  scenario: Scenario,
  { audience, stopAtFirst = false }: { readonly audience?: Audience; readonly stopAtFirst?: boolean } = {},
): Promise<Play> {
  const violations: Violation[] = [];
  const milestones = { ...MILESTONES };
  let [runs, events] = [0, 0];
  const print = createHash("sha256");
  const simulation = new Simulation({
    disk: stage.disk,
    settings: await stage.settings(scenario.hasFleets === true),
    scenario,
    level: audience === undefined ? "warn" : "info",
    write: (line) => {
      checker.sawLine(line);
      audience?.onLine(line, simulation);
    },
    onStep: () => {
      const rows = stage.disk.newRows();
      for (const row of rows) {
        const milestone = milestoneOf(row);
        if (milestone !== undefined) milestones[milestone] += 1;
        if (row.type === "run.started") runs += 1;
        events += 1;
        print.update(row.hash);
      }
      if (rows.length > 0) audience?.onRows(rows, simulation);
      simulation.saw(rows);
      violations.push(...checker.afterEvent(rows));
      if (stopAtFirst && violations.length > 0) simulation.stop();
    },
  });
  const { worlds, line, rules } = simulation;
  const acts = scenario.acts.flatMap((act) => [act, ...besides(act, scenario.calmAt)]);
  const checker = new Checker({
    now: () => line.now(),
    appNow: () => simulation.appNow(),
    dueAt: (shown) => simulation.dueAt(shown),
    wasPresent: presenceOf({ ...scenario, acts }),
    processSince: () => simulation.processSince,
    wasCalm: calmOf({ ...scenario, acts }),
    wasStill: stillnessOf({ ...scenario, acts }),
    wasReachable: reachabilityOf({ ...scenario, acts }),
    wasBlind: blindnessOf(scenario.startAt, acts),
    isBefore: (commit, other) => isBefore(worlds.git, commit, other),
    reread: (sequence) => stage.disk.row(sequence),
    rules,
    argocd: worlds.argocd.truth,
    slack: worlds.slack.truth,
  });
  const end = await simulation.run();
  if (end === "restless") violations.push(restless(stage, simulation));
  if (end !== "stopped") violations.push(...checker.atEnd({ backlog: simulation.backlog }));
  for (const post of worlds.argocd.truth.posts) print.update(`${post.at} ${post.kind} ${post.app} ${post.revision}`);
  for (const { ts, versions } of worlds.slack.truth.messages) print.update(`${ts} ${versions.at(-1)?.text ?? ""}`);
  return { scenario, violations, runs, events, fingerprint: print.digest("hex"), milestones };
}

/** What happens while somebody does something, for as long as they may take until they do it; or as soon as the log says something. */
function besides(act: ScenarioAct, calmAt: number): readonly Beside[] {
  if (act.who === "log") return onCue(act.at, act.act.scene, calmAt);
  if (act.who !== "person" || act.together === undefined) return [];
  const { scene, afterMs } = act.together;
  const thinkMs = act.act.kind === "click" ? (act.act.thinkMs ?? 0) : 0;
  const lastsMs = Math.max(0, ...["forMs", "downMs"].map((name) => Number(Reflect.get(scene.act, name) ?? 0)));
  const forMs = (act.patienceMs ?? 0) + thinkMs + afterMs + lastsMs;
  return [{ at: act.at, who: scene.who, act: { ...scene.act, forMs } }];
}

interface Beside {
  readonly at: number;
  readonly who: string;
  readonly act: object;
}

/** Nobody knows before when that is: it may be until nothing goes wrong any more. */
function onCue(at: number, scene: Scene, calmAt: number): readonly Beside[] {
  if (scene.who === "log") return onCue(at, scene.act.scene, calmAt);
  return [{ at, who: scene.who, act: { ...scene.act, forMs: calmAt - at } }];
}

function isBefore(git: GitWorld, commit: string, other: string): boolean {
  return git.commitsBetween({ repository: REPOSITORY, from: other, to: commit, paths: [] }).kind === "backward";
}

function restless({ disk }: Stage, { line, backlog }: Simulation): Violation {
  return {
    check: "everything ends",
    what: `Hours after the last fault ${disk.openThings()} runs or requests are open and ${backlog} messages wait.`,
    run: "",
    proof: disk.openTexts(),
    seenAt: line.now(),
  };
}
