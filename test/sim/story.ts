import { type Violation, violationText } from "./check/violation.ts";
import { play, type Stage } from "./play.ts";
import type { Scenario, ScenarioAct } from "./scenario.ts";
import type { LogRow } from "./check/truth.ts";

interface Line {
  readonly at: number;
  readonly text: string;
}

// What a person reads: longer texts are cut.
const LONGEST_LINE = 180;

/** Plays a scenario once more and tells it: what was done, what the log recorded, what reached Argo CD and Slack. */
export async function tell(stage: Stage, scenario: Scenario): Promise<string> {
  const lines: Line[] = scenario.acts.map((act) => ({ at: scenario.startAt + act.at, text: actText(act) }));
  let argocd = 0;
  const { violations } = await play(stage, scenario, {
    audience: {
      onRows: (rows, { line, worlds }) => {
        const { posts } = worlds.argocd.truth;
        for (const { at, kind, app, revision, by, refused } of posts.slice(argocd)) {
          const end = refused === undefined ? "" : `, refused: ${refused.text}`;
          lines.push({ at, text: `argocd   ${kind} of ${app} at ${revision.slice(0, 8)} by ${by}${end}` });
        }
        argocd = posts.length;
        for (const row of rows) lines.push({ at: line.now(), text: `log      ${rowText(row)}` });
      },
      onLine: (text, { line }) => lines.push({ at: line.now(), text: `program  ${text}` }),
    },
  });
  for (const violation of violations) lines.push({ at: violation.seenAt, text: `VIOLATED ${inOneLine(violation)}` });
  const told = lines
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, text }) => `${seconds(at, scenario)}  ${cut(text)}`);
  return [...told, "", ...violations.map((violation) => violationText(violation))].join("\n");
}

function actText({ who, act }: ScenarioAct): string {
  const { kind, ...rest } = "kind" in act ? act : { kind: act.type, ...act };
  return `${who.padEnd(8)} ${kind} ${JSON.stringify(rest)}`;
}

function rowText({ sequence, stream, type, actor, payload }: LogRow): string {
  const who = actor === "" ? "" : ` by ${actor.slice(0, 8)}`;
  return `#${sequence} ${stream.slice(-8)} ${type}${who} ${payload ?? "(redacted)"}`;
}

function inOneLine({ check, what }: Violation): string {
  return `${check}: ${what}`;
}

function seconds(at: number, { startAt }: Scenario): string {
  return ((at - startAt) / 1000).toFixed(3).padStart(10);
}

function cut(text: string): string {
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}...` : text;
}
