import { matchValues } from "../commands/match-command.ts";
import type { Command } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import { unpinned } from "../intake/slash-request.ts";
import type { Trigger } from "../triggers/compile-triggers.ts";
import { decideStarts, nothingText, type StartDecision } from "../triggers/decide-starts.ts";
import { MOST_EVENTS, UNREAD } from "../triggers/trigger-desk.ts";
import type { Delivery, TriggerEvent } from "../triggers/trigger-kind.ts";
import { machineRefusal } from "./machine-refusal.ts";

export interface TestedTrigger {
  readonly configuration: Configuration;
  readonly commands: readonly Command[];
  readonly trigger: Trigger;
}

export interface TriggerOutcome {
  /** Whether it starts anything, now or if it came in time. */
  readonly isGood: boolean;
  readonly lines: readonly string[];
}

/** What a delivery that is believed would start, by the same reading and the same decision as in the server. */
export async function outcomeOf(tested: TestedTrigger, delivery: Delivery): Promise<TriggerOutcome> {
  const { kind, settings } = tested.trigger;
  const reading = await kind.read(delivery, settings);
  switch (reading.kind) {
    case "handshake":
      return { isGood: false, lines: ["It only asks whether somebody is there, and is answered."] };
    case "unreadable":
      return { isGood: false, lines: [`It cannot be read: ${reading.reason}`] };
    case "nothing":
      return { isGood: false, lines: [`It starts nothing: ${reading.reason}`] };
    case "events": {
      const events = reading.events.slice(0, MOST_EVENTS);
      const lines = events.flatMap((event) => eventLines(tested, event, delivery.at));
      const told = events.map(({ says }) => `Told: ${says}`);
      const unread =
        reading.events.length > events.length ? [`Nothing: ${UNREAD}, and this one has ${reading.events.length}`] : [];
      return {
        isGood: lines.some(({ isGood }) => isGood),
        lines: [...told, ...lines.map(({ line }) => line), ...unread],
      };
    }
  }
}

interface Line {
  readonly isGood: boolean;
  readonly line: string;
}

/** What vendors show in their logs is of another day: it is said as well what would be started if it came in time. */
function eventLines(tested: TestedTrigger, event: TriggerEvent, now: number): readonly Line[] {
  const { trigger } = tested;
  const decisions = decideStarts(trigger, { events: [event], at: now });
  const lines = decisions.map((decision) => decisionLine(tested, decision));
  const isLate = decisions.some((decision) => decision.kind === "nothing" && decision.entry === undefined);
  if (!isLate) return lines;
  const timely = decideStarts(trigger, { events: [event], at: event.happenedAt ?? now });
  const others = timely.map((decision) => decisionLine(tested, decision));
  return [...lines, ...others.map(({ isGood, line }) => ({ isGood, line: `If it came in time: ${line}` }))];
}

function decisionLine({ configuration, commands, trigger }: TestedTrigger, decision: StartDecision): Line {
  if (decision.kind === "nothing") return { isGood: false, line: `Nothing: ${decision.reason}` };
  if (decision.kind === "failed") return { isGood: false, line: `Failed: ${nothingText(decision)}` };
  const read = matchValues(commands, decision);
  if (read === undefined) return { isGood: false, line: `Refused: there is no command "${decision.command}"` };
  const typed = `${read.typed.slash} ${read.typed.text}`;
  if (read.match.kind !== "matched") {
    const why = read.match.kind === "mismatch" ? read.match.message : "it only shows help";
    return { isGood: false, line: `Refused: ${typed} (${why})` };
  }
  const refusal = refusalOf(configuration, trigger, read.match);
  return refusal === undefined
    ? { isGood: true, line: `Starts: ${typed}` }
    : { isGood: false, line: `Refused: ${typed} (${refusal})` };
}

/** Why the configuration alone would not let it start; services that are discovered are only known to a running server. */
function refusalOf(
  configuration: Configuration,
  { machine }: Trigger,
  { command, values }: Extract<NonNullable<ReturnType<typeof matchValues>>["match"], { kind: "matched" }>,
): string | undefined {
  if (command.body.kind !== "plan") return undefined;
  if (configuration.mode === "observe") return "the configuration says `mode: observe`";
  const { plan } = command.body;
  const loose = unpinned({ command, values });
  if (loose?.kind === "notice") return loose.message;
  return machineRefusal(configuration, { machine, command, plan, values });
}
