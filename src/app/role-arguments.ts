import { parseArgs, type ParseArgsConfig } from "node:util";

import { AppError } from "../platform/errors.ts";

/** The arguments of a role. Throws `usage` with what is wrong and how it is called. */
export function roleArguments<Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  { options, usage }: { readonly options: Options; readonly usage: string },
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (cause) {
    // Node's own words go on with advice about arguments that begin with a hyphen, which nothing here has.
    const [problem = ""] = cause instanceof Error ? cause.message.split(". ") : [];
    throw wrongUse(`${problem}.`, usage);
  }
}

export function wrongUse(problem: string, usage: string): AppError {
  return new AppError(`${problem}\n${usage}`, { code: "usage" });
}
