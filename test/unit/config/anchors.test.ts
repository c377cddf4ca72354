import { describe, expect, it } from "vitest";

import { applicableConfiguration } from "../../../src/config/applicable-configuration.ts";
import { checkConfiguration } from "../../../src/config/load-configuration.ts";
import { configured, rightConfiguration } from "../../support/configured.ts";

const anchored = (targets: string, more = ""): string =>
  `${rightConfiguration}\naudit:\n  anchors:\n${more}    targets:\n${targets}`;
const check = (text: string) => checkConfiguration({ text, file: "/etc/quarterdeck/quarterdeck.yaml" });
const said = (text: string): readonly string[] => {
  const result = check(text);
  return result.kind === "valid" ? [] : result.diagnostics.map(({ message }) => message);
};

describe("where the log is to be anchored", () => {
  it("is nowhere unless it is said", () => {
    expect(configured().audit).toEqual({});
  });

  it("is read with its rhythm, and paths from the folder of the configuration", () => {
    const text = anchored(
      '      - slack: "#audit"\n      - folder: anchors\n      - { git: "file:///srv/audit.git", branch: proofs/log }\n',
      "    every: 30m\n    events: 500\n",
    );
    expect(check(text)).toMatchObject({
      kind: "valid",
      configuration: {
        audit: {
          anchors: {
            everyMs: 1_800_000,
            events: 500,
            targets: [
              { slack: "#audit" },
              { folder: "/etc/quarterdeck/anchors" },
              { git: "file:///srv/audit.git", branch: "proofs/log" },
            ],
          },
        },
      },
    });
  });

  it.each([
    ["two places in one", '      - { slack: "#audit", folder: anchors }\n', "an anchor goes to one place: say one of"],
    ["no place", "      - { branch: x }\n", "an anchor goes to one place: say one of"],
    ["the same twice", "      - folder: anchors\n      - folder: anchors\n", "this is entry 1 of `targets` already"],
    ["a branch of a folder", "      - { folder: anchors, branch: x }\n", "`branch` goes with `git`; remove it"],
    [
      "a token for a folder",
      "      - { folder: a, token: '${{ secrets.ARGOCD_TOKEN }}' }\n",
      "`token` goes with `url`",
    ],
    [
      "a token in the open",
      "      - { url: 'http://h.example/a', token: '${{ secrets.ARGOCD_TOKEN }}' }\n",
      "unencrypted",
    ],
    [
      "a token that is nowhere",
      "      - { url: 'https://h.example/a', token: '${{ secrets.OTHER }}' }\n",
      'no secret "OTHER"',
    ],
    [
      "the token itself",
      "      - { url: 'https://h.example/a', token: swordfish }\n",
      "a secret never stands in this file",
    ],
    [
      "a branch that is an option",
      "      - { git: 'file:///a', branch: --force }\n",
      '"--force" is no name of a branch',
    ],
    ["a branch that is a pattern", "      - { git: 'file:///a', branch: 'release/*' }\n", "is no name of a branch"],
    ["a branch that leads elsewhere", "      - { git: 'file:///a', branch: a..b }\n", "is no name of a branch"],
    ["no targets", "      []\n", "is empty; at least one entry"],
  ])("is refused with %s", (_what, targets, message) => {
    expect(said(anchored(targets)).join("\n")).toContain(message);
  });

  it.each([
    ["    every: 30s\n", "out of range"],
    ["    events: 1\n", "1 is too small; at least 10"],
    ["    hourly: true\n", "hourly"],
  ])("is refused with a rhythm of %j", (more, message) => {
    expect(said(anchored("      - folder: anchors\n", more)).join("\n")).toContain(message);
  });

  it("waits for the next start when it is changed, and says so", () => {
    const running = configured();
    const result = check(anchored("      - folder: anchors\n"));
    if (result.kind === "invalid") throw new Error("it should be valid");
    const { configuration, atNextStart } = applicableConfiguration(result.configuration, running);
    expect(atNextStart).toEqual(["where the log is anchored"]);
    expect(configuration.audit).toEqual({});
  });
});
