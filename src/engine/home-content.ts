import type { HandLock } from "../domain/hand-lock.ts";
import type { PlaceStatus } from "./answer.ts";
import type { RunRow } from "./ports.ts";

/** A gate that waits for people. */
export interface WaitingGate {
  readonly run: string;
  readonly path: string;
  /** How often it was opened anew; together with run and path it names the message that asks. */
  readonly opening: number;
  readonly service: string;
  readonly environment: string;
  /** Of the run: what it is known by where it is for no service and no environment. */
  readonly title: string;
  readonly fromRevision: string;
  /** Empty where a saved plan is approved and no revision. */
  readonly toRevision: string;
  /** Pseudonym. */
  readonly requester: string;
  readonly expiresAt: number;
  readonly approvals: number;
  readonly quorum: number;
}

/** What one person sees on the app's Home tab. */
export interface HomeContent {
  /** The gates on which the person may decide, the one that expires first before the others. */
  readonly waiting: readonly WaitingGate[];
  /** True when it could not be found out for every gate whether the person may decide. */
  readonly isWaitingIncomplete: boolean;
  /** The newest runs that the person asked for. */
  readonly own: readonly RunRow[];
  /** What people have locked, and what rollbacks hold. */
  readonly locks: readonly HandLock[];
  readonly services: readonly { readonly name: string; readonly places: readonly PlaceStatus[] }[];
}

/** Gathers what somebody sees on the Home tab, as it is now. */
export interface HomeSource {
  homeOf(person: { readonly team: string; readonly user: string }): Promise<HomeContent>;
}
