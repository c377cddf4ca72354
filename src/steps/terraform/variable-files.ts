import { join } from "node:path";

import type { JsonMap } from "../../platform/canonical-json.ts";
import type { Program } from "./terraform-input.ts";
import { fileOf, type Workbench, writePrivate } from "./workbench.ts";

/** Variables of a configuration that are no secrets: files that belong to it, and values that win over them. */
export interface GivenVariables {
  readonly variables?: JsonMap | undefined;
  readonly "var-files"?: readonly string[] | undefined;
}

/** The files of variables that the program is given, the one that wins last. Throws `terraform.path`. */
export async function variableFiles(bench: Workbench, given: GivenVariables): Promise<readonly string[]> {
  const { variables = {}, "var-files": names = [] } = given;
  const files = await Promise.all(names.map((path) => fileOf(bench, path)));
  if (Object.keys(variables).length === 0) return files;
  return [...files, await writePrivate(join(bench.folder, "variables.tfvars.json"), JSON.stringify(variables))];
}

export function fileArguments(files: readonly string[]): readonly string[] {
  return files.map((file) => `-var-file=${file}`);
}

/**
 * What calls are given that make no plan: OpenTofu makes backends, sources of modules and encryption of variables, and refuses to
 * look at a state without them. Terraform has nothing of the kind, and no such option.
 */
export function earlyArguments({
  program,
  files,
}: {
  readonly program: Program;
  readonly files: readonly string[];
}): readonly string[] {
  return program === "tofu" ? fileArguments(files) : [];
}
