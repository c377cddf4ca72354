import { z } from "zod";

import { Artifact } from "../domain/artifact.ts";
import type { RunView } from "../domain/run-view.ts";
import { fileSlot } from "./slot-ids.ts";

/** A file that is to stand in the thread of a run. */
export interface WantedFile {
  readonly slot: string;
  readonly run: string;
  readonly artifact: Artifact;
  /** Different for each file of a thread: it is what a file is found by. */
  readonly title: string;
}

const FILE_KIND = "slack/file";
const FileInput = z.looseObject({ file: Artifact });

/** The files that a run shows. Made from the run alone, so that it is the same after a restart; what is sealed is never among them. */
export function runFiles({ id, stages, otherSteps }: RunView): readonly WantedFile[] {
  const steps = [...stages.flatMap((stage) => stage.steps), ...otherSteps];
  return steps.flatMap(({ uses, path, step }) => {
    if (uses !== FILE_KIND || step.status !== "succeeded") return [];
    const artifact = FileInput.safeParse(step.input).data?.file;
    if (artifact === undefined || artifact.sealed || artifact.bytes === 0) return [];
    const again = step.attempt > 1 ? ` (${step.attempt})` : "";
    const title = `${artifact.name} · ${path}${again}`;
    return [{ slot: fileSlot(id, path, step.attempt), run: id, artifact, title }];
  });
}
