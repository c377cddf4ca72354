/** Whether something that the server needs is there; a few words for operators, without names or versions of programs. */
export type Standing =
  | "ready"
  | "failing"
  | "full"
  | "connecting"
  | "not identified"
  | "disconnected"
  | "stopping"
  | "late";

/** What the server needs to be of use. */
export interface Standings {
  readonly log: Standing;
  readonly slack: Standing;
  /** By name of the configuration. */
  readonly argocd: Readonly<Record<string, Standing>>;
  /** Where the log is anchored; absent where it is nowhere. Nothing waits for it, so it keeps nobody from being of use. */
  readonly anchors?: Readonly<Record<string, Standing>> | undefined;
}

export interface Readiness extends Standings {
  readonly ready: boolean;
}

/** Ready when everything is that is needed. */
export function readinessOf(standings: Standings): Readiness {
  const { log, slack, argocd, anchors } = standings;
  const all = [log, slack, ...Object.values(argocd)];
  return { ready: all.every((standing) => standing === "ready"), log, slack, argocd, anchors };
}
