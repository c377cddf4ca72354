import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { table } from "./chaos-figure.ts";
import { type Measure, type Part, PARTS } from "./chaos-parts.ts";
import { leaveNothingBehind } from "./program.ts";
import type { PartReport } from "./report.ts";

const USAGE = `Usage: npm run chaos -- [--short] [--only PART,PART] [--kills N] [--minutes M] [--arenas N] [--rounds N] [--seed S]

Parts: ${PARTS.map(({ name, says }) => `${name} (${says})`).join(", ")}.
Without options: 1,000 kills, at most 60 minutes of them, and everything else for about 20 minutes.`;

const SHORT = {
  kills: 12,
  minutes: 0.5,
  arenas: 2,
  rounds: 1,
  partitionMs: 4000,
  peaceMs: 3500,
  world: { services: 3, commits: 60 },
  isTogether: true,
};
const LONG = {
  kills: 1000,
  minutes: 60,
  arenas: 4,
  rounds: 12,
  partitionMs: 60_000,
  peaceMs: 7000,
  world: undefined,
  isTogether: false,
};

interface Asked {
  readonly parts: readonly Part[];
  readonly measure: Omit<Measure, "say">;
  /** Whether all parts are done at the same time. */
  readonly isTogether: boolean;
}

/** Does it all, or the parts that are named, and prints one table. Resolves with the exit code: 1 when something does not hold. */
async function main(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked === undefined) {
    console.error(USAGE);
    return 2;
  }
  leaveNothingBehind();
  const { parts, measure, isTogether } = asked;
  const reports: PartReport[] = [];
  if (isTogether) reports.push(...(await Promise.all(parts.map((part) => runPart(part, measure)))));
  else for (const part of parts) reports.push(await runPart(part, measure));
  const figures = reports.flatMap((report) => report.figures);
  const findings = reports.flatMap((report) => report.findings);
  const cores = `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`;
  console.log(
    `\nSeed ${measure.seed}, Node ${process.version} on ${cores}. Times: median / p99 / worst.\n\n${table(figures)}`,
  );
  if (findings.length > 0) console.log(`\nWhat does not hold:\n- ${findings.join("\n- ")}`);
  return figures.some(({ holds, isTime }) => holds === false && isTime !== true) ? 1 : 0;
}

async function runPart(part: Part, measure: Asked["measure"]): Promise<PartReport> {
  const { name, says, missing } = part;
  console.log(`${name}: ${missing === undefined ? says : `skipped, because ${missing}`}`);
  if (missing !== undefined) {
    const figure = { part: name, what: says, tries: "0", result: `skipped: ${missing}`, goal: "-" };
    return { figures: [figure], findings: [], troubles: new Map(), lastLines: [] };
  }
  const report = await part.run({ ...measure, say: (line) => console.log(`${name}: ${line}`) });
  for (const [said, times] of report.troubles) console.log(`${name}: ${times}x ${said}`);
  for (const line of report.lastLines) console.log(`${name}: ${line}`);
  return report;
}

function readArguments(args: readonly string[]): Asked | undefined {
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: "boolean" },
      only: option,
      kills: option,
      minutes: option,
      arenas: option,
      rounds: option,
      seed: option,
      help: { type: "boolean" },
    },
  });
  const base = values.short === true ? SHORT : LONG;
  const names = values.only?.split(",");
  const parts = PARTS.filter(({ name }) => names?.includes(name) ?? true);
  const number = (text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : Number(text);
  const amounts = {
    seed: number(values.seed, Date.now() % 1_000_000),
    kills: number(values.kills, base.kills),
    minutes: number(values.minutes, base.minutes),
    arenas: number(values.arenas, base.arenas),
    rounds: number(values.rounds, base.rounds),
  };
  const isWrong =
    Object.values(amounts).some((value) => !(value > 0)) || parts.length !== (names?.length ?? PARTS.length);
  const { isTogether, ...rest } = base;
  return values.help === true || isWrong ? undefined : { parts, measure: { ...rest, ...amounts }, isTogether };
}

process.exitCode = await main(process.argv.slice(2));
