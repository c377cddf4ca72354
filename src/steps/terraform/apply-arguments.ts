import type { Session } from "./initialise.ts";
import { fileArguments } from "./variable-files.ts";

/**
 * What applying a saved plan is given besides. From 1.11 on OpenTofu compares all variables that it finds with those of the plan, also
 * those of `terraform.tfvars` over which these files win; before it takes none. From 1.12 on it takes it for an error that a plan to
 * destroy forgets what the configuration says is to be left alone: people have seen that in the plan.
 */
export function applyArguments(
  { program, files }: Pick<Session, "program" | "files">,
  { version }: { readonly version: string },
): readonly string[] {
  if (program !== "tofu") return [];
  return [
    ...(isSince(version, 11) ? fileArguments(files) : []),
    ...(isSince(version, 12) ? ["-suppress-forget-errors"] : []),
  ];
}

// No other version than the one that made a plan applies it.
function isSince(version: string, wanted: number): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 1 || (major === 1 && minor >= wanted);
}
