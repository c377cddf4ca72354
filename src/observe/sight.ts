import type { Application, AppKey } from "../argocd/application.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { Asking } from "./illness.ts";
import type { Place, WatchDeps } from "./watch-ports.ts";

/** What the parts of the watch share; `signal` ends everything that is under way. */
export type ObserveDeps = WatchDeps & { readonly signal: AbortSignal };

/** An application at one moment; `application` is undefined when Argo CD does not show it. */
export interface Sight {
  readonly place: Place;
  readonly key: AppKey;
  readonly application: Application | undefined;
  readonly look: "start" | "again";
}

/** When to look at an application again although nothing happens. */
export interface Look {
  readonly place: Place;
  readonly key: AppKey;
  readonly at: number;
}

/** What came of looking closer. */
export interface Result<Fact> {
  readonly facts: readonly Fact[];
  readonly looks: readonly Look[];
}

export const NOTHING: Result<never> = { facts: [], looks: [] };

// Argo CD may be down itself.
const UNREADABLE_AGAIN_MS = 15_000;

/** Looks at it again when Argo CD may answer. */
export function lookLater({ place, key }: Sight, now: number): Look {
  return { place, key, at: now + UNREADABLE_AGAIN_MS };
}

/** How the server of an application is asked; undefined when the configuration has it no more. */
export function askingFor({ servers, clock, signal }: ObserveDeps, key: AppKey): Asking | undefined {
  const server: Pick<ArgocdServer, "client" | "cache"> | undefined = servers.get(key.server);
  return server === undefined ? undefined : { server, clock, signal };
}
