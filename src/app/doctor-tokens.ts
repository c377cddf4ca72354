import { stat } from "node:fs/promises";

import { readTokens } from "../api/token-file.ts";
import type { Configuration } from "../config/configuration.ts";
import { tokenFindings } from "../doctor/api-tokens.ts";
import type { Finding } from "../doctor/finding.ts";
import { MACHINES, tryMachine } from "../domain/machine.ts";
import type { Clock } from "../platform/clock.ts";

interface Deps {
  readonly dataFolder: string;
  readonly configuration: Configuration | undefined;
  readonly clock: Clock;
}

/** Whether the tokens of the API count, and whether roles name them. */
export async function examineTokens({ dataFolder, configuration, clock }: Deps): Promise<readonly Finding[]> {
  // What is wrong with the folder itself is told once, where it is looked at.
  if (!(await mayBeFolder(dataFolder))) return [];
  const read = await readTokens(dataFolder);
  const inRoles = tokensInRoles(configuration);
  const now = clock.now();
  return read.kind === "broken"
    ? tokenFindings({ problem: read.problem, tokens: [], inRoles, now })
    : tokenFindings({ problem: undefined, tokens: read.tokens, inRoles, now });
}

async function mayBeFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return true;
  }
}

function tokensInRoles(configuration: Configuration | undefined): ReadonlySet<string> {
  const members = Object.values(configuration?.roles ?? {}).flat();
  const machines = members.flatMap((member) =>
    member.kind === "machine" ? (tryMachine({ team: MACHINES, user: member.machine }) ?? []) : [],
  );
  return new Set(machines.flatMap(({ sort, name }) => (sort === "token" ? [name] : [])));
}
