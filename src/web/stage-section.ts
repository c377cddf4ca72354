import { blockStatus } from "../domain/block-status.ts";
import { type ChainRow, chainRows } from "../domain/chain-rows.ts";
import type { BlockView } from "../domain/run-blocks.ts";
import type { RunView, StepView } from "../domain/run-view.ts";
import { stepFindings } from "../domain/step-findings.ts";
import { stopResult } from "../domain/stop-step.ts";
import { html, type Html, NOTHING } from "./html.ts";
import { countWords, longText, type PageContext, shortCommit, stageMark, stepMark, took } from "./page-words.ts";

/** Every environment, block, command and step in the order of the chain, and what belongs to none of them. */
export function stageSections(view: RunView, context: PageContext): Html {
  const rows = chainRows(view);
  const placed = new Set(rows.flatMap((row) => stepsOf(row)));
  const stages = new Set(view.stages.map(({ environment }) => environment));
  const stops = view.stops.filter(({ environment }) => environment === undefined || !stages.has(environment));
  const others = [...view.otherSteps.filter((step) => !placed.has(step)), ...stops];
  return html`<section aria-labelledby="steps">
    <h2 id="steps">${view.stages.length === 0 ? "Steps" : "Environments and steps"}</h2>
    ${inBoxes(rows).map((box) => boxOf(view, box, context))}
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

function stepsOf(row: ChainRow): readonly StepView[] {
  switch (row.type) {
    case "stage":
      return row.stage.steps;
    case "step":
      return [row.step];
    case "block":
    case "command":
      return row.steps;
  }
}

type StepRow = Extract<ChainRow, { readonly type: "step" }>;
type Box = Exclude<ChainRow, StepRow> | (Omit<StepRow, "step"> & { readonly steps: readonly StepView[] });

/** Steps that follow one another share a box. */
function inBoxes(rows: readonly ChainRow[]): readonly Box[] {
  const boxes: Box[] = [];
  for (const row of rows) {
    const last = boxes.at(-1);
    if (row.type !== "step") boxes.push(row);
    else if (last?.type === "step" && last.branch === row.branch)
      boxes.splice(-1, 1, { ...last, steps: [...last.steps, row.step] });
    else boxes.push({ type: "step", branch: row.branch, steps: [row.step] });
  }
  return boxes;
}

const BRANCHES: Readonly<Record<ChainRow["branch"], string>> = {
  steps: "Steps",
  "on-failure": "After the failure",
  finally: "At the end",
};

function boxOf(view: RunView, box: Box, context: PageContext): Html {
  switch (box.type) {
    case "stage": {
      const { stage } = box;
      const stops = view.stops.filter(({ environment }) => environment === stage.environment);
      return html`<div class="box">
        <div class="head">
          <h3>${stage.environment}</h3>
          ${stageMark(stage)}
        </div>
        <p class="soft small">${stage.app}</p>
        ${stepList(view, [...stage.steps, ...stops], context)}
      </div>`;
    }
    case "block":
      return html`<div class="box">
        <div class="head">
          <h3>${blockName(box.block)}</h3>
          ${stageMark({ status: blockStatus(box.block) })}
        </div>
        <p class="soft small">${countWords(box.block)}</p>
        ${blockSteps(view, box, context)}
      </div>`;
    case "command":
      return html`<div class="box">
        <div class="head"><h3>${box.name}</h3></div>
        ${stepList(view, box.steps, context)}
      </div>`;
    case "step":
      return html`<div class="box">
        <div class="head"><h3>${BRANCHES[box.branch]}</h3></div>
        ${stepList(view, box.steps, context)}
      </div>`;
  }
}

function blockName({ kind, label }: BlockView): string {
  if (kind === "for-each") return `Each ${label}`;
  return /^parallel(?:-\d+)?$/u.test(label) ? "Side by side" : label;
}

/** The steps of a loop by iteration, open where something needs a look; those of branches as they are. */
function blockSteps(
  view: RunView,
  { block, steps }: Extract<ChainRow, { readonly type: "block" }>,
  context: PageContext,
): Html {
  if (block.kind === "parallel") return stepList(view, steps, context);
  return html`${block.parts.map(({ key, status }) => {
    const own = steps.filter(({ path }) => path.startsWith(`${block.path}[${key}]`));
    if (own.length === 0) return NOTHING;
    const head = html`<summary>${key} ${stageMark({ status })}</summary>`;
    const list = stepList(view, own, context);
    return status === "failed" || status === "gate"
      ? html`<details open>${head}${list}</details>`
      : html`<details>${head}${list}</details>`;
  })}`;
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
    ...(step.status === "succeeded" && result === undefined ? stepFindings(step.output ?? {}) : []),
    ...(step.failure === undefined ? [] : [step.failure.message]),
    ...(step.note === undefined ? [] : [step.note]),
    ...(progress === undefined ? [] : [progress.text, ...(progress.lines ?? [])]),
  ];
  return html`${lines.map((line) => html`<p class="small">${longText(line)}</p>`)}`;
}
