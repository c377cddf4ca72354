import { describe, expect, it } from "vitest";

import { OPERATIONS } from "../../../src/api/operations.ts";
import { formattedJson } from "../../../src/platform/formatted-json.ts";
import { ApiRig, bodyOf } from "../../support/api-rig.ts";

describe("the document of the API", () => {
  it("is given to whoever has a token, and has every operation", async () => {
    const rig = await ApiRig.open();
    const answer = await rig.ask({ path: "/api/openapi.json", token: rig.token("nothing", ["run"]) });
    expect(bodyOf(answer)).toMatchObject({
      openapi: "3.1.0",
      paths: { "/api/runs/{run}": { get: { operationId: "readRun" } } },
    });
    const ids = OPERATIONS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is the one that is kept", async () => {
    const rig = await ApiRig.open();
    const document = bodyOf(await rig.ask({ path: "/api/openapi.json", token: rig.token() }));
    await expect(formattedJson(document)).toMatchFileSnapshot("../../../docs/reference/openapi.json");
  });
});
