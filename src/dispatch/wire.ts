import { z } from "zod";

import { Effect, effectKey } from "../domain/effect.ts";
import { JsonValue, Outcome, RetryClass } from "../domain/outcome.ts";
import { KindOrigin } from "../engine/kind-origin.ts";
import type { Job } from "../engine/ports.ts";
import type { StepFacts } from "../engine/step-kind.ts";
import type { Json } from "../platform/canonical-json.ts";

/** The version of everything in this file. A server and a worker that differ in it do not work together. */
export const PROTOCOL = 1;

/** What is read of a job before anything else, also of one that another version made. */
export const JobHead = z.looseObject({
  protocol: z.int(),
  /** The version of the program that made it. */
  version: z.string(),
  effect: Effect,
  token: z.int(),
  uses: z.string(),
  /** The plug-in that the server has the kind from; absent for a kind of the program. */
  origin: KindOrigin.exactOptional(),
});

const KnownFacts = z.looseObject({ runTitle: z.string(), requester: z.string(), requesterUser: z.string() });
// The rest of the facts is the server's own word under its signature, and kinds read of it what they know.
const Facts = z.custom<StepFacts>((value) => KnownFacts.safeParse(value).success);

const JobBody = JobHead.extend({
  protocol: z.literal(PROTOCOL),
  input: z.record(z.string(), JsonValue),
  facts: Facts,
  checkpointed: JsonValue.optional(),
  earlier: JsonValue.optional(),
  prepared: JsonValue.optional(),
  startedAt: z.number(),
  /** How to reach the system that the job works on, as the one who wired the dispatcher wrote it. */
  connection: JsonValue.optional(),
});

/** A job as it travels: with everything that a worker needs to execute it. */
export interface WireJob {
  readonly job: Job;
  readonly connection: Json | undefined;
  /** Of its kind; it was compared by whoever reads the job. */
  readonly origin?: KindOrigin | undefined;
}

/** The body of a job for the wire. */
export function writeJob({ job, origin, connection }: WireJob, version: string): object {
  return { protocol: PROTOCOL, version, ...job, origin, connection };
}

/** Reads the body of a job that this version made; undefined when it is something else. */
export function tryReadJob(body: unknown): WireJob | undefined {
  const parsed = JobBody.safeParse(body).data;
  if (parsed === undefined) return undefined;
  const { effect, token, uses, input, facts, checkpointed, earlier, prepared, startedAt, connection } = parsed;
  return { job: { effect, token, uses, input, facts, checkpointed, earlier, prepared, startedAt }, connection };
}

/** One dispatch of one effect, as both sides name it. */
export const JobRef = z.strictObject({ key: z.string(), token: z.int() });
export type JobRef = z.infer<typeof JobRef>;

export function refOf({ effect, token }: Pick<Job, "effect" | "token">): JobRef {
  return { key: effectKey(effect), token };
}

const Progress = z.strictObject({
  text: z.string(),
  done: z.number().exactOptional(),
  total: z.number().exactOptional(),
  lines: z.array(z.string()).readonly().exactOptional(),
});

const about = { ...JobRef.shape };
/** The server answers it under this id; it is sent again until then. */
const request = z.string();

/** What a worker tells the server. */
export const ReportContent = z.discriminatedUnion("type", [
  /** That it is there, and what it has: jobs that it executes, and jobs whose outcome the server has not acknowledged. */
  z.strictObject({
    type: z.literal("beat"),
    version: z.string(),
    protocol: z.int(),
    kinds: z.array(z.string()),
    free: z.int(),
    jobs: z.array(JobRef),
  }),
  /** It has taken a job from the queue and asks whether it is still to be executed. */
  z.strictObject({ type: z.literal("claim"), request, ...about }),
  /** It has taken a job that it cannot execute. */
  z.strictObject({ type: z.literal("unable"), ...about, message: z.string() }),
  z.strictObject({ type: z.literal("progress"), ...about, progress: Progress }),
  z.strictObject({ type: z.literal("checkpoint"), request, ...about, data: JsonValue }),
  z.strictObject({ type: z.literal("outcome"), request, ...about, outcome: Outcome }),
  /** It ends, and has begun these and not come to their end. Of what else it had nothing goes on, and it may be repeated. */
  z.strictObject({ type: z.literal("leaving"), unfinished: z.array(JobRef) }),
]);
export type ReportContent = z.infer<typeof ReportContent>;
export type ReportOf<Type extends ReportContent["type"]> = Extract<ReportContent, { type: Type }>;

/** `seq` only grows, so that a report that is sent a second time by somebody else changes nothing. */
export const Report = z.strictObject({
  /** The start of the server that the worker knows of; empty while it knows none. */
  epoch: z.string(),
  worker: z.string(),
  seq: z.int(),
  content: ReportContent,
});
export type Report = z.infer<typeof Report>;

const Verdict = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string(), retry: RetryClass }),
]);
export type Verdict = z.infer<typeof Verdict>;

/** What the server tells a worker. */
export const AnswerContent = z.discriminatedUnion("type", [
  /**
   * The server has started, or does not know the worker: it says what it has. `answers` is the `seq` of the worker's own report that
   * it answers, and 0 where it answers none: somebody may say it again long after that server has gone.
   */
  z.strictObject({ type: z.literal("roll-call"), answers: z.int() }),
  /** Nothing but that outcomes were received. */
  z.strictObject({ type: z.literal("received") }),
  /** `answers` is the `seq` of the report that it answers: the same may have been asked again since. */
  z.strictObject({ type: z.literal("verdict"), request, answers: z.int(), verdict: Verdict }),
  /** Stop executing this; with `silently` nobody waits for its outcome. */
  z.strictObject({ type: z.literal("stop"), ...about, reason: z.string(), silently: z.boolean() }),
]);
export type AnswerContent = z.infer<typeof AnswerContent>;

export const Answer = z.strictObject({
  epoch: z.string(),
  /** For whom; `*` for all. */
  worker: z.string(),
  /** The requests with which outcomes came that count. They go along with whatever is said next. */
  received: z.array(z.string()),
  content: AnswerContent,
});
export type Answer = z.infer<typeof Answer>;

/** Where everything of one installation is in a Redis that others may use too. Keys of another secret are other places. */
export interface Places {
  readonly prefix: string;
  readonly queue: string;
  readonly reports: string;
  readonly everybody: string;
  readonly worker: (id: string) => string;
}

export function placesOf(jobKeyId: string): Places {
  const prefix = `quarterdeck:${jobKeyId}`;
  return {
    prefix,
    queue: "jobs",
    reports: `${prefix}:reports`,
    everybody: `${prefix}:workers`,
    worker: (id) => `${prefix}:worker:${id}`,
  };
}

/** What stands in the queue: one signed job. */
export const QueuedJob = z.looseObject({ envelope: z.string() });
