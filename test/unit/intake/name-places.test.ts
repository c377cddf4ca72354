import { describe, expect, it } from "vitest";

import { namePlaces } from "../../../src/intake/name-places.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { configured } from "../../support/configured.ts";
import { loadAll, TYPED } from "../commands/chain-rig.ts";

const PART = `
name: Part
summary: Goes through the places of what it is given
inputs: { what: { type: service } }
steps:
  - for-each: LIST
    as: place
    steps: [{ id: a, uses: test/call }]
`;

/** The environments that a run of a command would be for, when it uses a command that goes through that list. */
function placesOf(list: string): readonly string[] {
  const text = `${TYPED}steps: [{ id: part, uses: command/part, with: { what: "\${{ service }}" } }]\n`;
  const { commands, diagnostics } = loadAll({ x: text, part: PART.replace("LIST", list) });
  expect(diagnostics).toEqual([]);
  const command = commands.find(({ id }) => id === "x");
  if (command?.body.kind !== "plan") throw new Error("no plan");
  const inventory = new Inventory(configured());
  const values = { service: "checkout", environment: "prod", revision: "abc123" };
  const named = namePlaces(inventory, { command, plan: command.body.plan, values });
  return named.kind === "found" ? named.value.targets.map(({ name }) => name) : [];
}

describe("the environments that a run may change", () => {
  it.each([
    "${{ what.environments }}",
    "${{ what['environments'] }}",
    '${{ what["environments"].filter(e, e.first) }}',
  ])("are all up to the named one where a command that it uses goes through them, by whatever name: %s", (list) => {
    expect(placesOf(`'${list.replaceAll("'", "''")}'`)).toEqual(["staging", "prod"]);
  });

  it("are the named one alone otherwise", () => {
    expect(placesOf("${{ [1] }}")).toEqual(["prod"]);
  });
});
