import type { Application } from "../argocd/application.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { EventStore } from "../engine/ports.ts";
import type { Proof } from "../engine/step-kind.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { DeployingRun } from "./blame.ts";
import type { Incident, IncidentGroup } from "./incident-book.ts";

/** An application that is watched. Outside the inventory `service` is its name in Argo CD and `environment` empty. */
export interface Place {
  readonly app: string;
  readonly service: string;
  readonly environment: string;
}

/** What the watch has to know of runs. */
export interface RunLookups {
  /** A run is at work there now. */
  isAtWork(place: Place): boolean;
  /** The run that ended since then, failed there, and told people so in an alert of its own. */
  toldBy(place: Place, since: number): string | undefined;
  /** Undefined when this log has no such run. */
  find(run: string): DeployingRun | undefined;
  /** The newest run that was to bring this revision there. */
  deploying(place: Place, revision: string): DeployingRun | undefined;
}

export interface WatchSettings {
  /** `inventory`: only the applications of services; `all`: every one that the token may read. */
  readonly apps: "inventory" | "all";
  readonly flapMs: number;
  /** From how many at once it is one message. */
  readonly stormFrom: number;
  /** For applications outside the inventory. */
  readonly graceMs: number;
  readonly settleMs: number;
}

/** A message that should exist, and what it is about. */
export type IncidentMessage =
  | { readonly kind: "alone"; readonly incident: Incident }
  | { readonly kind: "group"; readonly group: IncidentGroup; readonly incidents: readonly Incident[] };

export interface WatchDeps {
  readonly store: Pick<EventStore, "append">;
  readonly servers: ReadonlyMap<string, Pick<ArgocdServer, "client" | "cache">>;
  readonly inventory: Pick<Inventory, "ownerOf" | "timingOf">;
  /** Asked anew each time: the configuration can be reloaded. */
  readonly settings: () => WatchSettings;
  readonly runs: RunLookups;
  /** Newest first. */
  readonly proofs: (app: string) => readonly Proof[];
  /** The commit that was last applied in full; empty when nothing ever was. */
  readonly liveRevision: (application: Application) => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The facts behind it are on the disk. */
  readonly onMessage: (message: IncidentMessage) => void;
}
