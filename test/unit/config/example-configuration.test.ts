import { describe, expect, it } from "vitest";

import { loadConfiguration } from "../../../src/config/load-configuration.ts";

describe("quarterdeck.example.yaml", () => {
  it("is right as it stands, and denies whatever it does not grant", async () => {
    const example = await loadConfiguration(new URL("../../../quarterdeck.example.yaml", import.meta.url).pathname);
    expect(example.environments.map(({ name }) => name)).toEqual(["staging", "prod"]);
    expect(example.grants.map(({ verbs }) => verbs)).toEqual([
      ["promote", "rollback", "sync", "signal", "lock", "unlock"],
    ]);
  });
});
