import { describe, expect, it } from "vitest";

import { messageProblems } from "../../../../src/slack/validate-blocks.ts";
import { renderSettingsNotice } from "../../../../src/slack/views/settings-notice.ts";

describe("what is said of settings", () => {
  it("names each mistake with its place, and what goes on", () => {
    const problems = ["quarterdeck.yaml:3:5: slack: <!channel> is no channel", "commands/promote.yaml:1:1: nothing"];
    const { text, blocks } = renderSettingsNotice({ kind: "refused", problems });
    expect(text).toBe(
      "The settings of Quarterdeck were changed, and cannot be used. Those before stay in use. quarterdeck.yaml:3:5: slack: &lt;!channel&gt; is no channel",
    );
    expect(JSON.stringify(blocks)).toContain(
      "quarterdeck.yaml:3:5: slack: <!channel> is no channel\\ncommands/promote",
    );
    expect(messageProblems({ text, blocks })).toEqual([]);
  });

  it("fits Slack with any number of mistakes of any length", () => {
    const problems = Array.from({ length: 500 }, (_, index) => `quarterdeck.yaml:${index}:1: ${"long ".repeat(200)}`);
    const { text, blocks } = renderSettingsNotice({ kind: "refused", problems });
    expect(messageProblems({ text, blocks })).toEqual([]);
    expect(text.length).toBeLessThan(4000);
    expect(JSON.stringify(blocks)).toContain("and 490 more");
  });

  it("says when they are mended, and what waits for a restart", () => {
    expect(renderSettingsNotice({ kind: "mended" }).text).toContain("are mended");
    expect(renderSettingsNotice({ kind: "restart-needed", what: ["the Argo CD servers"] }).text).toBe(
      "Some of what was changed in the settings of Quarterdeck takes effect at its next start: the Argo CD servers. The rest is in use.",
    );
  });
});
