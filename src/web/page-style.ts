import { createHash } from "node:crypto";

import { Html } from "./html.ts";

/** The only style of every page: readable from 320 px on, in light and in dark, and on paper. */
const PAGE_STYLE = `
:root{color-scheme:light dark;--paper:#fff;--field:#f5f6f8;--line:#d5d9e0;--ink:#16191f;--soft:#555d6b;--link:#0b57c2;--good:#156c3a;--bad:#b3261e;--wait:#8a5300;--good-bg:#e3f4e9;--bad-bg:#fce8e6;--wait-bg:#fdf1dc;--calm-bg:#e8edf5}
@media (prefers-color-scheme:dark){:root{--paper:#14171c;--field:#1d2128;--line:#363c47;--ink:#e8eaee;--soft:#a4adbb;--link:#8ab4f8;--good:#7fd6a2;--bad:#f5a39c;--wait:#f0c277;--good-bg:#16331f;--bad-bg:#42201d;--wait-bg:#3a2b10;--calm-bg:#232c3b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main,header,footer{max-width:60rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.25rem}
footer{padding:1.5rem 1rem 2rem;color:var(--soft);font-size:.875rem}
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 .75rem}
h2{font-size:1.125rem;margin:2rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:0}
p{margin:.5rem 0}
a{color:var(--link)}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{margin:.5rem 0;padding:.75rem;background:var(--field);border:1px solid var(--line);border-radius:.375rem;overflow-x:auto;overflow-wrap:normal}
.brand{margin:0;color:var(--soft);font-size:.875rem}
.mark{display:inline-block;padding:.0625rem .5rem;border-radius:1rem;background:var(--calm-bg);font-size:.8125rem;font-weight:600;white-space:nowrap}
.good{background:var(--good-bg);color:var(--good)}
.bad{background:var(--bad-bg);color:var(--bad)}
.wait{background:var(--wait-bg);color:var(--wait)}
.soft{color:var(--soft)}
.small{font-size:.875rem}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem;margin:.75rem 0}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
.box{margin:.75rem 0;padding:.75rem 1rem;border:1px solid var(--line);border-radius:.5rem}
.box.bad{border-color:currentColor}
.box.bad,.box.bad *{color:var(--bad)}
.head{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline;justify-content:space-between}
ul,ol{margin:.5rem 0;padding-left:1.25rem}
.steps,.events{list-style:none;padding:0;margin:.5rem 0 0}
.steps>li{padding:.5rem 0;border-top:1px solid var(--line)}
.events>li{display:grid;grid-template-columns:6.5rem 1fr;gap:0 1rem;padding:.375rem 0;border-top:1px solid var(--line)}
.events>li:first-child{border-top:0}
.events time{color:var(--soft);font-variant-numeric:tabular-nums;font-size:.875rem}
summary{cursor:pointer;color:var(--link)}
@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}.events>li{grid-template-columns:1fr}}
@media print{details>*{display:block}}
`.trim();

/** With nothing between the tags but what the headers allow by its hash. */
export const STYLE_ELEMENT = new Html(`<style>${PAGE_STYLE}</style>`);

const styleHash = createHash("sha256").update(PAGE_STYLE).digest("base64");

/** What a page may do: be seen, with this style, and nothing else. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow, noarchive",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};
