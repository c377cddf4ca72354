import type { RunView, StepView } from "../domain/run-view.ts";
import { stopResult } from "../domain/stop-step.ts";
import { html, type Html, NOTHING } from "./html.ts";
import { longText, type PageContext, shortCommit, stageMark, stepMark, took } from "./page-words.ts";

/** Every environment with its steps, and the steps that belong to none. */
export function stageSections(view: RunView, context: PageContext): Html {
  const stopsIn = (environment: string | undefined): readonly StepView[] =>
    view.stops.filter((stop) => stop.environment === environment);
  const others = [...view.otherSteps, ...stopsIn(undefined)];
  return html`<section aria-labelledby="steps">
    <h2 id="steps">Environments and steps</h2>
    ${view.stages.map(
      (stage) =>
        html`<div class="box">
          <div class="head">
            <h3>${stage.environment}</h3>
            ${stageMark(stage)}
          </div>
          <p class="soft small">${stage.app}</p>
          ${stepList(view, [...stage.steps, ...stopsIn(stage.environment)], context)}
        </div>`,
    )}
    ${
      others.length === 0
        ? NOTHING
        : html`<div class="box">
            <div class="head"><h3>Besides</h3></div>
            ${stepList(view, others, context)}
          </div>`
    }
  </section>`;
}

function stepList(view: RunView, steps: readonly StepView[], context: PageContext): Html {
  if (steps.length === 0) return NOTHING;
  return html`<ol class="steps">
    ${steps.map((step) => stepItem(view, step, context))}
  </ol>`;
}

function stepItem(view: RunView, shown: StepView, { now }: PageContext): Html {
  const { step, name, uses } = shown;
  const attempts = view.state.attempts.get(step.path) ?? step.attempt;
  const isOver = step.endedAt !== undefined;
  const facts = [
    uses,
    ...(step.status === "skipped"
      ? []
      : [`${isOver ? "took" : "for"} ${took(step.firstStartedAt, step.endedAt ?? now)}`]),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...revisionFact(step.input["revision"]),
  ];
  return html`<li>
    <div class="head"><strong>${name}</strong>${stepMark(shown)}</div>
    <div class="soft small">${facts.join(" · ")}</div>
    ${stepText(shown)}
  </li>`;
}

function revisionFact(revision: unknown): readonly string[] {
  return typeof revision === "string" ? [`at ${shortCommit(revision)}`] : [];
}

function stepText({ step, progress }: StepView): Html {
  const result = stopResult(step);
  const lines = [
    ...(result === undefined ? [] : [result.message, ...(result.live === "" ? [] : [`Live: ${result.live}`])]),
    ...(step.failure === undefined ? [] : [step.failure.message]),
    ...(step.note === undefined ? [] : [step.note]),
    ...(progress === undefined ? [] : [progress.text, ...(progress.lines ?? [])]),
  ];
  return html`${lines.map((line) => html`<p class="small">${longText(line)}</p>`)}`;
}
