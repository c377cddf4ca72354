import { type Finding, Subject } from "./finding.ts";

/** Whether a program that the configuration names is there, and the one that it allows; `fault` says why it is not run here. */
export function allowedProgram(program: {
  readonly name: string;
  readonly path: string;
  readonly fault: { readonly isAltered: boolean; readonly message: string } | undefined;
  /** Where the steps are executed by workers, which have programs of their own. */
  readonly isElsewhere: boolean;
}): Finding {
  const { name, path, fault, isElsewhere } = program;
  const about = new Subject("program", name);
  if (fault === undefined) return about.ok(path);
  const { isAltered, message: what } = fault;
  const mend = isAltered
    ? `find out who replaced it, or write the new digest into programs.${name}.sha256`
    : `install it there, or correct programs.${name}.path`;
  const why = `steps that run it fail with ${isAltered ? "program.altered" : "program.missing"}`;
  if (!isElsewhere) return about.problem({ what, why, mend });
  return about.warning({ what: `${what} This machine executes no steps; each worker needs it`, why, mend });
}
