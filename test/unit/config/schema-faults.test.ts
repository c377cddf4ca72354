import { describe, expect, it } from "vitest";
import { z } from "zod";

import { RoleMember } from "../../../src/config/people-settings.ts";
import { checkSchema } from "../../../src/config/schema-faults.ts";
import { StartSettings } from "../../../src/config/trigger-settings.ts";
import { ProofSettings } from "../../../src/triggers/kinds/proof-settings.ts";

/** `path: message` of each fault. */
function faults(schema: z.ZodType, data: unknown): readonly string[] {
  const checked = checkSchema(schema, data);
  if (checked.kind === "valid") return [];
  return checked.faults.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const Proved = z.strictObject({ proof: ProofSettings });
const SORTS = "`bearer`, `header`, `query`, `hmac` or `standard-webhooks`";

describe("what is wrong with a block that is told apart by one of its keys", () => {
  it.each([
    [{ kind: "hmack" }, `proof.kind: "hmack" does not fit; ${SORTS} belongs here; did you mean \`hmac\`?`],
    [{ kind: "mtls" }, `proof.kind: "mtls" does not fit; ${SORTS} belongs here`],
    [{ kind: 5 }, `proof.kind: 5 does not fit; ${SORTS} belongs here`],
    [{}, `proof.kind: is missing; ${SORTS} belongs here`],
    [{ kind: "hmac" }, "proof.header: is missing; text belongs here"],
    ["hmac", 'proof: "hmac" does not fit; a block of keys belongs here'],
  ])("%j", (proof, said) => {
    expect(faults(Proved, { proof })).toEqual([said]);
  });
});

describe("what is wrong with an entry that is one of several", () => {
  it.each([
    [
      { schedule: "a", trigger: "b" },
      '0.schedule: "schedule" cannot stand here beside another key; write an entry for each',
    ],
    [{ token: "a", trigger: "b" }, '0.token: "token" cannot stand here beside another key; write an entry for each'],
    [
      { trigger: "b", name: "c" },
      '0.name: there is no key "name" here; known are `trigger`, `schedule`, `token`, `user`, `group`, `handle`',
    ],
  ])("%j", (entry, said) => {
    expect(faults(z.array(RoleMember), [entry])).toEqual([said]);
  });
});

describe("a condition that is none", () => {
  it("is told from text, with what it would look like", () => {
    expect(faults(StartSettings, { command: "promote", when: true })).toEqual([
      'when: a condition over `event` belongs here, such as ${{ event.branch == "main" }}; without `when` every event starts it',
    ]);
    expect(faults(StartSettings, { command: "promote" })).toEqual([]);
  });
});

describe("a key where none belongs", () => {
  it("is called one too many", () => {
    expect(faults(z.strictObject({}), { signed: true })).toEqual([
      'signed: there is no key "signed" here; none belongs here',
    ]);
  });
});
