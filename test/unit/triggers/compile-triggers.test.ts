import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { loadCommands } from "../../../src/commands/load-commands.ts";
import { checkConfiguration } from "../../../src/config/load-configuration.ts";
import { stepCatalogue } from "../../../src/app/load-files.ts";
import { compileTriggers } from "../../../src/triggers/compile-triggers.ts";
import { diagnosticText } from "../../../src/platform/diagnostic.ts";
import { rightConfiguration } from "../../support/configured.ts";
import { fakeKind } from "./fake-kind.ts";

const shipped = ["promote", "status", "retry"].map((name) => {
  const file = new URL(`../../../commands/${name}.yaml`, import.meta.url).pathname;
  return { file: `${name}.yaml`, text: readFileSync(file, "utf8") };
});
const { commands } = loadCommands(shipped, {
  catalogue: stepCatalogue([]),
  slashNames: { promote: "promote", qd: "qd" },
  secrets: [],
});

const RIGHT = `
triggers:
  - name: green
    from: fake
    secret: \${{ secrets.HOOK }}
    start:
      - command: promote
        when: \${{ event.open && event.number > 3 }}
        inputs:
          service: "\${{ event.repository }}"
          revision: "\${{ event.commit }}"
          environment: staging
`;

/** What is wrong, as people read it; with the trigger in a role. */
function problems(text: string, role = "{ trigger: green }"): readonly string[] {
  const roles = rightConfiguration
    .replace("[{ group: S0DEV }]", `[{ group: S0DEV }, ${role}]`)
    .replace("secrets:\n", "secrets:\n  HOOK: { env: HOOK }\n");
  const result = checkConfiguration(
    { text: roles + text, file: "quarterdeck.yaml" },
    (valid) => compileTriggers(valid, { kinds: [fakeKind], commands }).faults,
  );
  if (result.kind === "valid") return [];
  return result.diagnostics.map((diagnostic) => diagnosticText(diagnostic).replace(/^[^:]*:\d+:\d+: /u, ""));
}

describe("the triggers of a configuration", () => {
  it("are in order when everything in them fits", () => {
    expect(problems(RIGHT)).toEqual([]);
  });

  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    ["an unknown sender", "from: fake", "from: fakee", /there is no sender "fakee"; did you mean "fake"\?/u],
    [
      "an environment that there is not",
      "environment: staging",
      "environment: stagin",
      /there is no environment "stagin"; did you mean "staging"\?/u,
    ],
    [
      "nothing to believe it by",
      "    secret: ${{ secrets.HOOK }}\n",
      "",
      /nothing says how what "fake" sends is believed/u,
    ],
    ["an unknown secret", "secrets.HOOK", "secrets.HOK", /there is no secret "HOK"/u],
    [
      "an unknown command",
      "command: promote",
      "command: promot",
      /there is no command "promot"; did you mean "promote"\?/u,
    ],
    ["a question of people", "command: promote", "command: status", /"status" answers a question of a person/u],
    ["an unknown input", "service: ", "servise: ", /there is no input of promote "servise"; did you mean "service"\?/u],
    ["a missing input", "          environment: staging\n", "", /promote needs "environment" in `inputs`/u],
    ["an unknown field", "event.repository", "event.repositori", /no "repositori"|"repositori"/u],
    [
      "a field of another type",
      "event.repository }}",
      "event.open }}",
      /this is true or false, and text belongs here/u,
    ],
    [
      "a condition that is none",
      "event.open && event.number > 3",
      "event.number",
      /a condition is true or false, and this is a whole number/u,
    ],
    ["a condition that cannot be read", "event.open &&", "event.open &&&", /event\.open/u],
    [
      "a branch in the place of a commit",
      '"${{ event.commit }}"',
      "main",
      /pinned to the commit that it was told about/u,
    ],
    ["an expression without an end", '"${{ event.commit }}"', '"${{ event.commit"', /has no "\}\}" that closes it/u],
    ["what the sender does not take", "    start:", "    with: { stricd: true }\n    start:", /strict/u],
  ];
  it.each(wrong)("say where there is %s", (_what, piece, by, says) => {
    if (!RIGHT.includes(piece)) throw new Error(`the triggers have no ${piece}`);
    expect(problems(RIGHT.replace(piece, by)).join("\n")).toMatch(says);
  });

  it("say that a trigger may start nothing, and that a role names one that is not there", () => {
    expect(problems(RIGHT, "everyone").join("\n")).toMatch(
      /no role names this trigger.*add `\{ trigger: green \}` to one/u,
    );
    expect(problems(RIGHT, "{ trigger: green }, { trigger: gren }").join("\n")).toMatch(
      /there is no trigger "gren"; did you mean "green"\?/u,
    );
  });

  it("say that two have one name", () => {
    const second = RIGHT.slice(RIGHT.indexOf("  - name"));
    expect(problems(RIGHT + second).join("\n")).toMatch(/the name "green" is taken by entry 1 of `triggers`/u);
  });
});
