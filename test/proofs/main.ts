import { parseArgs } from "node:util";

import { type Finding, findingsTable } from "./proof.ts";
import { PROOFS } from "./proof-list.ts";

/** Makes all proofs, or those of the goals that are named as arguments, and prints one table. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { short: { type: "boolean" } },
  });
  const goals = positionals.map((goal) => goal.toUpperCase());
  const size = values.short === true ? "short" : "full";
  const findings: Finding[] = [];
  for (const { goal, says, prove } of PROOFS) {
    if (goals.length > 0 && !goals.includes(goal)) continue;
    console.log(`${goal}: ${says}`);
    findings.push(...(await prove(size)));
  }
  console.log(`\nNode ${process.version}, ${size} size\n\n${findingsTable(findings)}`);
  return findings.length > 0 && findings.every(({ holds }) => holds) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
