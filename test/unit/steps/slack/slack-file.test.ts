import { describe, expect, it } from "vitest";

import { slackFile } from "../../../../src/steps/slack/slack-file.ts";
import { StepBench } from "../../../support/step-bench.ts";

const file = { digest: "a".repeat(64), bytes: 10, name: "report.json", mediaType: "application/json", sealed: false };

describe("slack/file", () => {
  it("lets a file be shown", async () => {
    expect(await new StepBench(slackFile).output({ file })).toEqual({});
  });

  it.each([
    ["slack.file-sealed", { sealed: true }],
    ["slack.file-empty", { bytes: 0 }],
  ])("refuses with %s", async (code, more) => {
    const bench = new StepBench(slackFile);
    expect(await bench.failure({ file: { ...file, ...more } })).toMatchObject({ code, retry: "never" });
  });
});
