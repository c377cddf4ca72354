import { isAbsolute } from "node:path";

import { AppError } from "../../platform/errors.ts";

/** What a machine allows Ansible. */
export interface AnsibleSettings {
  /** The folders below which a step may name a directory of this machine. */
  readonly roots: readonly string[];
}

/** Reads the settings of this machine from its environment. Throws `environment.invalid` for a path that is not absolute. */
export function ansibleSettings(variables: Readonly<Record<string, string | undefined>>): AnsibleSettings {
  const roots = (variables["QUARTERDECK_ANSIBLE_ROOTS"] ?? "").split(":").filter((path) => path !== "");
  const wrong = roots.find((path) => !isAbsolute(path));
  if (wrong === undefined) return { roots };
  const message = `QUARTERDECK_ANSIBLE_ROOTS takes absolute paths, and ${JSON.stringify(wrong)} is none`;
  throw new AppError(message, { code: "environment.invalid" });
}
