import type { Button } from "@slack/types";

import type { RetryChoice } from "../../domain/retry.ts";
import type { RunView } from "../../domain/run-view.ts";
import { isOpen } from "../../domain/run-state.ts";
import { Service, Target, Revision } from "../../domain/target.ts";
import { isoTime } from "../../platform/clock.ts";
import { commandButton } from "./command-button.ts";
import { failedSteps } from "./failed-steps.ts";
import { returnsOf } from "./returned-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** A button that is not numbered yet: numbers tell the buttons of one message apart. */
type Numbered = (index: number) => Button;

/** What can be done with a run as it stands: end it, repeat where it ended, go back, or go on to the next environment. */
export function runButtons(view: RunView, lookups: ViewLookups): readonly Button[] {
  const { state } = view;
  if (state.status === "cancelling") return [];
  const wanted = isOpen(state)
    ? [cancelButton(view)]
    : [...nextButton(view, lookups), ...retryButtons(view), ...backButton(view, lookups)];
  return wanted.map((make, index) => make(index));
}

/** The ways out of a failure: what the card offers too. */
export function wayOutButtons(view: RunView, lookups: ViewLookups): readonly Button[] {
  if (isOpen(view.state)) return [];
  return [...retryButtons(view), ...backButton(view, lookups)].map((make, index) => make(index));
}

function cancelButton({ id, shortId, state }: RunView): Numbered {
  return (index) =>
    commandButton({
      index,
      text: "Cancel",
      style: "danger",
      label: `Cancel ${shortId}`,
      command: "cancel",
      values: { run: id },
      confirm: {
        title: "Cancel this run?",
        text: `${state.title}: what it has started${state.targets.length === 0 ? "" : " in Argo CD"} is ended. What is applied already stays.`,
        confirm: "Cancel the run",
        deny: "Let it run",
      },
    });
}

const RETRY_WORDS: Readonly<Record<RetryChoice["kind"], { readonly text: string; readonly what: string }>> = {
  wait: { text: "Wait again", what: "waits once more; nothing is synced" },
  sync: { text: "Sync again", what: "syncs once more and goes on from there" },
  retry: { text: "Retry", what: "repeats the step at which it ended and goes on from there" },
};

function retryButtons(view: RunView): readonly Numbered[] {
  const { id, shortId, state, retryChoices } = view;
  return retryChoices.map(({ kind, path }): Numbered => (index) => {
    const { text, what } = retryWords(view, { kind, path });
    return commandButton({
      index,
      text,
      label: `${text}: ${shortId}`,
      command: "retry",
      // What lies at the place where it ended needs no name.
      values: path === "" || path.length > LONGEST_STEP ? { run: id } : { run: id, step: path },
      confirm: { title: `${text}?`, text: `${state.title}: the run ${what}.`, confirm: text, deny: "Not now" },
    });
  });
}

/** What ended in several branches goes on in all of them. */
function retryWords(view: RunView, { kind, path }: RetryChoice): { readonly text: string; readonly what: string } {
  const { length } = failedSteps(view);
  if (kind === "retry" && length > 1) {
    const what = `repeats the ${length} steps that failed and what was stopped because of them, and goes on from there`;
    return { text: `Retry all ${length}`, what };
  }
  return view.state.steps.get(path)?.sort === "gate" ? ASK_AGAIN : RETRY_WORDS[kind];
}

const ASK_AGAIN = { text: "Ask again", what: "asks for the approval once more" };
const LONGEST_STEP = 200;
// Longer names than that a button cannot carry; they are typed then.
const LONGEST_NAME = 200;

/** Names the revision: what the question says is what is done, whatever is proven meanwhile. */
function backButton(view: RunView, lookups: ViewLookups): readonly Numbered[] {
  const { state, failure, service, stages } = view;
  const environment = state.status === "succeeded" ? stages.at(-1)?.environment : failure?.step?.environment;
  const stage = stages.find((candidate) => candidate.environment === environment);
  // It is there already, or on its way.
  if (returnsOf(view).some((own) => own.stage === stage && own.status !== "failed")) return [];
  const back = stage === undefined ? undefined : lookups.wayBack(view, stage.app);
  if (back === undefined || service === undefined || stage === undefined) return [];
  if (service.length > LONGEST_NAME || stage.environment.length > LONGEST_NAME) return [];
  const proven = isoTime(back.provenAt).slice(0, 16).replace("T", " ");
  const { revision } = back;
  return [
    (index) =>
      commandButton({
        index,
        text: "Roll back",
        style: "danger",
        label: `Roll back ${service} in ${stage.environment}`,
        command: "rollback",
        values: { service, environment: stage.environment, revision },
        confirm: {
          title: "Roll back?",
          text: `${service} in ${stage.environment} goes back to ${revision.slice(0, 7)}, which was last proven there on ${proven} UTC.`,
          confirm: "Roll back",
          deny: "Not now",
        },
      }),
  ];
}

/** On to the environment after the last one, with the same commit. */
function nextButton(view: RunView, lookups: ViewLookups): readonly Numbered[] {
  const { state, stages, service } = view;
  const last = stages.at(-1)?.environment;
  // Only a promotion goes through the environments in order.
  if (state.status !== "succeeded" || state.plan.verb !== "promote" || service === undefined || last === undefined)
    return [];
  const next = lookups.nextEnvironment(service, last);
  const names = inputNames(view);
  const { revision } = view;
  if (next === undefined || names === undefined || revision === undefined) return [];
  if (service.length > LONGEST_NAME || next.length > LONGEST_NAME) return [];
  return [
    (index) =>
      commandButton({
        index,
        text: `Promote to ${next}`,
        style: "primary",
        label: `Promote ${service} ${revision.short} to ${next}`,
        command: state.plan.command,
        values: { [names.service]: service, [names.revision]: revision.sha, [names.environment]: next },
        confirm: {
          title: `Promote to ${next}?`,
          text: `${service} ${revision.short} goes on to ${next}. Whoever has to approve there is asked first.`,
          confirm: "Promote",
          deny: "Not now",
        },
      }),
  ];
}

/** What the command calls its inputs, by what stands in them. */
function inputNames({
  state,
}: RunView): { readonly service: string; readonly revision: string; readonly environment: string } | undefined {
  const entries = Object.entries(state.inputs);
  const service = entries.find(([, value]) => Service.safeParse(value).success)?.[0];
  const environment = entries.find(([, value]) => Target.safeParse(value).success)?.[0];
  const revision = entries.find(([, value]) => Revision.safeParse(value).success)?.[0];
  if (service === undefined || environment === undefined || revision === undefined) return undefined;
  return { service, environment, revision };
}
