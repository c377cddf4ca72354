import { effectKey } from "../domain/effect.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Job } from "../engine/ports.ts";

export interface Holder {
  readonly worker: string;
  /** When it was told last that it may begin (monotonic). */
  readonly since: number;
  /** Whether it has said that it has it. */
  readonly hasBegun: boolean;
}

/** An effect that waits for a worker or is executed by one. */
export interface Entry {
  readonly job: Job;
  /** The signed job, as it stands in the queue. */
  readonly envelope: string;
  /** Counts its places in the queue: it gets a new one where an earlier one may be stuck. */
  ticket: number;
  /** Since when it has that place (monotonic). */
  ticketAt: number;
  /** When it was added to the queue last (monotonic); undefined when it has to be. */
  addedAt: number | undefined;
  readonly waitingSince: number;
  /** Who may execute it. */
  holder: Holder | undefined;
  /** Why nobody wants it any more. */
  cancelled: string | undefined;
  /** The same effect under a newer token, which waits for this one to stop. */
  successor: { readonly job: Job; cancelled: string | undefined } | undefined;
  /** What workers said that could not execute it. */
  readonly refusals: Map<string, string>;
  /** What people were told last of its waiting. */
  told: string | undefined;
  /** The newest checkpoint that was asked for, which a worker asks for again until it hears. */
  checkpoint: { readonly request: string; readonly durable: Promise<void> } | undefined;
}

/** Whether it is to be begun by whichever worker is free; what may have been begun already only waits to be heard of. */
export function isWaiting({ job, holder }: Entry): boolean {
  return holder === undefined && job.mayHaveBegun !== true;
}

export function newEntry(job: Job, envelope: string, nowMs: number): Entry {
  return {
    job,
    envelope,
    ticket: 0,
    ticketAt: nowMs,
    addedAt: undefined,
    waitingSince: nowMs,
    holder: undefined,
    cancelled: undefined,
    successor: undefined,
    refusals: new Map(),
    told: undefined,
    checkpoint: undefined,
  };
}

/** It gets another place in the queue, to which it has to be added. */
export function renewTicket(entry: Entry, nowMs: number): void {
  entry.ticket += 1;
  entry.ticketAt = nowMs;
  entry.addedAt = undefined;
}

/** The id of an entry's job in the queue. */
export function ticketId({ job, ticket }: Pick<Entry, "job" | "ticket">): string {
  // BullMQ keeps colons for itself, and step paths have slashes and brackets.
  return `${Buffer.from(effectKey(job.effect)).toString("base64url")}.${job.token}.${ticket}`;
}

export function stopped(reason: string): Outcome {
  return { status: "failed", failure: { code: "cancelled", message: `stopped: ${reason}`, retry: "never" } };
}

/** What becomes of a step that must not be repeated when the process that had it handed out is gone, and nobody has it. */
export function interrupted(): Outcome {
  const message =
    `The server ended while this step was under way or about to begin, and it is not safe to repeat. ` +
    `Look how far it came; a person decides whether it is tried again.`;
  return { status: "failed", failure: { code: "step.interrupted", message, retry: "never" } };
}

/** What becomes of a step that must not be repeated when nobody knows how far it came. */
export function lost(worker: string, why: string): Outcome {
  const message =
    `The worker ${worker} ${why} while it executed this step, which is not safe to repeat. ` +
    `Look how far it came; a person decides whether it is tried again.`;
  return { status: "failed", failure: { code: "worker.lost", message, retry: "never" } };
}
