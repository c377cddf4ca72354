import { join } from "node:path";

import { deleteOldArtifacts } from "../artifacts/delete-old.ts";
import type { Environment } from "../config/environment.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { LocalFolders } from "../programs/local-folders.ts";
import type { Store } from "../store/store.ts";
import type { LiveSettings } from "./live-settings.ts";

interface Deps {
  readonly environment: Pick<Environment, "dataFolder">;
  readonly live: Pick<LiveSettings, "configuration">;
  readonly store: Pick<Store, "events">;
  readonly folders: Pick<LocalFolders, "clean">;
  readonly clock: Clock;
  readonly logger: Logger;
}

// Not while everything else starts.
const FIRST_AFTER_MS = 10 * 60_000;
const AGAIN_AFTER_MS = 6 * 3_600_000;
// Far more than are ever open.
const MOST_RUNS = 1_000_000;
const DIGEST = /[0-9a-f]{64}/gu;

/** Deletes, now and then, files of steps that are older than the configuration keeps them, and work folders that nobody uses. */
export function keepTidy(deps: Deps, resources: AsyncDisposableStack): void {
  const { clock, logger } = deps;
  const state = { isOver: false, timer: clock.setTimer(FIRST_AFTER_MS, () => void look()) };
  resources.defer(() => {
    state.isOver = true;
    state.timer.cancel();
  });
  const look = async (): Promise<void> => {
    try {
      const deleted = await tidy(deps);
      if (deleted > 0) logger.info("files of steps were deleted because of their age", { deleted });
    } catch (error) {
      logger.warn("old files of steps could not be deleted", { error: errorText(error) });
    }
    if (!state.isOver) state.timer = clock.setTimer(AGAIN_AFTER_MS, () => void look());
  };
}

async function tidy({ environment, live, store, folders, clock }: Deps): Promise<number> {
  await folders.clean();
  const before = clock.now() - live.configuration.artifacts.keepMs;
  const folder = join(environment.dataFolder, "artifacts");
  return await deleteOldArtifacts({ folder, before, named: () => namedByOpenRuns(store, before) });
}

/** Every digest in what is known of open runs: also of files that are inputs of steps that are still to come. */
function namedByOpenRuns({ events }: Pick<Store, "events">, before: number): ReadonlySet<string> {
  const named = new Set<string>();
  // What a later run has left is younger than that, also where it is the same as before.
  for (const { id } of events
    .listRuns({ openOnly: true, limit: MOST_RUNS })
    .filter(({ startedAt }) => startedAt < before)) {
    for (const event of events.readRun(id)) {
      for (const [digest] of JSON.stringify(event).matchAll(DIGEST)) named.add(digest);
    }
  }
  return named;
}
