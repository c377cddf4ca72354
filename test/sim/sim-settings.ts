import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadSettings, type Settings } from "../../src/app/live-settings.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import { SecretMask } from "../../src/platform/masking.ts";
import { STUBBORN } from "./stubborn-step.ts";

/** Values that must show nowhere: each of them is a secret of the simulated installation. */
export const CANARIES = {
  ARGOCD_TOKEN: "canary-argocd-7Hq2Zk9w",
  SLACK_BOT_TOKEN: "xoxb-canary-slack-4Tn8Rb",
  QUARTERDECK_SECRET: "canary-instance-9f3b2c1d8e7a6b5c4d3e2f1a",
} as const;

export const ARGOCD_URL = "https://argocd.test";
export const REPOSITORY = "https://git.test/shop.git";

/** The commits of the main branch, oldest first; the first one runs everywhere at the beginning. */
export const COMMITS = ["m0", "m1", "m2", "m3", "m4", "m5"] as const;

/** Where services are, and in what order. */
export const PLACES = {
  checkout: ["staging", "prod", "core"],
  payments: ["staging", "core"],
  search: ["dev", "staging", "prod"],
} as const;

/**
 * Services that are in many places, and the places of each; in some scenarios they are there as well. `edge-1` and `edge-5` ask for
 * approval, the others do not.
 */
export const FLEETS = {
  relay: ["edge-1", "edge-2", "edge-3", "edge-4", "edge-6"],
  depot: ["edge-2", "edge-3", "edge-4", "edge-5"],
  beacon: ["edge-1", "edge-2", "edge-3", "edge-4", "edge-5", "edge-6", "edge-7"],
} as const;

/** Every service of a scenario, with its places in their order. */
export function placesOf(hasFleets: boolean): Readonly<Record<string, readonly string[]>> {
  return hasFleets ? { ...PLACES, ...FLEETS } : PLACES;
}

export const TIMES = { settleMs: 5000, degradedGraceMs: 10_000, startDeadlineMs: 30_000, expiresMs: 600_000 };

/** The places, besides `core`, in which somebody has to approve. */
export const ASKING: ReadonlySet<string> = new Set(["prod", "edge-1", "edge-5"]);

/** Which of the configurations counts; what changes between them is who may approve, and where somebody has to. */
export type SettingsName = "usual" | "other approvers" | "two approvers" | "staging asks" | "observing";

/** Reads every configuration of the simulation with the repository's own commands, as the program does. */
export async function readSimSettings(hasFleets: boolean): Promise<ReadonlyMap<SettingsName, Settings>> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-sim-"));
  try {
    const commands = join(folder, "commands");
    const folders = ["../../commands", "commands", ...(hasFleets ? ["fleet-commands"] : [])];
    for (const own of folders) await cp(new URL(own, import.meta.url), commands, { recursive: true });
    const configuration = (change: Change): string => configurationText(change, hasFleets);
    const read = async (name: SettingsName, text: string): Promise<readonly [SettingsName, Settings]> => {
      const file = join(folder, "quarterdeck.yaml");
      await writeFile(file, text);
      const environment = readEnvironment(new SecretMask(), {
        QUARTERDECK_CONFIG: file,
        QUARTERDECK_COMMANDS: commands,
      });
      return [name, await loadSettings(environment, [STUBBORN])];
    };
    return new Map([
      await read("usual", configuration({})),
      await read("other approvers", configuration({ from: "[{ group: S0DEV, handle: dev }]" })),
      await read("two approvers", configuration({ quorum: 2 })),
      await read("staging asks", configuration({ isAskedInStaging: true })),
      await read("observing", `mode: observe\n${configuration({})}`),
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Change {
  readonly from?: string;
  readonly quorum?: number;
  readonly isAskedInStaging?: boolean;
}

function configurationText(
  { from = "[{ group: S0RELEASE, handle: release }]", quorum = 1, isAskedInStaging = false }: Change,
  hasFleets: boolean,
): string {
  const asks = `approval: { from: ${from}, quorum: ${quorum}, expires: ${TIMES.expiresMs / 1000}s }`;
  const edges = Array.from({ length: 7 }, (_none, index) => {
    const name = `edge-${index + 1}`;
    return `\n  - { name: ${name}, ${ASKING.has(name) ? asks : "approval: none"} }`;
  });
  const verbs = `promote, rollback, sync, chain, stubborn, lock, unlock${hasFleets ? ", fleet, sweep" : ""}`;
  const services = Object.entries(placesOf(hasFleets)).map(([service, environments]) => {
    const apps = environments.map((environment) => `${environment}: ${service}-${environment}`).join(", ");
    return `  - { name: ${service}, environments: { ${apps} } }`;
  });
  return `
slack:
  channel: C1DEPLOYS
  alerts: { channel: C2ALERTS, mention: { group: S0RELEASE, handle: release } }
argocd:
  - { name: main, url: "${ARGOCD_URL}", token: "\${{ secrets.ARGOCD_TOKEN }}" }
environments:
  - name: dev
  - { name: staging, ${isAskedInStaging ? asks : "approval: none"} }
  - name: prod
    ${asks}
  - name: core
    approval: { from: ${from}, quorum: 2, expires: ${TIMES.expiresMs / 1000}s }${hasFleets ? edges.join("") : ""}
services:
${services.join("\n")}
roles:
  developers: [{ group: S0DEV }]
  release: [{ group: S0RELEASE }]
grants:
  - { role: developers, verbs: [${verbs}, twice], services: all, environments: all }
  - { role: release, verbs: [${verbs}], services: all, environments: all }
git:
  repositories: [{ url: "${REPOSITORY}", branches: [main] }]
secrets:
  ARGOCD_TOKEN: { env: ARGOCD_TOKEN }
timing: { settle: 5s, degraded-grace: 10s, start-deadline: 30s, resync: 60s }
watch: { flap: 1m }
`;
}
