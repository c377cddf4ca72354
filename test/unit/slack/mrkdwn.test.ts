import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  code,
  dateToken,
  escapeText,
  groupMention,
  inert,
  link,
  truncate,
  truncateMrkdwn,
  tryHref,
  userMention,
} from "../../../src/slack/mrkdwn.ts";

describe("text from outside", () => {
  it("has Slack's three characters escaped", () => {
    expect(escapeText("<!channel> & <@U1>")).toBe("&lt;!channel&gt; &amp; &lt;@U1&gt;");
  });

  it("loses what hides or reorders, and keeps lines and tabs", () => {
    expect(escapeText("a\u0000b\u202Ec\u200Bd\uFEFF\u{E0041}\u00AD\te\r\nf\u2028")).toBe("abcd\te\nf");
  });

  it("keeps names with underscores, and formats nothing", () => {
    expect(inert("my_service *bold* _it_ ~no~ `code`", 200)).toBe(
      "my_service \u2217bold\u2217 \u02CDit\u02CD \u223Cno\u223C \u02CBcode\u02CB",
    );
  });

  it("becomes one line, and code without an end of its own", () => {
    expect(inert(" a\n\n b\t c ", 200)).toBe("a b c");
    expect(code("a`b\nc")).toBe("`a\u02CBb c`");
    expect(code("")).toBe("` `");
  });

  it("is never longer than allowed, well-formed, and free of half tokens, whatever it is", () => {
    const anything = fc.string({
      unit: fc.constantFrom("<", ">", "&", "\u{1F600}", "\uD83D", "a", "|", "`", ";", " "),
    });
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 40 }), (text, limit) => {
        const shown = inert(text, limit);
        expect(Array.from(shown).length).toBeLessThanOrEqual(limit);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/u);
      }),
    );
  });
});

describe("cutting", () => {
  it("counts characters as Slack does, and ends with an ellipsis", () => {
    expect(truncate("\u{1F600}\u{1F600}\u{1F600}", 3)).toBe("\u{1F600}\u{1F600}\u{1F600}");
    expect(truncate("\u{1F600}\u{1F600}\u{1F600}\u{1F600}", 3)).toBe("\u{1F600}\u{1F600}…");
  });

  it("leaves a token or an entity out rather than cut it in two", () => {
    expect(truncateMrkdwn("see <https://a.test/long|there> now", 20)).toBe("see …");
    expect(truncateMrkdwn("see <https://a.test|x> and more of it", 30)).toBe("see <https://a.test|x> and mo…");
    expect(truncateMrkdwn("a &amp; b &amp; c", 13)).toBe("a &amp; b …");
  });
});

describe("links", () => {
  it("are made of http and https only, and escape what would end them", () => {
    expect(link("https://a.test/?x=1&y=<2>|3", "a|b <c>")).toBe(
      "<https://a.test/?x=1&amp;y=%3C2%3E%7C3|a¦b &lt;c&gt;>",
    );
    expect(link("javascript:alert(1)", "click")).toBe("click");
    expect(link(undefined, "nowhere")).toBe("nowhere");
  });

  it("never carry a password and are never longer than Slack takes", () => {
    expect(tryHref("https://user:secret@a.test/")).toBeUndefined();
    expect(tryHref(`https://a.test/${"x".repeat(3000)}`)).toBeUndefined();
    expect(tryHref("no address")).toBeUndefined();
    // Node says of this one that it can be parsed, and cannot parse it.
    const unparsable = `https://aP\`${"-1".repeat(9000)}`.slice(0, 16_394);
    expect(URL.canParse(unparsable)).toBe(true);
    expect(tryHref(unparsable)).toBeUndefined();
  });
});

describe("tokens", () => {
  it("show a moment in everybody's own time, with UTC for those who cannot", () => {
    expect(dateToken(Date.UTC(2026, 7, 11, 9, 14, 22), "{date_short_pretty} {time}")).toBe(
      "<!date^1786439662^{date_short_pretty} {time}|2026-08-11 09:14 UTC>",
    );
  });

  it("mention ids only", () => {
    expect(userMention("U012ABCDEF")).toBe("<@U012ABCDEF>");
    expect(groupMention("S0APPROVE")).toBe("<!subteam^S0APPROVE>");
    expect(userMention("U1> <!channel")).toBe("`U1&gt; &lt;!channel`");
    expect(groupMention("everyone")).toBe("`everyone`");
  });
});
