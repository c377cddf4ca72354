import type { Artifact } from "../domain/artifact.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { RunView } from "../domain/run-view.ts";
import { stepPlace } from "../domain/step-place.ts";
import type { HttpAnswer } from "../http/http-route.ts";
import { approvalSection } from "./approval-section.ts";
import { eventWords } from "../domain/event-words.ts";
import { filesSection } from "./files-section.ts";
import { gateRequests } from "../domain/gate-requests.ts";
import { html, type Html, NOTHING } from "./html.ts";
import { longText, moment, type PageContext, runMark, momentAfter, took } from "./page-words.ts";
import { pageAnswer } from "./page.ts";
import { stageSections } from "./stage-section.ts";

export interface RunPage extends PageContext {
  readonly view: RunView;
  readonly events: readonly RunEvent[];
  /** Until when the link of this page is good. */
  readonly until: number;
  /** Where a file that a step left is had. */
  readonly linkOf: (artifact: Artifact) => string;
  /** What people type before the number of a run, to get a new link. */
  readonly pageCommand: string;
}

// A run has tens of events; one with thousands was retried by a machine, and its newest say what matters.
const MOST_EVENTS = 2000;

/** Everything that is known of a run. */
export function runPage(page: RunPage): HttpAnswer {
  const { view, events, now, until, pageCommand } = page;
  const { title } = view.state;
  const body = html`<header>
      <p class="brand">Quarterdeck · ${view.shortId}</p>
      <h1>${title}</h1>
      ${runMark(view)}
    </header>
    <main>
      ${summary(page)}${trouble(view)} ${stageSections(view, page)} ${approvalSection(gateRequests(events), page)}
      ${filesSection(events, page.linkOf)} ${eventSection(page)}
    </main>
    <footer>
      As of ${moment(now)}; reload for what has happened since. This link is good until ${moment(until)};
      <code>${pageCommand} ${shortName(view)}</code> in Slack gives a new one.
    </footer>`;
  return pageAnswer(200, { title: `${title} · ${view.shortId}`, body });
}

function shortName({ shortId }: RunView): string {
  return shortId.replace(/^run_/u, "");
}

function summary({ view, nameOf, now }: RunPage): Html {
  const { requester, startedAt, finishedAt, origin } = view.state;
  const { revision } = view;
  const end =
    finishedAt === undefined
      ? html`<dt>Running for</dt>
          <dd>${took(startedAt, now)}</dd>`
      : html`<dt>Ended</dt>
          <dd>${moment(finishedAt)}, after ${took(startedAt, finishedAt)}</dd>`;
  const commit =
    revision === undefined
      ? NOTHING
      : html`<dt>Revision</dt>
          <dd><code>${revision.sha}</code><br />${revision.subject} <span class="soft">(${revision.author})</span></dd>
          <dt>Repository</dt>
          <dd>${revision.repository}</dd>`;
  return html`<dl>
    <dt>Asked for by</dt>
    <dd>${nameOf(requester)}</dd>
    <dt>Asked for as</dt>
    <dd><code>${origin.text}</code></dd>
    <dt>Started</dt>
    <dd>${moment(startedAt)}</dd>
    ${end}${commit}
    <dt>Run</dt>
    <dd><code>${view.id}</code></dd>
  </dl>`;
}

function trouble(view: RunView): Html {
  const { failure, state, queue } = view;
  const where = failure?.step === undefined ? "" : ` in ${`${stepPlace(failure.step)} ${failure.step.name}`.trim()}`;
  return html`${
    failure === undefined
      ? NOTHING
      : html`<div class="box bad">
          <strong>Failed${where}</strong>
          <p>${longText(failure.failure.message)}</p>
        </div>`
  }${
    state.cancel === undefined || state.cancel.reason === ""
      ? NOTHING
      : html`<div class="box">
          <strong>Cancelled</strong>
          <p>${longText(state.cancel.reason)}</p>
        </div>`
  }${queue.map(
    ({ keys, position, behind, handLock }) =>
      html`<div class="box">
        <strong>Queued</strong>
        <p>Waits for ${keys.join(", ")}: place ${position}${behind === undefined ? "" : `, behind ${behind}`}.</p>
        ${handLock === undefined ? NOTHING : html`<p>${longText(`Locked by hand: ${handLock.reason}`)}</p>`}
      </div>`,
  )}`;
}

function eventSection({ events, nameOf }: RunPage): Html {
  const shown = events.slice(-MOST_EVENTS);
  const left = events.length - shown.length;
  const first = shown[0]?.at ?? 0;
  return html`<section aria-labelledby="events">
    <h2 id="events">Timeline</h2>
    <p class="soft small">
      Every fact in the log about this run, in UTC, from ${moment(first)}
      on${left > 0 ? `; ${left} earlier ones are left out` : ""}.
    </p>
    <ol class="events">
      ${shown.map(
        (event, index) =>
          html`<li>
            ${momentAfter(event.at, shown[index - 1]?.at ?? first)}
            <div>
              ${longText(eventWords(event), 1000)}${
                event.actor === undefined ? NOTHING : html` <span class="soft">by ${nameOf(event.actor)}</span>`
              }
            </div>
          </li>`,
      )}
    </ol>
  </section>`;
}
