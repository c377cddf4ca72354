import { z } from "zod";

import { JsonValue } from "../../domain/outcome.ts";
import { AppError } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";

const text = z.string();
const count = z.int().min(0);
const numbered = { quarterdeck: z.literal(1), n: z.int().min(1) };
const hosts = z.array(text);

/** How often something came of a task on a host, as Ansible counts it. */
export const HostCounts = z.strictObject({
  ok: count,
  changed: count,
  failed: count,
  unreachable: count,
  skipped: count,
  rescued: count,
  ignored: count,
});
export type HostCounts = z.infer<typeof HostCounts>;

/** What the events plug-in writes. Hosts come in several lines where there are many. */
export const PlayEvent = z.discriminatedUnion("type", [
  z.strictObject({ ...numbered, type: z.literal("playbook"), plays: count }),
  z.strictObject({ ...numbered, type: z.literal("inventory"), hosts }),
  z.strictObject({ ...numbered, type: z.literal("play"), name: text }),
  z.strictObject({ ...numbered, type: z.literal("play-hosts"), hosts }),
  z.strictObject({ ...numbered, type: z.literal("batch"), hosts }),
  z.strictObject({ ...numbered, type: z.literal("no-hosts") }),
  z.strictObject({ ...numbered, type: z.literal("cut-short") }),
  z.strictObject({ ...numbered, type: z.literal("task"), name: text, isHandler: z.boolean() }),
  z.strictObject({
    ...numbered,
    type: z.literal("result"),
    status: z.enum(["ok", "failed", "skipped", "unreachable"]),
    host: text,
    task: text,
    isChanged: z.boolean(),
    /** Of one that failed or could not be reached. */
    isIgnored: z.boolean().optional(),
    message: text.optional(),
    /** The handler that it is a result of. */
    handler: text.optional(),
  }),
  z.strictObject({ ...numbered, type: z.literal("notified"), host: text, handler: text, isAgain: z.boolean() }),
  z.strictObject({ ...numbered, type: z.literal("diff"), host: text, task: text, text }),
  z.strictObject({ ...numbered, type: z.literal("host"), host: text, ...HostCounts.shape }),
  z.strictObject({ ...numbered, type: z.literal("stat"), name: text, value: JsonValue, host: text.optional() }),
  z.strictObject({ ...numbered, type: z.literal("stat-too-large"), name: text, size: count, host: text.optional() }),
  z.strictObject({ ...numbered, type: z.literal("end"), hosts: count }),
]);
export type PlayEvent = z.infer<typeof PlayEvent>;

/** A line of the standard output; `text` is what a plug-in of the playbook's own, or a prompt, has printed. */
export type EventLine =
  | { readonly kind: "event"; readonly event: PlayEvent }
  | { readonly kind: "text"; readonly text: string };

const START = '{"quarterdeck":';

/** Throws `ansible.unclear` for an event that is not as it should be. */
export function parseEventLine(line: string): EventLine {
  if (!line.startsWith(START)) return { kind: "text", text: line };
  const event = PlayEvent.safeParse(tryJson(line)).data;
  if (event === undefined) throw unclear(`an event is not as it should be: ${JSON.stringify(line.slice(0, 120))}`);
  return { kind: "event", event };
}

/** What came of a play is not known: never taken for a success. */
export function unclear(why: string): AppError {
  return new AppError(unclearText(why), { code: "ansible.unclear" });
}

export function unclearText(why: string): string {
  return `What came of the play is not clear: ${why}. Look into the log, and at the hosts, before it is run again`;
}
