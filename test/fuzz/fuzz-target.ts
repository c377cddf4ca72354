/** One thing that reads what others send, and what has to hold whatever they send. */
export interface FuzzTarget {
  /** Real inputs, to begin from. */
  readonly seeds: readonly string[];
  /** Pieces that mean something to it, which chance alone would not find. */
  readonly words: readonly string[];
  /** Longer inputs are cut: what the reader itself takes, or what comes before it lets through. */
  readonly longest: number;
  /**
   * Reads one input, whose characters are bytes (`latin1`) where the reader takes bytes. Returns what came out, to be compared with
   * what comes out the next time; throws for everything that must not be.
   */
  run(input: string): unknown;
}

/** Ends a run as a fault. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`broken promise: ${what}`);
}

/** The names of all targets, each a file in `targets`. */
export const TARGETS = [
  "slash-text",
  "command-yaml",
  "expression",
  "input-pattern",
  "configuration-yaml",
  "http-bytes",
  "slack-request",
  "slack-payload",
  "socket-frame",
  "shown-text",
  "argocd-stream",
  "argocd-application",
  "argocd-manifests",
  "argocd-refusal",
  "git-output",
  "git-names",
  "terraform-stream",
  "scan-report",
  "ansible-events",
  "kubeconfig",
  "yaml-write-back",
  "commit-checks",
  "signal-values",
  "queued-job",
  "worker-report",
  "run-link",
  "trigger-delivery",
  "api-request",
  "log-export",
  "step-answer",
] as const;

/** Loads a target, and with it what it tests: after this it can be run. */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  const loaded: unknown = await import(new URL(`targets/${name}.ts`, import.meta.url).href);
  if (typeof loaded === "object" && loaded !== null && "target" in loaded && isTarget(loaded.target))
    return loaded.target;
  throw new TypeError(`targets/${name}.ts has no target`);
}

function isTarget(value: unknown): value is FuzzTarget {
  return typeof value === "object" && value !== null && "run" in value && "seeds" in value;
}
