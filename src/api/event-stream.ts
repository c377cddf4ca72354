import { z } from "zod";

import { eventWords } from "../domain/event-words.ts";
import type { RunEvent } from "../domain/run-event.ts";
import type { RunView } from "../domain/run-view.ts";
import type { HttpStream } from "../http/http-route.ts";
import { type Clock, isoTime } from "../platform/clock.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { ApiToken } from "./api-token.ts";
import type { Following } from "./run-feed.ts";

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

export const PROGRESS = "progress";

/** What a step is doing, which is said as it is now and not kept. */
export const ProgressBody = z
  .strictObject({ step: z.string().meta({ description: "The path of the step" }), text: z.string() })
  .meta({ id: "Progress" });
export type ProgressBody = z.infer<typeof ProgressBody>;

export interface FollowedRun {
  readonly run: string;
  /** The newest fact that whoever follows has. */
  readonly after: number;
  /** The token that is used for it. */
  readonly token: ApiToken;
}

// Proxies take connections for dead on which nothing is said.
const HEARTBEAT_MS = 15_000;
// Steps have news of themselves more often than anybody reads them.
const PROGRESS_EVERY_MS = 1000;
const LONGEST_TEXT = 2000;

/**
 * What has happened to a run, and what happens to it, as server-sent events; between them what its steps are doing, which is no fact and
 * has no id. A fact is looked up when those before it have been taken, so that nothing is kept for whoever is slow. Ends when the
 * run has ended and all of it is told, and where the token does not count any more, or may not read.
 */
export function eventStream(deps: StreamDeps, followed: FollowedRun): HttpStream {
  const { token } = followed;
  return async function* pieces(signal) {
    if (deps.feed.isFullFor(token.name)) return;
    for await (const piece of newsOf(deps, { ...followed, signal })) {
      if (!deps.tokens.isGoodFor(token, "read")) return;
      yield piece;
    }
  };
}

async function* newsOf(
  deps: StreamDeps,
  { run, after, token, signal }: FollowedRun & { readonly signal: AbortSignal },
): AsyncGenerator<string> {
  const { feed, view, clock } = deps;
  using following = feed.follow(run, token.name);
  const progress = new ShownProgress(clock);
  let told = after;
  while (!signal.aborted) {
    for await (const event of factsAfter(deps, { run, told, following })) {
      told = event.version;
      yield factText(event);
    }
    const shown = view(run);
    // The run in memory may be ahead of the log.
    if (shown.state.finishedAt !== undefined && told >= shown.version) return;
    for (const news of progress.newsOf(shown)) yield news;
    const silentMs = progress.isLeft ? PROGRESS_EVERY_MS : HEARTBEAT_MS;
    while (!signal.aborted && !(await following.heard(silentMs, signal)) && !progress.isLeft) {
      if (!signal.aborted) yield ": still here\n\n";
    }
  }
}

type StreamDeps = Pick<ApiDeps, "feed" | "events" | "view" | "names" | "clock" | "tokens">;

async function* factsAfter(
  { events: log, names: namesOf }: StreamDeps,
  { run, told, following }: { readonly run: string; readonly told: number; readonly following: Following },
): AsyncGenerator<EventBody> {
  const events = following.after(told) ?? log.readRun(run).slice(told);
  const names = await namesOf(new Set(events.flatMap(({ actor }) => actor ?? [])));
  for (const [index, event] of events.entries()) yield eventBody(event, { version: told + index + 1, names });
}

/** What the steps of a run were last said to be doing. */
class ShownProgress {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #texts = new Map<string, string>();
  #saidAt = -Infinity;
  /** Whether it was too soon to say what there was. */
  isLeft = false;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  newsOf({ stages, otherSteps, stops }: RunView): readonly string[] {
    const steps = [...stages.flatMap((stage) => stage.steps), ...otherSteps, ...stops];
    const news = steps.filter(({ path, progress }) => progress && this.#texts.get(path) !== progress.text);
    const now = this.#clock.monotonic();
    this.isLeft = news.length > 0 && now - this.#saidAt < PROGRESS_EVERY_MS;
    if (news.length === 0 || this.isLeft) return [];
    this.#saidAt = now;
    return news.map(({ path, progress }) => {
      this.#texts.set(path, progress?.text ?? "");
      return progressText({ step: path, text: progress?.text ?? "" });
    });
  }
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
function factText(body: EventBody): string {
  return `id: ${body.version}\nevent: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
}

function progressText({ step, text }: ProgressBody): string {
  const body = { step, text: text.slice(0, LONGEST_TEXT).toWellFormed() };
  return `event: ${PROGRESS}\ndata: ${JSON.stringify(body)}\n\n`;
}
