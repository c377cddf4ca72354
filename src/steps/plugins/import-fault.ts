import { fileURLToPath } from "node:url";

import { AppError, errorText } from "../../platform/errors.ts";
import { pluginFault } from "./plugin-fault.ts";

const HINTS: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND:
    "Correct the import, with the ending of the file (./open.ts), or install the package beside the plug-in",
  ERR_UNSUPPORTED_DIR_IMPORT: "Import a file, with its ending",
  ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING: "A package has to bring JavaScript: compile it before it is published",
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    "Types are only stripped: write no enum, no namespace and no parameter property, and let the compiler refuse them (erasableSyntaxOnly)",
  ERR_PACKAGE_PATH_NOT_EXPORTED: "Its package.json has to name the module under `exports`",
};

/** Why a plug-in could not be imported: what was thrown, in which file and line, and what to do. */
export function importFault(
  error: unknown,
  { named, root }: { readonly named: string; readonly root: string },
): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const place = placeOf(error, root);
  const what = `${named} cannot be loaded: ${errorText(error)}${place === undefined ? "" : ` (${place})`}`;
  const isCommonJs = error instanceof SyntaxError && /outside a module|Unexpected token 'export'/u.test(error.message);
  const hint = isCommonJs ? 'Write "type": "module" into its package.json' : (HINTS[code] ?? "Mend it there");
  return pluginFault(`${what}. ${hint}`, error);
}

/** Where it was thrown, as far as that is in the plug-in: a syntax error names its file before its text, anything else in its stack. */
function placeOf(error: unknown, root: string): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const [, address = "", line = ""] of stack.matchAll(/((?:file:\/\/)?\/[^\s():]+):(\d+)/gu)) {
    const file = address.startsWith("file:") ? fileURLToPath(address) : address;
    if (file.startsWith(root)) return `${file}:${line}`;
  }
  return undefined;
}
