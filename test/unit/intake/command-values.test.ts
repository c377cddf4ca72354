import { describe, expect, it } from "vitest";

import { loadCommands } from "../../../src/commands/load-commands.ts";
import { typedValues } from "../../../src/intake/command-values.ts";
import { testCatalogue } from "../commands/test-catalogue.ts";

const TEXT = `name: Fleet
summary: Try
on: { slash: "/qd fleet <service> [twice <again>] [--soak <soak>] [--quick]" }
inputs:
  service: { type: service }
  again: { type: choice, values: [yes, no], default: no }
  soak: { type: duration, default: 10m }
  quick: { type: boolean }
steps:
  - { id: tell, uses: slack/alert }
`;

const { commands } = loadCommands([{ file: "fleet.yaml", text: TEXT }], { catalogue: testCatalogue, slashNames: {} });
const [command] = commands;

describe("what can be typed again", () => {
  it("says nothing with flags that is so anyway", () => {
    if (command === undefined) throw new Error("no such command");
    const values = { service: "relay", again: "no", soak: 600_000, quick: false };
    expect(typedValues(command, values)).toEqual({ service: "relay", again: "no" });
    expect(typedValues(command, { ...values, soak: 60_000, quick: true })).toEqual({
      service: "relay",
      again: "no",
      soak: "1m",
      quick: true,
    });
  });
});
