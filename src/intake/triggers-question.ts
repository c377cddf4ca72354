import { z } from "zod";

import { type Machine, MACHINES, machineUser } from "../domain/machine.ts";
import type { Answer } from "../engine/answer.ts";
import { mistakeLine } from "../engine/mistake-line.ts";
import { notice } from "../engine/answer.ts";
import type { EventStore, PastIntent, PeopleStore } from "../engine/ports.ts";
import type { MachinePast, PastAsk, PastTold, RefusedDeliveries } from "../engine/question-answers.ts";
import type { Json } from "../platform/canonical-json.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { valueOf } from "./command-values.ts";
import type { QuestionAsk } from "./question-ask.ts";

export interface TriggersDeps {
  /** Those that roles name. */
  readonly machines: () => readonly Machine[];
  readonly refusedBy: (trigger: string) => RefusedDeliveries | undefined;
  readonly events: Pick<EventStore, "pastIntents" | "intentResult">;
  readonly people: Pick<PeopleStore, "tryPseudonym">;
}

const MOST_OF_EACH = 3;
const MOST_OF_ONE = 15;
// What a delivery asks for is recorded beside it: so many records are looked at for each one that is told of.
const RECORDS_EACH = 10;

const Cause = z.object({ says: z.string(), link: z.string().optional() });
const Body = z.object({
  command: z.string().optional(),
  cause: Cause.optional(),
  asks: z.array(z.object({ command: z.string(), key: z.string() })).optional(),
});
const Result = z.object({ code: z.string().optional(), message: z.string().default(""), run: z.string().optional() });

/** What those asked for who are no people, newest first. */
export function triggersAnswer(
  deps: TriggersDeps,
  { command, values }: Pick<QuestionAsk, "command" | "values">,
): Answer {
  const machines = deps.machines();
  const typed = valueOf(command, values, "string");
  if (typeof typed !== "string") {
    if (machines.length === 0) return nothingThere();
    return { kind: "machines", isWhole: false, machines: machines.map((each) => pastOf(deps, each, MOST_OF_EACH)) };
  }
  const chosen = machines.filter(({ name }) => name === typed);
  if (chosen.length === 0) return unknown(typed, machines);
  return { kind: "machines", isWhole: true, machines: chosen.map((each) => pastOf(deps, each, MOST_OF_ONE)) };
}

function pastOf({ events, people, refusedBy }: TriggersDeps, machine: Machine, most: number): MachinePast {
  const actor = people.tryPseudonym(MACHINES, machineUser(machine));
  const past = actor === undefined ? [] : events.pastIntents(actor, most * RECORDS_EACH);
  // What a delivery asked for is told of with the delivery.
  const covered = new Set(past.flatMap(({ body }) => bodyOf(body).asks?.map(({ key }) => key) ?? []));
  const told = past.filter(({ key }) => !covered.has(key)).slice(0, most);
  const refused = machine.sort === "trigger" ? refusedBy(machine.name) : undefined;
  return { machine, told: told.map((intent) => toldOf(events, intent)), ...(refused !== undefined && { refused }) };
}

function toldOf(events: TriggersDeps["events"], { at, body, result }: PastIntent): PastTold {
  const { command, cause, asks = [] } = bodyOf(body);
  if (command !== undefined) return { at, cause, asked: [askOf(command, result)], reason: "" };
  const asked = asks.map((ask) => askOf(ask.command, events.intentResult(ask.key)?.result));
  return { at, cause, asked, reason: Result.safeParse(result).data?.message ?? "" };
}

function askOf(command: string, result: Json | undefined): PastAsk {
  if (result === undefined) return { command, message: undefined };
  const { code = "", message = "", run } = Result.safeParse(result).data ?? {};
  // As it is kept, what explains a typing mistake has several lines.
  return { command, message: code === "text" ? mistakeLine(message) : message, run };
}

function bodyOf(body: Json): z.infer<typeof Body> {
  return Body.safeParse(body).data ?? {};
}

function nothingThere(): Answer {
  return notice(
    "triggers.none",
    "Only people start runs here: the configuration has no triggers, schedules or tokens.",
  );
}

function unknown(name: string, machines: readonly Machine[]): Answer {
  const meant = didYouMean(
    name,
    machines.map((machine) => machine.name),
  );
  const hint = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  return notice("triggers.unknown", `There is no trigger, schedule or token "${name}".${hint}`);
}
