import { type Finding, Subject } from "./finding.ts";

/** Whether a program that `program/run` may run is there; `fault` says why it cannot be run here. */
export function allowedProgram(program: {
  readonly name: string;
  readonly path: string;
  readonly fault: string | undefined;
  /** Where the steps are executed by workers, which have programs of their own. */
  readonly isElsewhere: boolean;
}): Finding {
  const { name, path, fault, isElsewhere } = program;
  const about = new Subject("program", name);
  if (fault === undefined) return about.ok(path);
  const mend = `install it there, or correct programs.${name}.path`;
  const why = "steps that run it fail with program.missing";
  if (!isElsewhere) return about.problem({ what: fault, why, mend });
  return about.warning({ what: `${fault} This machine executes no steps; each worker needs it`, why, mend });
}
