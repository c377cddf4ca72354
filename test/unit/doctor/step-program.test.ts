import { describe, expect, it } from "vitest";

import { type LookedAt, stepProgram } from "../../../src/doctor/step-program.ts";

const TERRAFORM: LookedAt = {
  name: "terraform",
  atLeast: "1.9",
  get: "https://terraform.example.com",
  path: "/usr/local/bin/terraform",
  version: "1.11.4",
};
const TOFU: LookedAt = {
  ...TERRAFORM,
  name: "tofu",
  get: "https://tofu.example.com",
  path: undefined,
  version: undefined,
};
const MISSING = { path: undefined, version: undefined };
const kinds = ["terraform/plan"];

describe("a program that the steps of commands need", () => {
  it("is well where one of those that will do is there, and new enough", () => {
    const programs = [
      { ...TERRAFORM, ...MISSING },
      { ...TOFU, path: "/usr/bin/tofu", version: "1.9.0" },
    ];
    expect(stepProgram({ programs, kinds, isElsewhere: false })).toEqual({
      area: "program",
      subject: "terraform or tofu",
      level: "ok",
      what: "/usr/bin/tofu, 1.9.0",
    });
  });

  it("is a problem where there is none, with which version is needed, for what, and how it is had", () => {
    const programs = [{ ...TERRAFORM, ...MISSING }, TOFU];
    expect(stepProgram({ programs, kinds, isElsewhere: false })).toMatchObject({
      level: "problem",
      why: "commands use terraform/plan",
      mend: "install terraform 1.9 or newer: https://terraform.example.com, or install tofu 1.9 or newer: https://tofu.example.com",
    });
    expect(stepProgram({ programs, kinds, isElsewhere: true })).toMatchObject({ level: "warning" });
  });

  it.each([
    ["1.8.9", "problem"],
    ["1.9", "ok"],
    ["0.12.31", "problem"],
    ["2.0.0", "ok"],
    [undefined, "ok"],
  ])("in version %s is a %s", (version, level) => {
    expect(stepProgram({ programs: [{ ...TERRAFORM, version }], kinds, isElsewhere: false }).level).toBe(level);
  });
});
