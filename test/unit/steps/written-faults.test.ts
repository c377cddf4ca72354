import { describe, expect, it } from "vitest";

import { loadCommands } from "../../../src/commands/load-commands.ts";
import { builtinSteps } from "../../../src/steps/builtin-steps.ts";
import type { AllowedProgram } from "../../../src/steps/program/allowed-program.ts";
import { idleDeps } from "../../support/idle-deps.ts";

const allowed: AllowedProgram = {
  path: "/bin/lint",
  args: [],
  options: false,
  env: {},
  variables: ["LEVEL"],
  repeat: "safe",
};
const catalogue = builtinSteps(idleDeps({ allowedProgram: (name) => (name === "lint" ? allowed : undefined) }));
const SHA = "abcdef0123".repeat(4);
const DIGEST = `sha256:${"4f".repeat(32)}`;

/** What is said of one step with this input, as `line:column what is meant | message`. */
function mistakes(uses: string, given: string): readonly string[] {
  const text = `name: X
summary: Something
on: { slash: "/qd x <service> in <environment> [<text>]" }
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
  text: { type: string, default: x }
steps:
  - id: one
    uses: ${uses}
    with: ${given}
`;
  const { diagnostics } = loadCommands([{ file: "x.yaml", text }], { catalogue, slashNames: {}, secrets: ["TOKEN"] });
  return diagnostics.map(
    ({ line, column, length, excerpt, message }) =>
      `${line}:${column} ${excerpt.slice(column - 1, column - 1 + length)} | ${message}`,
  );
}

describe("what can be known wrong before any run", () => {
  it.each([
    ["image/resolve", "{ image: 'Registry/Not An Image' }", "'Registry/Not An Image' | ", "is no image"],
    ["trivy/image", "{ image: 'checkout:1.2' }", "'checkout:1.2' | ", "by its tag"],
    ["cosign/verify", "{ image: 'a//b' }", "'a//b' | ", "is no image"],
    ["image/custody", `{ scanned: [a@${DIGEST}, b:1], signed: a@${DIGEST}, images: [] }`, "b:1 | ", "by its tag"],
    [
      "manifests/validate",
      `{ app: a/b/c, revision: ${SHA}, schemas: { repository: "ext::sh -c id", revision: ${SHA} } }`,
      '"ext::sh -c id" | ',
      "cannot be used",
    ],
    [
      "trivy/config",
      `{ directory: { repository: "--upload-pack=id", revision: ${SHA} } }`,
      '"--upload-pack=id" | ',
      "cannot be used",
    ],
    [
      "terraform/plan",
      `{ directory: { repository: "git@host:-x", revision: ${SHA}, path: infra } }`,
      '"git@host:-x" | ',
      "cannot be used",
    ],
    [
      "ansible/playbook",
      `{ directory: { repository: "ftp://host/x", revision: ${SHA} }, playbook: site.yml, inventory: hosts }`,
      '"ftp://host/x" | ',
      "only https",
    ],
    [
      "git/commit",
      `{ repository: "https://me:secret@host/x.git", message: m, changes: [] }`,
      '"https://me:secret@host/x.git" | ',
      "carries a user name or password for host",
    ],
    ["github/checks", `{ repository: "acme", revision: ${SHA} }`, '"acme" | ', "acme"],
    ["gitlab/pipeline", `{ repository: "../x", revision: ${SHA}, token: x }`, '"../x" | ', "../x"],
    ["program/run", "{ program: lnit }", "lnit | ", 'allows no program "lnit"'],
    ["program/run", "{ program: lint, args: [a, --fix] }", "--fix | ", "as an option"],
    ["program/run", "{ program: lint, env: { HOME: x } }", "x | ", 'sets "HOME" for lint'],
    [
      "program/run",
      `{ program: lint, directory: { repository: "-x", revision: ${SHA} } }`,
      '"-x" | ',
      "cannot be used",
    ],
  ])("%s with %s has its place", (uses, given, place, says) => {
    const found = mistakes(uses, given).filter((text) => text.includes(place));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^11:\d+ /u);
    expect(found[0]).toContain(says);
  });

  it("is said once of a program that is not there, and of nothing that an expression gives", () => {
    expect(mistakes("program/run", "{ program: no, args: [--x], env: { A: b } }")).toHaveLength(1);
    expect(mistakes("program/run", "{ program: '${{ text }}', args: [-x] }")).toEqual([]);
    expect(mistakes("program/run", "{ program: lint, args: ['${{ text }}'], env: { LEVEL: '${{ text }}' } }")).toEqual(
      [],
    );
    expect(mistakes("image/resolve", "{ image: 'registry.example.com/checkout:${{ text }}' }")).toEqual([]);
    expect(
      mistakes("trivy/config", `{ directory: { repository: 'https://host/\${{ text }}', revision: ${SHA} } }`),
    ).toEqual([]);
  });

  it("is not said of what is right", () => {
    expect(mistakes("program/run", "{ program: lint, args: [a], env: { LEVEL: x } }")).toEqual([]);
    expect(mistakes("image/resolve", "{ image: 'registry.example.com:5000/team/checkout:1.2' }")).toEqual([]);
    expect(mistakes("github/checks", `{ repository: acme/checkout, revision: ${SHA} }`)).toEqual([]);
    expect(mistakes("gitlab/pipeline", `{ repository: "4711", revision: ${SHA} }`)).toEqual([]);
  });
});
