import { AppError } from "../platform/errors.ts";

/** Something that has to be so after a play, and whether it is. */
export interface Finding {
  /** One line that says where, and what has to be so. */
  readonly what: string;
  readonly ok: boolean;
}

export function finding(what: string, ok: boolean): Finding {
  return { what, ok };
}

/** What was found to be as it has to be, a line each; throws with everything that is not. */
export function conclude(findings: readonly Finding[]): readonly string[] {
  const wrong = findings.filter(({ ok }) => !ok).map(({ what }) => what);
  if (wrong.length > 0) throw playFailure(`The story did not end as it should:\n- ${wrong.join("\n- ")}`);
  return findings.map(({ what }) => what);
}

/** A play went another way than it should. */
export function playFailure(message: string): AppError {
  return new AppError(message, { code: "demo.play" });
}
