import { expect, it } from "vitest";

import { grantedVerbFaults } from "../../../src/config/granted-verb-faults.ts";
import { checkConfiguration } from "../../../src/config/load-configuration.ts";
import { rightConfiguration, rightExcept } from "../../support/configured.ts";

const KNOWN = ["promote", "rollback", "sync"];

function check(text: string, known: readonly string[] | undefined) {
  return checkConfiguration({ text, file: "quarterdeck.yaml" }, (configuration) =>
    grantedVerbFaults(configuration, known),
  );
}

it("a grant of a verb that no command has is a mistake, at its place, with the verb that was meant", () => {
  const result = check(rightExcept("verbs: [promote]", "verbs: [promote, rolback]"), KNOWN);
  expect(result).toMatchObject({
    kind: "invalid",
    diagnostics: [{ line: 23, message: 'grants[0].verbs[1]: there is no verb "rolback"; did you mean "rollback"?' }],
  });
});

it("verbs of commands are right, and any verb is while the commands are not known", () => {
  expect(check(rightConfiguration, KNOWN).kind).toBe("valid");
  expect(check(rightExcept("verbs: [promote]", "verbs: [promote, rolback]"), undefined).kind).toBe("valid");
});
