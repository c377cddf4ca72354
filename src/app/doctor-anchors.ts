import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ANCHORS_STREAM } from "../audit/anchor-check.ts";
import { ANCHOR_FACTS, type KnownAnchors, knownAnchors } from "../audit/anchor-log.ts";
import type { AnchorTarget } from "../audit/anchor-target.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import { anchorFindings } from "../doctor/anchors.ts";
import type { Finding } from "../doctor/finding.ts";
import { runProbes } from "../doctor/run-probes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import { openLog } from "../store/store.ts";
import { anchorTargets, namedTargets } from "./anchors.ts";

interface Deps {
  readonly environment: Environment;
  readonly configuration: Configuration | undefined;
  readonly secrets: Secrets | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

const WITHIN_MS = 60_000;

/** Whether the log is anchored as configured; nothing where it is not to be. */
export async function examineAnchors(deps: Deps, resources: AsyncDisposableStack): Promise<readonly Finding[]> {
  const { environment, configuration, secrets, clock } = deps;
  const anchors = configuration?.audit.anchors;
  if (configuration === undefined || secrets === undefined || anchors === undefined) return [];
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-doctor-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  // Nothing is left in the data folder, which a server may have.
  const open = anchorTargets(
    { ...deps, configuration, secrets, environment: { ...environment, dataFolder: folder } },
    resources,
  );
  const targets = namedTargets(anchors.targets).map(
    ({ settings, name }): Pick<AnchorTarget, "address" | "tryOut"> =>
      open(settings, name) ?? { address: `slack ${settings.slack ?? ""}` },
  );
  const question = { targets, everyMs: anchors.everyMs, known: tryKnown(environment.dataFolder), now: clock.now() };
  return await runProbes([{ area: "audit", subject: "anchors", look: (signal) => anchorFindings(question, signal) }], {
    clock,
    limitMs: WITHIN_MS,
  });
}

/** What is wrong with the log itself is found elsewhere. */
function tryKnown(dataFolder: string): KnownAnchors | undefined {
  try {
    using opened = openLog(dataFolder);
    return knownAnchors(opened.log.newest(ANCHORS_STREAM, ANCHOR_FACTS));
  } catch {
    return undefined;
  }
}
