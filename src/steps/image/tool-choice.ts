import type { z } from "zod";

import type { ExportFolder } from "../../engine/folder-export.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Programs } from "../../programs/program-order.ts";
import type { WorkFolders } from "../../programs/work-folders.ts";
import { AllowedProgram } from "../program/allowed-program.ts";

/**
 * What the configuration says, under `programs`, of a program that a step runs by itself: where it is, which digest it must have, and
 * what it finds in its environment, such as a proxy. Where it says nothing, the program is looked for on the PATH.
 */
export const ToolChoice = AllowedProgram.pick({ path: true, args: true, env: true, sha256: true });
export type ToolChoice = z.infer<typeof ToolChoice>;

/** What only the server has; a worker gets what comes of it with the job. */
export interface ToolPreparation {
  /** As the configuration has it now; undefined for a name that it does not have. */
  readonly allowedProgram: (name: string) => AllowedProgram | undefined;
  readonly exportFolder: ExportFolder;
}

/** What steps need that look into images and folders with a program. */
export interface ToolDeps {
  readonly programs: Programs;
  readonly folders: WorkFolders;
  readonly clock: Pick<Clock, "now">;
  readonly preparation: ToolPreparation | undefined;
}

/** The member of what is prepared that `ToolChoice` reads. */
export function chosenTool(
  { allowedProgram }: Pick<ToolPreparation, "allowedProgram">,
  name: string,
): { tool?: ToolChoice } {
  const allowed = allowedProgram(name);
  if (allowed === undefined) return {};
  const { path, args, env, sha256 } = allowed;
  return { tool: { path, args, env, ...(sha256 !== undefined && { sha256 }) } };
}
