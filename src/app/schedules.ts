import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { MachineDoor } from "../engine/machine-door.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { storedEvent } from "../store/log-reader.ts";
import type { Store } from "../store/store.ts";
import { Schedules } from "../triggers/schedule/schedules.ts";
import { discovered } from "./discovery.ts";
import type { LiveSettings } from "./live-settings.ts";

interface Deps {
  readonly live: LiveSettings;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly store: Pick<Store, "events" | "log">;
  readonly machines: MachineDoor;
  readonly clock: Clock;
  readonly logger: Logger;
}

const STREAM = "schedules";
const AT_THE_END = -1;

/** Follows the schedules as they are configured, until `resources` are disposed. */
export function openSchedules(deps: Deps, resources: AsyncDisposableStack): void {
  const { live, servers, store, machines, clock, logger } = deps;
  const schedules = resources.use(
    new Schedules({
      settings: () => live.configuration.schedules,
      log: {
        newest: (limit) =>
          store.log
            .newest(STREAM, limit)
            .filter(({ payload }) => payload !== null)
            .map(storedEvent),
        append: (events) => store.events.append({ stream: STREAM, expectedVersion: AT_THE_END, events }),
      },
      door: machines,
      clock,
      logger,
    }),
  );
  live.onReplaced(() => schedules.refresh());
  // What was missed is asked for at once, and the services that it names have to be known by then.
  void discovered({ live, servers, clock }).then(() => schedules.start());
}
