import type { Command } from "../commands/command.ts";
import { helpAbout, type Match, matchCommand, type Mismatch, mismatchText } from "../commands/match-command.ts";
import { helpFor } from "../commands/usage.ts";
import type { Answer } from "../engine/answer.ts";
import type { Person } from "../engine/ports.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { JsonMap } from "../platform/canonical-json.ts";
import type { SlashArrival } from "./arrival.ts";
import { historyAnswer, type QueryDeps, statusAnswer } from "./queries.ts";
import { namePlaces, type StartAsk } from "./start-request.ts";

/** What a slash command asks for, as far as it can be told without asking anybody. */
export type SlashRequest =
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "start"; readonly ask: Omit<StartAsk, "signal" | "settle"> };

export interface SlashDeps extends QueryDeps {
  readonly commands: readonly Command[];
  readonly inventory: Inventory;
  /** Where a run is shown that was asked for in a direct message; people do not find one another's. */
  readonly teamChannel: string;
}

const MOST_SERVICES = 12;
// Slack's ids of direct messages between two; those of channels and of groups begin with another letter.
const DIRECT_MESSAGE = /^D/u;

/** Reads what was typed. Wrong words, unknown services and plain questions are answered at once; the rest has to be looked into. */
export function readSlash(
  deps: SlashDeps,
  arrival: SlashArrival,
  sender: { readonly person: Person; readonly intent: string },
): SlashRequest {
  const match: Match = matchCommand(deps.commands, { slash: arrival.command, text: arrival.text });
  if (match.kind === "help") return answered({ kind: "text", text: match.text });
  if (match.kind === "mismatch") return answered({ kind: "text", text: explain(deps.inventory, match) });
  const { command, values } = match;
  if (command.body.kind === "answers")
    return answered(answerOf(deps, command, { answers: command.body.answers, values }));
  const { plan } = command.body;
  const places = namePlaces(deps.inventory, { command, plan, values });
  if (places.kind === "refused") return answered(places.answer);
  const channel = channelFor(deps, arrival, places.value.service.name);
  const text = `${arrival.command} ${arrival.text}`.slice(0, 500);
  const origin = { door: "slash", intent: sender.intent, team: arrival.team, channel, text } as const;
  return { kind: "start", ask: { command, plan, values, person: sender.person, origin } };
}

/** Where the run is shown: in the channel of the service, otherwise where it was asked for. */
function channelFor({ inventory, teamChannel }: SlashDeps, { channel }: SlashArrival, service: string): string {
  return inventory.channelOf(service) ?? (DIRECT_MESSAGE.test(channel) ? teamChannel : channel);
}

/** What is wrong, and where words are missing also what can be named. */
function explain(inventory: Inventory, mismatch: Mismatch): string {
  const { code, command } = mismatch;
  const isShort = code === "empty" || code === "missing";
  const namesService = command?.inputs.some(({ definition }) => definition.type === "service") ?? false;
  if (!isShort || command === undefined || !namesService) return mismatchText(mismatch);
  const shown = inventory.services.slice(0, MOST_SERVICES);
  const more = inventory.services.length - shown.length;
  const services = shown.map(({ name, environments }) => `  ${name}: ${environments.map((at) => at.name).join(", ")}`);
  const known = ["Services and their environments:", ...services, ...(more > 0 ? [`  and ${more} more`] : [])];
  const head = code === "empty" ? `Say what to do, in one line.\n${helpFor(command)}` : mismatchText(mismatch);
  return [head, ...known].join("\n");
}

function answerOf(
  deps: SlashDeps,
  command: Command,
  asked: { readonly answers: "status" | "history" | "help"; readonly values: JsonMap },
): Answer {
  const question = {
    service: valueOf(command, asked.values, "service"),
    environment: valueOf(command, asked.values, "environment"),
  };
  switch (asked.answers) {
    case "status":
      return statusAnswer(deps, question);
    case "history":
      return historyAnswer(deps, question);
    case "help": {
      const topic = asked.values["topic"];
      return { kind: "text", text: helpAbout(deps.commands, typeof topic === "string" ? topic : undefined) };
    }
  }
}

function valueOf(command: Command, values: JsonMap, type: "service" | "environment"): string {
  const input = command.inputs.find(({ definition }) => definition.type === type);
  const value = input === undefined ? undefined : values[input.name];
  return typeof value === "string" ? value : "";
}

function answered(answer: Answer): SlashRequest {
  return { kind: "answered", answer };
}
