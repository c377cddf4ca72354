import { describe, expect, it } from "vitest";

import { allowedProgram } from "../../../src/doctor/allowed-program.ts";

const LINT = { name: "lint", path: "/usr/local/bin/lint" };

describe("a program that steps may run", () => {
  it("is well where it is", () => {
    const finding = allowedProgram({ ...LINT, fault: undefined, isElsewhere: false });
    expect(finding).toEqual({ area: "program", subject: "lint", level: "ok", what: "/usr/local/bin/lint" });
  });

  it("is a problem where it is missing, and only a warning where others execute the steps", () => {
    const fault = { isAltered: false, message: "It is not here." };
    expect(allowedProgram({ ...LINT, fault, isElsewhere: false })).toMatchObject({
      level: "problem",
      what: "It is not here.",
      mend: "install it there, or correct programs.lint.path",
    });
    expect(allowedProgram({ ...LINT, fault, isElsewhere: true })).toMatchObject({ level: "warning" });
  });

  it("is a problem where it is another one than the configuration allows", () => {
    const fault = { isAltered: true, message: "Its SHA-256 is 1." };
    expect(allowedProgram({ ...LINT, fault, isElsewhere: false })).toMatchObject({
      level: "problem",
      why: "steps that run it fail with program.altered",
      mend: "find out who replaced it, or write the new digest into programs.lint.sha256",
    });
  });
});
