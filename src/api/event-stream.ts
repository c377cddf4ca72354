import { z } from "zod";

import { eventWords } from "../domain/event-words.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { HttpStream } from "../http/http-route.ts";
import { isoTime } from "../platform/clock.ts";
import type { ApiDeps } from "./api-deps.ts";

export const EVENT_STREAM = "text/event-stream";

/** A fact of a run as it is told to whoever follows it. */
export const EventBody = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .meta({ description: "The place of the fact among those of the run; also the event's `id`" }),
    type: z.string().meta({ description: "Such as `step.succeeded`; there may be new ones" }),
    at: z.iso.datetime(),
    text: z.string().meta({ description: "What happened, in one sentence" }),
    by: z.string().optional().meta({ description: "Who did it, as messages call them" }),
    step: z.string().optional().meta({ description: "The path of the step that it is about" }),
    attempt: z.int().optional(),
    status: z.enum(["succeeded", "failed", "cancelled"]).optional().meta({ description: "How the run ended" }),
  })
  .meta({ id: "Event" });
export type EventBody = z.infer<typeof EventBody>;

interface FollowedRun {
  readonly run: string;
  /** The newest fact that whoever follows has. */
  readonly after: number;
  /** The name of the token that is used for it. */
  readonly token: string;
}

// Proxies take connections for dead on which nothing is said.
const HEARTBEAT_MS = 15_000;
const LONGEST_TEXT = 2000;

/**
 * What has happened to a run, and what happens to it, as server-sent events. A fact is looked up when those before it have been
 * taken, so that nothing is kept for whoever is slow. Ends when the run has ended and all of it is told.
 */
export function eventStream(
  { feed, events: log, view, names: namesOf }: Pick<ApiDeps, "feed" | "events" | "view" | "names">,
  { run, after, token }: FollowedRun,
): HttpStream {
  return async function* pieces(signal) {
    if (feed.isFullFor(token)) return;
    using following = feed.follow(run, token);
    let told = after;
    while (!signal.aborted) {
      const events = following.after(told) ?? log.readRun(run).slice(told);
      const names = await namesOf(new Set(events.flatMap(({ actor }) => actor ?? [])));
      for (const event of events) {
        told += 1;
        yield eventText(eventBody(event, { version: told, names }));
      }
      // The run in memory may be ahead of the log.
      const { finishedAt, version } = view(run).state;
      if (finishedAt !== undefined && told >= version) return;
      while (!signal.aborted && !(await following.heard(HEARTBEAT_MS, signal))) {
        if (!signal.aborted) yield ": still here\n\n";
      }
    }
  };
}

export function eventBody(
  event: RunEvent,
  { version, names }: { readonly version: number; readonly names: ReadonlyMap<string, string> },
): EventBody {
  const { type, at, actor } = event;
  return {
    version,
    type,
    at: isoTime(at),
    text: eventWords(event).slice(0, LONGEST_TEXT).toWellFormed(),
    ...(actor !== undefined && { by: names.get(actor) ?? "somebody" }),
    ...("path" in event && { step: event.path }),
    ...("attempt" in event && { attempt: event.attempt }),
    ...(type === "run.finished" && { status: event.status }),
  };
}

/** JSON has no line ends in it, so that one line holds all of it. */
function eventText(body: EventBody): string {
  return `id: ${body.version}\nevent: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
}
