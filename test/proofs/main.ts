import { parseArgs } from "node:util";

import { type Finding, findingsTable } from "./proof.ts";
import { PROOFS } from "./proof-list.ts";

/** Makes all proofs, or those of the goals that are named as arguments, and prints one table; `--short` and `--part 0.1` make them smaller. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { short: { type: "boolean" }, part: { type: "string" } },
  });
  const goals = positionals.map((goal) => goal.toUpperCase());
  const size = values.short === true ? "short" : "full";
  const part = Number(values.part ?? "1");
  if (!(part > 0 && part <= 1)) throw new TypeError("--part is a number above 0 and up to 1");
  const findings: Finding[] = [];
  for (const { goal, says, prove } of PROOFS) {
    if (goals.length > 0 && !goals.includes(goal)) continue;
    console.log(`${goal}: ${says}`);
    findings.push(...(await prove(size, part)));
  }
  console.log(
    `\nNode ${process.version}, ${size} size${part === 1 ? "" : `, ${part} of it`}\n\n${findingsTable(findings)}`,
  );
  return findings.length > 0 && findings.every(({ holds }) => holds) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
