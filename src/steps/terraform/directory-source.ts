import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import type { StepContext } from "../../engine/step-kind.ts";
import type { Json } from "../../platform/canonical-json.ts";
import type { TerraformPreparation } from "./terraform-deps.ts";
import type { Directory } from "./terraform-input.ts";
import { pathInRoot, type Place } from "./workbench.ts";

/** What the server takes out of Git for a step that is executed elsewhere. */
const Prepared = z.strictObject({ source: Artifact.optional() });
type Prepared = z.infer<typeof Prepared>;

/** Takes the folder of a configuration out of Git, on the server. Throws `terraform.path`, and what Git throws. */
export async function prepareDirectory(
  { exportFolder }: Pick<TerraformPreparation, "exportFolder">,
  directory: Directory,
  { signal }: Pick<StepContext, "signal">,
): Promise<Prepared> {
  if ("local" in directory) return {};
  const { repository, revision, path, root = path } = directory;
  pathInRoot(path, root);
  return { source: await exportFolder({ repository, revision, path: root, signal }) };
}

/** Where the configuration is for whoever executes the step, from what was prepared. */
export function placeOf(directory: Directory, prepared: Json | undefined): Place {
  if ("local" in directory) return { kind: "local", path: directory.local };
  const { source } = Prepared.parse(prepared ?? {});
  if (source === undefined) throw new TypeError("the folder from Git did not come with the job");
  return { kind: "git", source, path: pathInRoot(directory.path, directory.root ?? directory.path) };
}

/** What a directory is called. */
export function directoryText(directory: Directory): string {
  if ("local" in directory) return directory.local;
  const { repository, revision, path } = directory;
  return `${path} of ${repository} at ${revision.slice(0, 7)}`;
}

/** The name of the work folder: the same for all steps of a run that work on the same state. */
export function folderName(
  directory: Directory,
  { workspace, run }: { readonly workspace: string; readonly run: string },
): string {
  const where =
    "local" in directory ? [directory.local] : [directory.repository, directory.root ?? directory.path, directory.path];
  return ["terraform", ...where, workspace, run].join(" ");
}
