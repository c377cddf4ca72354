import { describe, expect, it } from "vitest";

import { allowedProgram } from "../../../src/doctor/allowed-program.ts";

const LINT = { name: "lint", path: "/usr/local/bin/lint" };

describe("a program that steps may run", () => {
  it("is well where it is", () => {
    const finding = allowedProgram({ ...LINT, fault: undefined, isElsewhere: false });
    expect(finding).toEqual({ area: "program", subject: "lint", level: "ok", what: "/usr/local/bin/lint" });
  });

  it("is a problem where it is missing, and only a warning where others execute the steps", () => {
    const fault = "It is not here.";
    expect(allowedProgram({ ...LINT, fault, isElsewhere: false })).toMatchObject({ level: "problem", what: fault });
    expect(allowedProgram({ ...LINT, fault, isElsewhere: true })).toMatchObject({ level: "warning" });
  });
});
