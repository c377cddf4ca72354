import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import { z } from "zod";

import type { ExportFolder } from "../../engine/folder-export.ts";
import { AppError, errorText } from "../../platform/errors.ts";
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

/** Throws `program.altered` for a program that has not the digest which it must have, and `program.missing`. */
export async function verifyTool({ path, sha256 }: Pick<ToolChoice, "path" | "sha256">): Promise<void> {
  if (sha256 === undefined) return;
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(z.instanceof(Buffer).parse(chunk));
  } catch (error) {
    const message = `The program ${path} cannot be read (${errorText(error)}). Install it on the machine that executes the step.`;
    throw new AppError(message, { code: "program.missing", cause: error });
  }
  const found = hash.digest("hex");
  if (found === sha256) return;
  const message = `The program ${path} is not the one that the configuration names: its SHA-256 is ${found}. Find out who replaced it, or write the new digest there.`;
  throw new AppError(message, { code: "program.altered" });
}
