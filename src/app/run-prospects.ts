import type { RunView } from "../domain/run-view.ts";
import type { EventStore } from "../engine/ports.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { ViewLookups } from "../slack/views/view-lookups.ts";

interface Deps {
  readonly events: Pick<EventStore, "proofs">;
  readonly inventory: Inventory;
}

type Prospects = Pick<ViewLookups, "wayBack" | "nextEnvironment">;

// How far back a revision is looked for that was proven.
const MOST_PROOFS = 50;

/** What can be done after a run, as far as others than the run decide it: what was proven, and what comes after. */
export function runProspects({ events, inventory }: Deps): Prospects {
  return {
    wayBack: (run, app) => {
      // A rollback has been where it came from.
      if (run.state.plan.urgent === true) return undefined;
      const proofs = events.proofs(app, MOST_PROOFS);
      const [newest] = proofs;
      if (newest === undefined || isOvertaken(run, newest)) return undefined;
      const left = run.revision?.sha ?? newest.revision;
      const back = proofs.find(
        ({ revision, applicationUid }) => revision !== left && applicationUid === newest.applicationUid,
      );
      return back && { revision: back.revision, provenAt: back.provenAt };
    },
    nextEnvironment: (service, environment) => {
      const found = inventory.findService(service);
      if (found.kind === "unknown") return undefined;
      const index = found.service.environments.findIndex(({ name }) => name === environment);
      return index === -1 ? undefined : found.service.environments[index + 1]?.name;
    },
  };
}

/** Whether another run has brought something there since. */
function isOvertaken({ id, state }: RunView, newest: { readonly run: string; readonly provenAt: number }): boolean {
  if (state.status === "succeeded") return newest.run !== id;
  return newest.run !== id && newest.provenAt > state.startedAt;
}

/** What is looked at of a run. */
interface Finished extends Pick<RunView, "id"> {
  readonly state: Pick<RunView["state"], "status"> & { readonly targets: readonly { readonly app: string }[] };
}

// Runs of the last hours: one that is drawn after it was forgotten draws the one before it once more.
const MOST_TOLD = 1000;

/** The runs whose cards offer a way back that a later one has taken from them. */
export class OvertakenRuns {
  readonly #events: Deps["events"];
  readonly #told = new Set<string>();

  constructor({ events }: Pick<Deps, "events">) {
    this.#events = events;
  }

  /**
   * Those that this run has overtaken, now that it has succeeded; the first time only. Two runs may each be the newer one in some
   * environment: if every drawing of one had the other drawn, that would never end.
   */
  overtakenBy({ id, state }: Finished): readonly string[] {
    if (state.status !== "succeeded" || this.#told.has(id)) return [];
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(id);
    const before = state.targets.flatMap(({ app }) => {
      const [newest, ...earlier] = this.#events.proofs(app, 5);
      return newest?.run === id ? (earlier.find(({ run }) => run !== id)?.run ?? []) : [];
    });
    return [...new Set(before)];
  }
}
