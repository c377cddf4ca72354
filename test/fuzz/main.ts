import { parseArgs } from "node:util";

import { keepInput } from "./corpus.ts";
import { type FuzzReport, fuzz, MOST_MS } from "./fuzz.ts";
import { TARGETS } from "./fuzz-target.ts";
import { measureHostileTraffic } from "./hostile-traffic.ts";
import { type Row, table } from "./table.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    target: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

/** What strangers send to the whole server in a process of its own. */
const TRAFFIC = "hostile-traffic";

/** Fuzzes all targets, or those that are named, and prints one table. Ends with 1 when an input broke a promise. */
async function main(): Promise<void> {
  const seed = Number(values.seed);
  const isWanted = (name: string): boolean => values.target.length === 0 || values.target.includes(name);
  const chosen = TARGETS.filter(isWanted);
  const wrong = values.target.filter((name) => name !== TRAFFIC && !chosen.some((known) => known === name));
  if (wrong.length > 0) throw new Error(`no target ${wrong.join()}; there is: ${TARGETS.join(", ")}, ${TRAFFIC}`);
  const forMs = (Number(values.minutes) * 60_000) / Math.max(1, chosen.length);
  console.log(`seed ${seed}: ${chosen.length} targets, ${(forMs / 1000).toFixed(0)} s each`);
  const rows: Row[] = [];
  for (const target of chosen) {
    const report = await fuzz({ target, seed, forMs });
    for (const { kind, message, input } of report.findings) {
      const file = await keepInput(target, input);
      console.log(
        `${target}: ${kind}: ${message}\n  kept as test/fuzz/corpus/${target}/${file}: ${JSON.stringify(input).slice(0, 300)}`,
      );
    }
    rows.push(...rowsOf(report));
  }
  if (isWanted(TRAFFIC)) rows.push(...(await measureHostileTraffic(seed)));
  console.log(`\n${table(rows)}`);
  if (rows.some(({ holds, isTime }) => !holds && !isTime)) process.exitCode = 1;
}

function rowsOf({ target, inputs, kept, functions, slowestMs, findings }: FuzzReport): readonly Row[] {
  const broken = findings.filter(({ kind }) => kind !== "slow").length;
  return [
    {
      what: `${target}: ${inputs} inputs, ${kept} that went somewhere new, ${functions} functions`,
      result: `${broken} broke it`,
      goal: "0",
      holds: broken === 0,
    },
    {
      what: `${target}: the slowest input`,
      result: slowestMs === 0 ? "< 10 ms" : `${slowestMs.toFixed(1)} ms`,
      goal: `<= ${MOST_MS} ms`,
      holds: slowestMs <= MOST_MS,
      isTime: true,
    },
  ];
}

await main();
