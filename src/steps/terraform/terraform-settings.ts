import { isAbsolute } from "node:path";

import { AppError } from "../../platform/errors.ts";

/** What a machine allows and has for Terraform and OpenTofu. */
export interface TerraformSettings {
  /** The folders below which a step may name a directory of this machine. */
  readonly roots: readonly string[];
  /** Where downloaded providers are kept for the next time. */
  readonly pluginCache?: string | undefined;
  /** The program's own configuration: mirrors and credentials of registries. */
  readonly cliConfig?: string | undefined;
}

const NAMES = {
  roots: "QUARTERDECK_TERRAFORM_ROOTS",
  pluginCache: "QUARTERDECK_TERRAFORM_PLUGIN_CACHE",
  cliConfig: "QUARTERDECK_TERRAFORM_CLI_CONFIG",
} as const;

/** Reads the settings of this machine from its environment. Throws `environment.invalid` for a path that is not absolute. */
export function terraformSettings(variables: Readonly<Record<string, string | undefined>>): TerraformSettings {
  const roots = (variables[NAMES.roots] ?? "").split(":").filter((path) => path !== "");
  const [pluginCache, cliConfig] = [variables[NAMES.pluginCache], variables[NAMES.cliConfig]];
  for (const path of [...roots, pluginCache, cliConfig]) {
    if (path === undefined || path === "" || isAbsolute(path)) continue;
    const names = Object.values(NAMES).join(", ");
    throw new AppError(`${names} take absolute paths, and ${JSON.stringify(path)} is none`, {
      code: "environment.invalid",
    });
  }
  return { roots, ...(pluginCache && { pluginCache }), ...(cliConfig && { cliConfig }) };
}
