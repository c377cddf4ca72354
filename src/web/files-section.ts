import type { Artifact } from "../domain/artifact.ts";
import { leftFiles } from "../domain/left-files.ts";
import type { RunEvent } from "../domain/run-event.ts";
import { html, type Html, NOTHING } from "./html.ts";

/** Lists them; `linkOf` is where each is had by whoever has the link of the page. */
export function filesSection(events: readonly RunEvent[], linkOf: (artifact: Artifact) => string): Html {
  const files = leftFiles(events);
  if (files.length === 0) return NOTHING;
  return html`<section aria-labelledby="files">
    <h2 id="files">Files</h2>
    <ul class="steps">
      ${files.map(
        ({ path, attempt, artifact }) =>
          html`<li>
            <div class="head"><strong>${nameOf(artifact, linkOf)}</strong></div>
            <div class="soft small">
              ${path}${attempt > 1 ? `, attempt ${attempt}` : ""} · ${sizeText(artifact.bytes)}
            </div>
            <div class="soft small"><code>${artifact.digest}</code></div>
          </li>`,
      )}
    </ul>
  </section>`;
}

function nameOf(artifact: Artifact, linkOf: (artifact: Artifact) => string): Html {
  if (artifact.sealed) return html`${artifact.name} <span class="soft">(sealed: only steps read it)</span>`;
  return html`<a href="${linkOf(artifact)}">${artifact.name}</a>`;
}

const UNITS = ["bytes", "KiB", "MiB", "GiB"];

function sizeText(bytes: number): string {
  const unit = bytes === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** unit;
  return `${unit === 0 ? amount : amount.toFixed(1)} ${UNITS[unit] ?? ""}`;
}
