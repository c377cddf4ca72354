import type { Answers } from "../commands/command-file.ts";
import type { Command } from "../commands/command.ts";
import {
  helpAbout,
  type Match,
  matchCommand,
  matchValues,
  matchWords,
  type Mismatch,
} from "../commands/match-command.ts";
import type { Origin } from "../domain/run-event.ts";
import { type Answer, notice } from "../engine/answer.ts";
import type { Person } from "../engine/ports.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { JsonMap } from "../platform/canonical-json.ts";
import type { ActAsk } from "./act-ask.ts";
import type { CommandArrival, MachineArrival, SlashArrival } from "./arrival.ts";
import { questionName } from "./command-name.ts";
import { textOf, valueOf } from "./command-values.ts";
import { explainMismatch } from "./explain-mismatch.ts";
import { hasForm } from "./form-fields.ts";
import { namePlaces } from "./name-places.ts";
import { historyAnswer, statusAnswer } from "./queries.ts";
import { pageAnswer } from "./page-question.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";
import { queueAnswer } from "./queue-question.ts";
import { triggersAnswer } from "./triggers-question.ts";
import { liveAnswer } from "./where-question.ts";
import type { StartAsk } from "./start-request.ts";

/** What a command asks for, as far as it can be told without asking anybody. */
export type SlashRequest =
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "start"; readonly ask: Omit<StartAsk, "signal" | "settle"> }
  | { readonly kind: "act"; readonly ask: Omit<ActAsk, "settle"> }
  | { readonly kind: "question"; readonly answers: Answers; readonly ask: Omit<QuestionAsk, "signal"> };

export interface SlashDeps extends QuestionDeps {
  readonly commands: readonly Command[];
  readonly inventory: Inventory;
  /** Where a run is shown that was asked for in a direct message; people do not find one another's. */
  readonly teamChannel: string;
}

type Asking = SlashArrival | CommandArrival | MachineArrival;

interface Sender {
  readonly person: Person;
  readonly intent: string;
}

// Slack's ids of direct messages between two; those of channels and of groups begin with another letter.
const DIRECT_MESSAGE = /^D/u;

/** Reads what was typed, or what a button or a form asks for as if it had been. Wrong words, unknown services and plain questions are answered at once; the rest has to be looked into. */
export function readSlash(deps: SlashDeps, arrival: Asking, sender: Sender): SlashRequest {
  if (arrival.kind === "slash") {
    const { command: slash, text } = arrival;
    const match = matchCommand(deps.commands, { slash, text });
    return readMatch(deps, match, { arrival, sender, text: `${slash} ${text}`, door: "slash" });
  }
  const read = matchTyped(deps.commands, arrival);
  if (read === undefined) {
    const help = questionName(deps.commands, "help");
    const message =
      arrival.kind === "machine"
        ? `There is no command "${arrival.command}" that can be typed. Nothing was done.`
        : `There is no command "${arrival.command}" any more: what you used was made before the commands of Quarterdeck were changed. ` +
          `Nothing was done.${help === undefined ? "" : ` ${help} shows what there is now.`}`;
    return answered(notice("command.unknown", message));
  }
  const text = `${read.typed.slash} ${read.typed.text}`;
  return readMatch(deps, read.match, { arrival, sender, text, door: arrival.door });
}

/** What would have been typed, read; undefined where there is no such command. */
function matchTyped(
  commands: readonly Command[],
  arrival: CommandArrival | MachineArrival,
): ReturnType<typeof matchValues> {
  const { command } = arrival;
  if (arrival.kind === "command") return matchValues(commands, { command, values: arrival.values });
  if ("values" in arrival.typed) return matchValues(commands, { command, values: arrival.typed.values });
  return matchWords(commands, { command, words: arrival.typed.words });
}

interface Asked {
  readonly arrival: Asking;
  readonly sender: Sender;
  /** The whole line. */
  readonly text: string;
  readonly door: Origin["door"];
}

function readMatch(deps: SlashDeps, match: Match, asked: Asked): SlashRequest {
  if (match.kind === "help") return answered(helpAnswer(deps, match.text));
  if (match.kind === "mismatch") return answered(mismatchAnswer(deps, match, asked));
  const { command, values } = match;
  const { person } = asked.sender;
  if (deps.mode === "observe" && startsSteps(command)) return answered(observing(command));
  switch (command.body.kind) {
    case "answers":
      return readQuestion(deps, command.body.answers, { command, values, person });
    case "acts": {
      const { acts, verb } = command.body;
      const behalf = asked.arrival.kind === "machine" ? asked.arrival.behalf : undefined;
      return { kind: "act", ask: { command, acts, verb, values, person, behalf } };
    }
    case "plan":
      return readStart(deps, { command, plan: command.body.plan, values }, asked);
  }
}

function helpAnswer({ mode }: SlashDeps, text: string): Answer {
  const hint = "Quarterdeck is observing here: what starts steps is refused.";
  return { kind: "text", text: mode === "observe" ? `${hint}\n${text}` : text };
}

/** Steps act on what is outside; a retry goes on with the steps of a run, and so does what a step has waited for. */
function startsSteps({ body }: Command): boolean {
  return body.kind === "plan" || (body.kind === "acts" && (body.acts === "retry" || body.acts === "signal"));
}

function observing({ name }: Command): Answer {
  return notice(
    "mode.observing",
    `Quarterdeck only observes here, so "${name}" was not done: nothing is changed in any cluster. Whoever runs it switches that by taking "mode: observe" out of quarterdeck.yaml; it takes effect at once. History, status and alerts work as always.`,
  );
}

function mismatchAnswer(deps: SlashDeps, mismatch: Mismatch, { door, arrival }: Asked): Answer {
  const explained = explainMismatch(deps, mismatch, arrival.kind !== "machine");
  const { command, code } = mismatch;
  const isForm = command !== undefined && code === "empty";
  if (deps.mode === "observe" && isForm && startsSteps(command)) return observing(command);
  if (command === undefined || code !== "empty" || door !== "slash" || !hasForm(command)) {
    return { kind: "text", ...explained };
  }
  return { kind: "form", command: command.id, text: explained.text };
}

function readStart(
  deps: SlashDeps,
  named: Pick<StartAsk, "command" | "plan" | "values">,
  { arrival, sender, text, door }: Asked,
): SlashRequest {
  const loose = door === "trigger" ? unpinned(named) : undefined;
  if (loose !== undefined) return answered(loose);
  const places = namePlaces(deps.inventory, named);
  if (places.kind === "refused") return answered(places.answer);
  const channel = channelFor(deps, arrival, places.value.service?.name);
  const { team } = arrival;
  const origin: Origin = { door, intent: sender.intent, team, channel, text: text.slice(0, 500), ...causeOf(arrival) };
  return { kind: "start", ask: { ...named, person: sender.person, origin } };
}

function causeOf(arrival: Asking): Pick<Origin, "cause" | "behalf"> {
  if (arrival.kind !== "machine") return {};
  const { cause, behalf } = arrival;
  return { ...(cause !== undefined && { cause }), ...(behalf !== undefined && { behalf }) };
}

const FULL_COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;

/** What a trigger was told about is one commit, and not whatever a branch or a tag means by the time it is looked up. */
export function unpinned({ command, values }: Pick<StartAsk, "command" | "values">): Answer | undefined {
  const revision = valueOf(command, values, "revision");
  if (typeof revision !== "string" || FULL_COMMIT.test(revision)) return undefined;
  return notice(
    "trigger.not-pinned",
    `"${revision.slice(0, 100)}" is no full commit, and a trigger starts only what is pinned. Pass on the commit that the sender names, such as \${{ event.commit }}.`,
  );
}

/** Where the run is shown: in the channel of the service, otherwise where it was asked for. */
function channelFor({ inventory, teamChannel }: SlashDeps, arrival: Asking, service: string | undefined): string {
  const channel = arrival.kind === "machine" ? "" : arrival.channel;
  const own = service === undefined ? undefined : inventory.channelOf(service);
  return own ?? (channel === "" || DIRECT_MESSAGE.test(channel) ? teamChannel : channel);
}

/** What can be told from what is at hand is told at once. */
function readQuestion(deps: SlashDeps, answers: Answers, ask: Omit<QuestionAsk, "signal">): SlashRequest {
  const { command, values } = ask;
  const question = { service: textOf(command, values, "service"), environment: textOf(command, values, "environment") };
  switch (answers) {
    case "status":
      return answered(statusAnswer(deps, question));
    case "history":
      return answered(
        historyAnswer(deps, { ...question, by: textOf(command, values, "person"), team: ask.person.team }),
      );
    case "help":
      return answered(helpAnswer(deps, helpAbout(deps.commands, topicOf(command, values))));
    case "queue":
      return answered(queueAnswer(deps, ask));
    case "page":
      return answered(pageAnswer(deps, ask));
    case "triggers":
      return answered(triggersAnswer(deps, ask));
    case "where":
      if (valueOf(command, values, "revision") === null) return answered(liveAnswer(deps, ask));
      return { kind: "question", answers, ask };
    case "who":
    case "diff":
    case "plan":
      return { kind: "question", answers, ask };
  }
}

function topicOf(command: Command, values: JsonMap): string | undefined {
  const topic = valueOf(command, values, "string");
  return typeof topic === "string" ? topic : undefined;
}

function answered(answer: Answer): SlashRequest {
  return { kind: "answered", answer };
}
