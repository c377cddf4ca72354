import { type ChaosFigure, never, timeFigure } from "./chaos-figure.ts";
import type { Conclusion } from "./conclusion.ts";
import type { Judgement } from "./judge.ts";
import type { Mark } from "./recovery.ts";

/** What one part of the chaos has found: its lines of the table, and everything that should not be, in words. */
export interface PartReport {
  readonly figures: readonly ChaosFigure[];
  readonly findings: readonly string[];
  /** Warnings and errors of the programs, for whoever looks for a reason. */
  readonly troubles: ReadonlyMap<string, number>;
  /** Where something was stuck: what the last server said before the end. */
  readonly lastLines: readonly string[];
}

type Lists = { [Name in keyof Judgement]: Judgement[Name] extends readonly string[] ? Name : never }[keyof Judgement];
type Counts = Exclude<keyof Judgement, Lists | "endings">;

const NEVER: readonly { readonly what: string; readonly of: Counts; readonly list: Lists }[] = [
  { what: "acknowledged commands and clicks lost", of: "acknowledged", list: "lost" },
  { what: "syncs repeated", of: "syncs", list: "repeated" },
  { what: "syncs to prod that nobody approved", of: "syncs", list: "unapproved" },
  { what: "operations that were forged", of: "syncs", list: "forged" },
  { what: "runs and requests stuck", of: "runs", list: "stuck" },
  { what: "messages not final", of: "messages", list: "unfinished" },
  { what: "messages posted twice", of: "messages", list: "doubled" },
  { what: "events of which the chain or a noted head does not hold", of: "events", list: "broken" },
];

/** Everything that has to hold whatever was done, over all arenas of a part. */
export function reportOf(part: string, conclusions: readonly Conclusion[]): PartReport {
  const judgements = conclusions.map(({ judgement }) => judgement);
  const surprises = conclusions.flatMap(({ arena }) => arena.surprises);
  const figures = NEVER.map(({ what, of, list }) =>
    never(part, what, {
      tries: sum(judgements.map((found) => found[of])),
      found: judgements.flatMap((found) => found[list]),
    }),
  );
  const processes = conclusions.map(({ killed }) => sum(Object.values(killed)));
  return {
    figures: [
      killedFigure(part, conclusions),
      endingsFigure(part, judgements),
      ...figures,
      never(part, "processes that ended by themselves, rejections unhandled", {
        tries: sum(processes),
        found: surprises,
      }),
    ],
    findings: [
      ...NEVER.flatMap(({ what, list }) =>
        judgements.flatMap((found) => found[list].map((text) => `${part}: ${what}: ${text}`)),
      ),
      ...surprises.map((text) => `${part}: ${text}`),
    ],
    lastLines: conclusions.flatMap(({ arena }) => arena.lastLines),
    troubles: merged(conclusions.map(({ arena }) => arena.troubles)),
  };
}

/** From when something is there again until everything that was under way has moved. */
export function recoveryFigure(
  part: string,
  conclusions: readonly Conclusion[],
  { kind, what, goalMs }: { readonly kind: Mark["kind"]; readonly what: string; readonly goalMs?: number },
): ChaosFigure {
  const valuesMs = conclusions
    .flatMap(({ recoveries }) => recoveries.measured)
    .filter((recovery) => recovery.kind === kind)
    .map(({ afterMs }) => afterMs);
  return timeFigure(part, `${what}, until everything moves`, { valuesMs, ...(goalMs !== undefined && { goalMs }) });
}

/** From the loss of a worker until others execute what it executed. */
export function takeoverFigure(part: string, conclusions: readonly Conclusion[], goalMs: number): ChaosFigure {
  const valuesMs = conclusions.flatMap(({ recoveries }) => recoveries.takeoversMs);
  return timeFigure(part, "worker killed, from then on, until others execute what it had", { valuesMs, goalMs });
}

function killedFigure(part: string, conclusions: readonly Conclusion[]): ChaosFigure {
  const of = (sort: "server" | "worker" | "redis"): number => sum(conclusions.map(({ killed }) => killed[sort] ?? 0));
  const [server, worker, redis] = [of("server"), of("worker"), of("redis")];
  const result = `${server} servers, ${worker} workers, ${redis} Redis`;
  return {
    part,
    what: "processes killed (SIGKILL) amid everything",
    tries: String(server + worker + redis),
    result,
    goal: "-",
  };
}

function endingsFigure(part: string, judgements: readonly Judgement[]): ChaosFigure {
  const of = (status: string): number => sum(judgements.map(({ endings }) => endings[status] ?? 0));
  const result = `${of("succeeded")} succeeded, ${of("failed")} failed or rejected, ${of("cancelled")} cancelled`;
  return {
    part,
    what: "how the runs ended",
    tries: String(sum(judgements.map(({ runs }) => runs))),
    result,
    goal: "-",
  };
}

function merged(all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const total = new Map<string, number>();
  for (const troubles of all) for (const [said, times] of troubles) total.set(said, (total.get(said) ?? 0) + times);
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
