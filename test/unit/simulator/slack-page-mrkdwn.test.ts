import fc from "fast-check";
import { describe, expect, test } from "vitest";

interface Node {
  readonly type: string;
  readonly text?: string;
  readonly children?: readonly Node[];
}

// The page is plain JavaScript for the browser, so it comes without types.
const page = new URL("../../../src/simulator/page/", import.meta.url);
const { parseMrkdwn }: { parseMrkdwn: (source: string) => readonly Node[] } = await import(
  new URL("mrkdwn.js", page).href
);
const { formatDate }: { formatDate: (seconds: number, format: string, nowMs: number) => string } = await import(
  new URL("dates.js", page).href
);

const text = (value: string) => ({ type: "text", text: value });

describe("mrkdwn on the page", () => {
  test.each([
    [
      "*bold* _italic_ ~gone~",
      [
        { type: "bold", children: [text("bold")] },
        text(" "),
        { type: "italic", children: [text("italic")] },
        text(" "),
        { type: "strike", children: [text("gone")] },
      ],
    ],
    ["*a _b_*", [{ type: "bold", children: [text("a "), { type: "italic", children: [text("b")] }] }]],
    ["2*3*4 snake_case_name", [text("2*3*4 snake_case_name")]],
    ["`*x*` ok", [{ type: "code", text: "*x*" }, text(" ok")]],
    ["```a\n<b>```", [{ type: "codeblock", text: "a\nb" }]],
    ["a\nb", [text("a"), { type: "break" }, text("b")]],
    ["&gt; said\nafter", [{ type: "quote", children: [text("said")] }, text("after")]],
    [":tada: :nonsense:", [{ type: "emoji", name: "tada" }, text(" :nonsense:")]],
    [
      "<@U1> <#C1|deploys> <!subteam^S1|@x> <!channel>",
      [
        { type: "user", id: "U1", label: "" },
        text(" "),
        { type: "channel", id: "C1", label: "deploys" },
        text(" "),
        { type: "group", id: "S1", label: "@x" },
        text(" "),
        { type: "broadcast", id: "channel", label: "" },
      ],
    ],
    [
      "*<https://a.example/?x=1&amp;y=2|a * b>*",
      [{ type: "bold", children: [{ type: "link", url: "https://a.example/?x=1&y=2", label: "a * b" }] }],
    ],
    [
      "<!date^1786439662^{date_short} {time}^https://a.example|then>",
      [
        {
          type: "date",
          seconds: 1_786_439_662,
          format: "{date_short} {time}",
          url: "https://a.example",
          fallback: "then",
        },
      ],
    ],
    ["<javascript:alert(1)|x>", [text("<javascript:alert(1)|x>")]],
    ["&lt;!channel&gt; &amp;amp;", [text("<!channel> &amp;")]],
    ["a < b", [text("a < b")]],
  ])("%s", (source, expected) => {
    expect(parseMrkdwn(source)).toEqual(expected);
  });

  test("escaped text never becomes anything but text", () => {
    const escape = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    const kinds = (nodes: readonly Node[]): readonly string[] =>
      nodes.flatMap((node) => [node.type, ...kinds(node.children ?? [])]);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("<>!@#|^&;abc :/\n")) }), (value) => {
        const found = new Set(kinds(parseMrkdwn(escape(value))));
        for (const kind of ["link", "user", "group", "channel", "broadcast", "date"]) expect(found).not.toContain(kind);
      }),
    );
  });
});

describe("dates on the page", () => {
  const now = new Date(2026, 7, 11, 15, 30).getTime();
  const at = (...parts: [number, number, number, number, number, number?]) => new Date(...parts).getTime() / 1000;

  test.each([
    [at(2026, 7, 11, 9, 5), "{date_short_pretty} {time}", "today 09:05"],
    [at(2026, 7, 10, 9, 5), "{date_pretty}", "yesterday"],
    [at(2026, 7, 3, 9, 5), "{date_pretty}", "August 3rd, 2026"],
    [at(2026, 7, 11, 9, 5), "{date_num} {date_slash}", "2026-08-11 08/11/2026"],
    [at(2026, 7, 11, 9, 5), "{date_long}", "Tuesday, August 11th, 2026"],
    [at(2026, 7, 11, 9, 5, 7), "{time_secs}", "09:05:07"],
    [at(2026, 7, 11, 15, 27), "{ago}", "3 minutes ago"],
    [at(2026, 7, 11, 17, 30), "{ago}", "in 2 hours"],
    [at(2026, 7, 11, 9, 5), "{unknown}", "{unknown}"],
  ])("%i as %s", (seconds, format, expected) => {
    expect(formatDate(seconds, format, now)).toBe(expected);
  });
});
