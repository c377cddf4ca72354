import { hasRedis } from "../support/redis-server.ts";
import { canMount } from "../support/small-disk.ts";
import { never, timeFigure } from "./chaos-figure.ts";
import { clockSteps } from "./clock-steps.ts";
import { fullDisk } from "./full-disk.ts";
import { KillBudget, killInProcess, killWithRedis } from "./kills.ts";
import { powerCuts } from "./power.ts";
import { oneThingAtATime } from "./measured-rounds.ts";
import { endInOrder } from "./orderly-ends.ts";
import { type PartReport, recoveryFigure, reportOf, takeoverFigure } from "./report.ts";
import { twoServers } from "./rivals.ts";

/** How much is done. */
export interface Measure {
  readonly seed: number;
  readonly kills: number;
  /** The most that the kills may take. */
  readonly minutes: number;
  /** How many servers are killed at the same time, each in a world of its own. */
  readonly arenas: number;
  /** How often everything else is done. */
  readonly rounds: number;
  readonly partitionMs: number;
  /** How long nothing happens after a thing of which it is measured how long it takes to go on. */
  readonly peaceMs: number;
  /** How much there is in each world; as much as there can be when absent. */
  readonly world?: { readonly services: number; readonly commits: number } | undefined;
  readonly say: (line: string) => void;
}

export interface Part {
  readonly name: string;
  readonly says: string;
  /** Why it cannot be tried on this machine; undefined where it can. */
  readonly missing?: string | undefined;
  readonly run: (measure: Measure) => Promise<PartReport>;
}

const NO_REDIS = hasRedis ? undefined : "there is no redis-server";

export const PARTS: readonly Part[] = [
  { name: "kill", says: "server, workers and Redis killed at random moments", missing: NO_REDIS, run: kill },
  { name: "redis", says: "Redis emptied, killed, stopped; forged and replayed jobs", missing: NO_REDIS, run: redis },
  { name: "term", says: "SIGTERM under load", missing: NO_REDIS, run: term },
  { name: "two", says: "two servers on one folder", run: two },
  {
    name: "disk",
    says: "a disk that is full again and again",
    missing: canMount() ? undefined : "nothing can be mounted",
    run: disk,
  },
  { name: "clock", says: "a clock that steps", run: clock },
  { name: "power", says: "power cuts", run: power },
];

async function kill({ seed, kills, minutes, arenas, world, say }: Measure): Promise<PartReport> {
  const onKill = (done: number): void => {
    if (done % 50 === 0) say(`${done} processes killed`);
  };
  const budget = new KillBudget({ most: kills, minutes, onKill });
  // Half of them execute everything themselves, the other half give it to workers.
  const starts = Array.from({ length: arenas }, (_, index) => {
    const options = { ...world, seed: seed + index };
    return index % 2 === 0 ? killInProcess(options, budget) : killWithRedis(options, budget);
  });
  const conclusions = await Promise.all(starts);
  const report = reportOf("kill", conclusions);
  const inProcess = conclusions.filter((_, index) => index % 2 === 0);
  const times = [recoveryFigure("kill", inProcess, { kind: "server", what: "server without workers, from its start" })];
  return { ...report, figures: [...report.figures, ...times] };
}

async function redis({ seed, rounds, partitionMs, peaceMs, world }: Measure): Promise<PartReport> {
  const conclusion = await oneThingAtATime(
    { ...world, seed },
    { each: rounds, partitionMs, peaceMs, forgeries: rounds * FORGERIES_A_ROUND },
  );
  const { attack } = conclusion;
  const report = reportOf("redis", [conclusion]);
  const figures = [
    takeoverFigure("redis", [conclusion], 3000),
    // Argo CD is slow here, and a step shows that it moves when it has asked it for what is there.
    recoveryFigure("redis", [conclusion], { kind: "worker", what: "worker killed, from then on" }),
    recoveryFigure("redis", [conclusion], {
      kind: "redis",
      what: `Redis killed, emptied, stopped (${partitionMs / 1000} s), from its return`,
      goalMs: 5000,
    }),
    recoveryFigure("redis", [conclusion], { kind: "server", what: "server with workers, from its start" }),
    counted("forged, altered, foreign, malformed and replayed jobs refused", attack.jobs, attack.taken),
    counted("forged, foreign, malformed and replayed reports refused", attack.reports, attack.refusedReports),
  ];
  return { ...report, figures: [...report.figures, ...figures] };
}

const FORGERIES_A_ROUND = 25;

function counted(what: string, tries: number, refused: number): PartReport["figures"][number] {
  return { part: "redis", what, tries: String(tries), result: String(refused), goal: "all", holds: refused >= tries };
}

async function term({ seed, rounds, world }: Measure): Promise<PartReport> {
  const conclusion = await endInOrder({ ...world, seed }, 2 * rounds);
  const { tries, afterMs, wrong } = conclusion.ends;
  const report = reportOf("term", [conclusion]);
  const figures = [
    never("term", "ends by SIGTERM with anything but exit code 0", { tries, found: wrong }),
    timeFigure("term", "SIGTERM until the process has ended", { valuesMs: afterMs }),
  ];
  return { ...report, figures: [...report.figures, ...figures], findings: [...report.findings, ...wrong] };
}

async function two({ seed, rounds, world }: Measure): Promise<PartReport> {
  const conclusion = await twoServers({ ...world, seed }, 2 * rounds);
  const { tries, wrong } = conclusion.rivalry;
  const report = reportOf("two", [conclusion]);
  const figure = never("two", "tries after which not exactly one server had the folder", { tries, found: wrong });
  return { ...report, figures: [...report.figures, figure], findings: [...report.findings, ...wrong] };
}

async function disk({ seed, rounds, world }: Measure): Promise<PartReport> {
  const conclusion = await fullDisk({ ...world, seed }, 3 * rounds);
  const { tries, wrong } = conclusion.disk;
  const report = reportOf("disk", [conclusion]);
  const figure = never("disk", "full disks about which a server that starts says nothing", { tries, found: wrong });
  return { ...report, figures: [...report.figures, figure], findings: [...report.findings, ...wrong] };
}

async function clock({ seed, rounds, world }: Measure): Promise<PartReport> {
  return reportOf("clock", [await clockSteps({ ...world, seed }, 4 * rounds)]);
}

async function power({ seed, rounds }: Measure): Promise<PartReport> {
  return await powerCuts({ seed, each: 5 * rounds, photographs: Math.min(15 + 3 * rounds, 45) });
}
