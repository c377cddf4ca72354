import { type Finding, Subject } from "./finding.ts";

/** A program that steps run, as it was found on this machine. */
export interface LookedAt {
  readonly name: string;
  /** The oldest version that will do. */
  readonly atLeast: string;
  readonly get: string;
  /** Undefined where it is not there. */
  readonly path: string | undefined;
  /** Undefined where it does not say. */
  readonly version: string | undefined;
}

/** Whether there is one of the programs of which steps of some kinds need any; `kinds` for people. */
export function stepProgram(needed: {
  readonly programs: readonly LookedAt[];
  readonly kinds: readonly string[];
  /** Where the steps are executed by workers, which have programs of their own. */
  readonly isElsewhere: boolean;
}): Finding {
  const { programs, kinds, isElsewhere } = needed;
  const about = new Subject("program", programs.map(({ name }) => name).join(" or "));
  const found = programs.find((one) => one.path !== undefined && !isTooOld(one));
  if (found !== undefined)
    return about.ok(`${found.path ?? ""}, ${found.version ?? "of a version that it does not say"}`);
  const old = programs.find(({ path }) => path !== undefined);
  const what =
    old === undefined ? "It is in none of the folders of the PATH." : `It is ${old.version ?? ""}, which is too old.`;
  const mend = programs.map(({ name, atLeast, get }) => `install ${name} ${atLeast} or newer: ${get}`).join(", or ");
  const why = `commands use ${kinds.join(", ")}`;
  if (!isElsewhere) return about.problem({ what, why, mend });
  return about.warning({ what: `${what} This machine executes no steps; each worker needs it`, why, mend });
}

function isTooOld({ version, atLeast }: LookedAt): boolean {
  if (version === undefined) return false;
  const [own, wanted] = [numbersOf(version), numbersOf(atLeast)];
  const at = wanted.findIndex((number, index) => number !== (own[index] ?? 0));
  return at !== -1 && (own[at] ?? 0) < (wanted[at] ?? 0);
}

function numbersOf(version: string): readonly number[] {
  return version.split(".").map(Number);
}
