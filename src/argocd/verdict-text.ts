import type { OperationProgress } from "./operation-progress.ts";
import type { FailingResource, ProofEvidence, Verdict } from "./verdict.ts";

/** One line that says what a verdict means, without markup. */
export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case "pending":
    case "unknown":
    case "failed":
      return verdict.message;
    case "running":
      return verdict.own ? progressText(verdict.progress) : `another operation runs: ${progressText(verdict.progress)}`;
    case "superseded":
      return `an operation by ${verdict.by.initiatedBy} has taken over; waiting for its end`;
    case "settling":
      return "synced; Argo CD compares the application anew";
    case "progressing":
      return withResources(`${verdict.count.healthy} of ${verdict.count.total} resources healthy`, verdict.resources);
    case "healthy-candidate":
      return "healthy; watching whether it stays so";
    case "degraded":
      return withResources("degraded; watching whether it recovers", verdict.resources);
    case "suspended":
      return withResources("suspended; waiting for its promotion", verdict.resources);
    case "proven":
      return provenText(verdict.evidence);
  }
}

/** `Deployment/web Degraded: exceeded its progress deadline` */
export function resourceText({ kind, name, status, message }: FailingResource): string {
  return `${kind}/${name} ${status}${message === "" ? "" : `: ${message}`}`;
}

function provenText(evidence: ProofEvidence): string {
  const revisions = evidence.revisions.map((sha) => sha.slice(0, 7)).join(", ");
  const notes = [
    evidence.changedNothing ? "nothing changed" : "",
    evidence.pruneSkipped.length > 0 ? `${evidence.pruneSkipped.length} left to prune` : "",
  ].filter((note) => note !== "");
  return `${revisions} applied and healthy${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

function progressText(progress: OperationProgress): string {
  if (progress.blockedByWindow) return "held back by a sync window";
  if (progress.retry?.waiting === true) return `waiting for try ${progress.retry.count + 1}`;
  if (progress.phase === "Terminating") return "being terminated";
  const parts = [`${progress.applied} of ${progress.total} resources applied`];
  if (progress.wave !== undefined) parts.push(`wave ${progress.wave} of ${progress.waves?.at(-1) ?? progress.wave}`);
  if (progress.waitingFor !== undefined) parts.push(`waiting for ${progress.waitingFor}`);
  return parts.join(", ");
}

function withResources(text: string, resources: readonly FailingResource[]): string {
  const [first] = resources;
  if (first === undefined) return text;
  const more = resources.length > 1 ? ` and ${resources.length - 1} more` : "";
  return `${text}: ${resourceText(first)}${more}`;
}
