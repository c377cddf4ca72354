import { z } from "zod";

import { type Machine, MACHINES, machineUser } from "../domain/machine.ts";
import type { Answer } from "../engine/answer.ts";
import { notice } from "../engine/answer.ts";
import type { EventStore, PastIntent, PeopleStore } from "../engine/ports.ts";
import { isoTime } from "../platform/clock.ts";
import { didYouMean } from "../platform/did-you-mean.ts";
import { shortId } from "../platform/ids.ts";
import { valueOf } from "./command-values.ts";
import type { QuestionAsk } from "./question-ask.ts";

export interface TriggersDeps {
  /** Those that roles name. */
  readonly machines: () => readonly Machine[];
  readonly events: Pick<EventStore, "pastIntents">;
  readonly people: Pick<PeopleStore, "tryPseudonym">;
}

/** How much is shown of each, and how long a line may be. */
interface Room {
  readonly most: number;
  readonly longest: number;
}

const OF_ALL: Room = { most: 3, longest: 160 };
const OF_ONE: Room = { most: 15, longest: 500 };

const Body = z.object({ command: z.string().optional(), cause: z.object({ says: z.string() }).optional() });
const Result = z.object({ message: z.string().default(""), run: z.string().optional() });

/** What those asked for who are no people, newest first. */
export function triggersAnswer(
  deps: TriggersDeps,
  { command, values }: Pick<QuestionAsk, "command" | "values">,
): Answer {
  const machines = deps.machines();
  const typed = valueOf(command, values, "string");
  if (typeof typed !== "string") {
    if (machines.length === 0) return nothingThere();
    const shown = machines.map((machine) => linesOf(deps, machine, OF_ALL));
    return { kind: "text", text: shown.join("\n") };
  }
  const chosen = machines.filter(({ name }) => name === typed);
  if (chosen.length === 0) return unknown(typed, machines);
  return { kind: "text", text: chosen.map((machine) => linesOf(deps, machine, OF_ONE)).join("\n") };
}

function linesOf({ events, people }: TriggersDeps, machine: Machine, { most, longest }: Room): string {
  const actor = people.tryPseudonym(MACHINES, machineUser(machine));
  const past = actor === undefined ? [] : events.pastIntents(actor, most);
  const lines = past.length === 0 ? ["  has asked for nothing yet"] : past.map((intent) => lineOf(intent, longest));
  return [`${machine.sort} ${machine.name}`, ...lines].join("\n");
}

function lineOf({ at, body, result }: PastIntent, longest: number): string {
  const { command, cause } = Body.safeParse(body).data ?? {};
  const { message = "", run } = result === undefined ? { message: "under way" } : (Result.safeParse(result).data ?? {});
  const what = [cause?.says, command === undefined ? undefined : `asks for ${command}`].filter(
    (part) => part !== undefined,
  );
  const became = run === undefined || message.includes(shortId(run)) ? message : `${shortId(run)}: ${message}`;
  const line = `  ${isoTime(at).slice(0, 16).replace("T", " ")} ${[...what, became].join(" → ")}`.replaceAll(
    /\s*\n\s*/gu,
    " ",
  );
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
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
