import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { messageProblems } from "../../../../src/slack/validate-blocks.ts";
import { renderPostedMessage, tryPostedMessage } from "../../../../src/slack/views/posted-message.ts";

describe("a message of a team's own", () => {
  it("says what it was given, with a link, and whom it is for", () => {
    const posted = {
      text: "*checkout* is live\nin prod",
      link: { url: "https://checkout.example.com/?a=1&b=2", label: "Open | it" },
      mention: ["U0ANA", "S0OPS"],
    };
    expect(renderPostedMessage(posted, "`7FQ2`")).toEqual({
      text: "<@U0ANA> <!subteam^S0OPS> *checkout* is live\nin prod",
      blocks: [
        {
          type: "section",
          text: { type: "mrkdwn", text: "<@U0ANA> <!subteam^S0OPS> *checkout* is live\nin prod", verbatim: true },
          expand: true,
        },
        {
          type: "context",
          elements: [
            { type: "mrkdwn", text: "<https://checkout.example.com/?a=1&amp;b=2|Open ¦ it>", verbatim: true },
            { type: "mrkdwn", text: "`7FQ2`", verbatim: true },
          ],
        },
      ],
    });
  });

  it("calls nobody and links nowhere by what its text says", () => {
    const { text, blocks } = renderPostedMessage({ text: "<!channel> <@U1> <https://evil.test|here> & <#C1>" }, "r");
    expect(text).toBe("&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.test|here&gt; &amp; &lt;#C1&gt;");
    expect(JSON.stringify(blocks)).not.toMatch(/<[!@#h]/u);
  });

  it.each(["javascript:alert(1)", "https://ana:secret@checkout.test/", "no address"])("has no link to %s", (url) => {
    const { blocks } = renderPostedMessage({ text: "x", link: { url, label: "Open" } }, "r");
    expect(JSON.stringify(blocks)).not.toContain("<");
  });

  it("stays within what Slack takes, whatever it says", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 8000 }),
      fc.string({ unit: fc.constantFrom("&", "<", "a", "\n", "😀"), minLength: 7000, maxLength: 8000 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(messageProblems(renderPostedMessage({ text }, "`7FQ2`"))).toEqual([]);
      }),
    );
  });

  it("is nothing for an input of something else", () => {
    expect(tryPostedMessage({ channel: "#deploys" })).toBeUndefined();
    expect(tryPostedMessage({ text: "x" })).toEqual({ text: "x" });
  });
});
