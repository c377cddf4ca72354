import type { Failure } from "./outcome.ts";

/** How far a part of the chain has come. */
export type Reached =
  | { readonly kind: "done" }
  /** Something in it is under way, or waited for. */
  | { readonly kind: "pending" }
  /** Nothing in it is under way, and nothing more is begun: something beside it has failed. */
  | { readonly kind: "rest" }
  | ReachedFailure;

/** It has failed, and nothing in it is under way. `path` is that of the first thing that failed. */
export interface ReachedFailure {
  readonly kind: "failed";
  readonly path: string;
  readonly failure: Failure;
}

export const DONE: Reached = { kind: "done" };
export const PENDING: Reached = { kind: "pending" };
export const REST: Reached = { kind: "rest" };
