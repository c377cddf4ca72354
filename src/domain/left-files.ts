import type { Artifact } from "./artifact.ts";
import type { RunEvent } from "./run-event.ts";

/** A file that some attempt of a step left. */
interface LeftFile {
  readonly path: string;
  readonly attempt: number;
  readonly artifact: Artifact;
}

/** The files that the steps of a run left, also those of attempts that failed, in the order in which they did. */
export function leftFiles(events: readonly RunEvent[]): readonly LeftFile[] {
  return events.flatMap((event) => {
    if (event.type !== "step.succeeded" && event.type !== "step.failed") return [];
    const { path, attempt, artifacts = [] } = event;
    return artifacts.map((artifact) => ({ path, attempt, artifact }));
  });
}
