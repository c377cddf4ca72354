import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

import { measureBusySlack } from "./busy-slack.ts";
import { measureConcurrentChains } from "./concurrent-chains.ts";
import { measureDurableStep } from "./durable-step.ts";
import { type Figure, table } from "./figure.ts";
import { measureHttpCommands } from "./http-commands.ts";
import { measureRemoteSteps } from "./remote-steps.ts";
import { measureRecovery } from "./recovery.ts";
import { measureServerStart } from "./server-start.ts";
import { measureSlashCommands } from "./slash-commands.ts";
import { measureWebhooks } from "./webhooks.ts";
import { measureWaiting } from "./waiting-applications.ts";

interface Measurement {
  readonly goal: string;
  readonly says: string;
  readonly measure: (folder: string) => Promise<readonly Figure[]>;
}

const MEASUREMENTS: readonly Measurement[] = [
  { goal: "P1", says: "durable steps, about 15 s", measure: measureDurableStep },
  { goal: "P2", says: "many chains at once, about 30 s", measure: measureConcurrentChains },
  { goal: "P3", says: "steps through Redis, about 60 s", measure: measureRemoteSteps },
  { goal: "P4", says: "slash commands over HTTP, about 40 s", measure: measureHttpCommands },
  { goal: "P4", says: "slash commands over sockets, about 90 s", measure: measureSlashCommands },
  { goal: "P5", says: "waits for applications, about 150 s", measure: measureWaiting },
  { goal: "P6", says: "starts of the server, about 90 s", measure: measureServerStart },
  { goal: "P7", says: "twenty simulated minutes of a busy Slack, about 40 s", measure: measureBusySlack },
  { goal: "T1", says: "webhooks beside running chains, about 100 s", measure: measureWebhooks },
  { goal: "P8", says: "going on after a kill, about 20 s", measure: measureRecovery },
];

/** Measures all goals, or those named as arguments, and prints one table. Never fails for a figure. */
async function main(goals: readonly string[]): Promise<void> {
  const chosen = MEASUREMENTS.filter(({ goal }) => goals.length === 0 || goals.includes(goal));
  const figures: Figure[] = [];
  for (const { goal, says, measure } of chosen) {
    console.log(`${goal}: ${says}`);
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-bench-"));
    try {
      figures.push(...(await measure(folder)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  console.log(
    `\nNode ${process.version} on ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), files in ${tmpdir()}\n`,
  );
  console.log(table(figures));
}

await main(process.argv.slice(2).map((goal) => goal.toUpperCase()));
