import type { HttpAnswer } from "../http/http-route.ts";
import { type Html, html } from "./html.ts";
import { PAGE_HEADERS, STYLE_ELEMENT } from "./page-style.ts";

/** A whole page without scripts, forms, pictures or anything from elsewhere. */
export function pageAnswer(status: number, page: { readonly title: string; readonly body: Html }): HttpAnswer {
  const { title, body } = page;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return { status, headers: PAGE_HEADERS, body: document.toString() };
}

/** A page that says one thing, such as that a link is good no more. */
export function noticeAnswer(
  status: number,
  notice: { readonly title: string; readonly text: readonly Html[] },
): HttpAnswer {
  const { title, text } = notice;
  const body = html`<header>
      <p class="brand">Quarterdeck</p>
      <h1>${title}</h1>
    </header>
    <main>${text.map((paragraph) => html`<p>${paragraph}</p>`)}</main>`;
  return pageAnswer(status, { title: `${title} · Quarterdeck`, body });
}
