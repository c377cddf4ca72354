import { code, escapeText, inert, link, truncateMrkdwn } from "../../../src/slack/mrkdwn.ts";
import { safeLine } from "../../../src/git/safe-line.ts";
import { html } from "../../../src/web/html.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

/** Texts of others that are shown: in messages of Slack, and on the page of a run. */
export const target: FuzzTarget = {
  seeds: [
    "Add retries to the payment client",
    "<!channel> look",
    "*bold* _it_ ~no~ `code`",
    "https://argocd.example.com/x?a=b|c",
    "a < b && c > d",
    "e\u0301\u202Eabc",
  ],
  words: [
    "<!here>",
    "<@U1>",
    "<#C1>",
    "&lt;",
    "&amp;",
    "|",
    "javascript:",
    "https://",
    "http://u:p@h",
    "<script>",
    "\u202E",
    "\u200B",
    "\uD83D",
    "`",
    "*",
    "_",
    "~",
    "]]>",
    "' onload='",
  ],
  longest: 20_000,
  run(input) {
    const shown = [
      escapeText(input),
      inert(input, 100),
      inert(input, 3000),
      code(input),
      truncateMrkdwn(escapeText(input), 50),
    ];
    for (const text of shown) {
      must(!/[<>]/u.test(text), "nothing of it is read as a mention or link");
      must(!/&(?!amp;|lt;|gt;)/u.test(text), "an entity is whole");
      must(text.isWellFormed(), "there are whole characters only");
    }
    for (const text of shown.slice(1, 3)) must(!/[*~`\n]/u.test(text), "nothing of it formats");
    const linked = link(input, input);
    must(/^(?:<https?:[^<>|]*\|[^<>|]*>|[^<>|]*)$/u.test(linked), "a link is one link or none");
    const page = html`<p title="${input}">${input}</p>`;
    const inside = String(page).slice('<p title="'.length, -"</p>".length);
    must(!/[<']|"(?!>)/u.test(inside), "nothing of it is read as HTML");
    return [shown, linked, String(page), safeLine(input, 300)];
  },
};
