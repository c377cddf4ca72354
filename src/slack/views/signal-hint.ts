import type { StepView } from "../../domain/run-view.ts";
import { fieldText } from "../../domain/signal-ask.ts";
import { code, inert } from "../mrkdwn.ts";
import type { ViewLookups } from "./view-lookups.ts";

type Awaited = NonNullable<StepView["awaited"]>;

/** What has to be typed for the step to go on, as one line of mrkdwn. */
export function signalHint({ signal, run }: Awaited, lookups: ViewLookups): string {
  const fields = Object.entries(signal.payload ?? {}).flatMap(([name, { optional }]) =>
    optional === true ? [] : [` ${name}=…`],
  );
  return code(`${lookups.mainCommand()} signal ${run} ${signal.name}${fields.join("")}`, 300);
}

/** The same with what comes with it, and who may send it, a line each. */
export function signalLines(awaited: Awaited, lookups: ViewLookups): readonly string[] {
  const { payload = {}, from = [], verb = "signal" } = awaited.signal;
  const values = Object.entries(payload).map(([name, field]) => {
    const summary = field.summary === undefined ? "" : `, ${inert(field.summary, 150)}`;
    return `• ${code(name, 50)}: ${inert(fieldText(field), 150)}${field.optional === true ? ", may be left out" : ""}${summary}`;
  });
  const senders = from.map((sender) => {
    if ("user" in sender) return `<@${sender.user}>`;
    return sender.handle === undefined ? "a group" : inert(`@${sender.handle}`, 80);
  });
  const who = from.length === 0 ? `whoever is granted ${code(verb, 40)}` : senders.join(", ");
  return [`Send ${signalHint(awaited, lookups)}`, ...values.slice(0, MOST_VALUES), `From ${who}`];
}

const MOST_VALUES = 6;
