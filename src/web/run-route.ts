import type { Artifact } from "../domain/artifact.ts";
import { leftFiles } from "../domain/left-files.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { RunView } from "../domain/run-view.ts";
import { type HttpAnswer, type HttpRoute, textAnswer } from "../http/http-route.ts";
import type { Clock } from "../platform/clock.ts";
import { errorCode, errorMessage } from "../platform/errors.ts";
import { shortId } from "../platform/ids.ts";
import { fileAnswer } from "./file-answer.ts";
import { type Html, html } from "./html.ts";
import { noticeAnswer } from "./page.ts";
import { checkRunLink, fileLink, type LinkKey, RUN_PAGES } from "./run-link.ts";
import { runPage } from "./run-page.ts";

export interface RunRouteDeps {
  readonly keys: readonly LinkKey[];
  readonly clock: Clock;
  /** What people type before the number of a run, such as `/qd page`. */
  readonly pageCommand: () => string;
  /** Throws `run.unknown`. */
  readonly view: (run: string) => RunView;
  readonly events: (run: string) => readonly RunEvent[];
  /** The content of a file that a step left. Throws `artifact.missing` and `artifact.damaged`. */
  readonly readFile: (artifact: Artifact) => Promise<Uint8Array>;
  /** What people are called, by pseudonym; whom nobody knows is called something as well. Never rejects. */
  readonly names: (pseudonyms: ReadonlySet<string>) => Promise<ReadonlyMap<string, string>>;
}

const how = (deps: RunRouteDeps): Html =>
  html`To get a new link, type <code>${deps.pageCommand()}</code> and the number of the run in Slack, or press the
    button on the run's card.`;

const NO_PREVIEW = textAnswer(403, "This page has no preview.");

function isPreview(userAgent = ""): boolean {
  return userAgent.startsWith("Slackbot-LinkExpanding") || userAgent.startsWith("Slack-ImgProxy");
}

/** The page of a run, for whoever has a link that we made and that is still good. */
export function runRoute(deps: RunRouteDeps): HttpRoute {
  return {
    method: "GET",
    path: RUN_PAGES,
    mostBodyBytes: 0,
    // A link that somebody pastes into a channel shows no preview there: it would be for everybody, and the link is not.
    admit: ({ headers }) => (isPreview(headers["user-agent"]) ? NO_PREVIEW : undefined),
    answer: ({ path, query }) => {
      const checked = checkRunLink({ path, query }, { keys: deps.keys, now: deps.clock.now() });
      switch (checked.kind) {
        case "good":
          return checked.file === undefined
            ? showRun(deps, { ...checked, query })
            : giveFile(deps, { run: checked.run, digest: checked.file });
        case "expired":
          return noticeAnswer(403, {
            title: "This link is no longer good",
            text: [html`Links to runs end after a while.`, how(deps)],
          });
        case "forged":
          // The same for a run that there is and one that there is not: whoever has no link learns nothing.
          return noticeAnswer(404, {
            title: "There is no such page",
            text: [html`This is no link that Quarterdeck made, or only a part of one.`, how(deps)],
          });
      }
    },
  };
}

async function showRun(
  deps: RunRouteDeps,
  { run, until, query }: { readonly run: string; readonly until: number; readonly query: string },
): Promise<HttpAnswer> {
  const view = tryView(deps, run);
  if (view === undefined) {
    const title = `${shortId(run)} is not known here`;
    return noticeAnswer(404, { title, text: [html`The log of this server has no such run.`] });
  }
  const events = deps.events(run);
  const names = await deps.names(peopleIn(view, events));
  const now = deps.clock.now();
  const nameOf = (pseudonym: string): string => names.get(pseudonym) ?? "somebody";
  const linkOf = ({ digest }: Artifact): string => fileLink(run, { digest, query });
  return runPage({ view, events, until, now, nameOf, linkOf, pageCommand: deps.pageCommand() });
}

/** A file that a step of the run left; one that is sealed is nobody's but the steps'. */
async function giveFile(
  deps: RunRouteDeps,
  { run, digest }: { readonly run: string; readonly digest: string },
): Promise<HttpAnswer> {
  const left = leftFiles(deps.events(run)).find(({ artifact }) => artifact.digest === digest && !artifact.sealed);
  if (left === undefined) {
    return noticeAnswer(404, { title: "There is no such file", text: [html`No step of this run left it.`] });
  }
  try {
    return fileAnswer(left.artifact, await deps.readFile(left.artifact));
  } catch (error) {
    const code = errorCode(error);
    if (code !== "artifact.missing" && code !== "artifact.damaged") throw error;
    return noticeAnswer(410, { title: "This file is not there any more", text: [html`${errorMessage(error)}`] });
  }
}

function tryView({ view }: RunRouteDeps, run: string): RunView | undefined {
  try {
    return view(run);
  } catch (error) {
    if (errorCode(error) === "run.unknown") return undefined;
    throw error;
  }
}

function peopleIn(view: RunView, events: readonly RunEvent[]): ReadonlySet<string> {
  const actors = events.flatMap(({ actor }) => (actor === undefined ? [] : [actor]));
  return new Set([view.state.requester, ...actors]);
}
