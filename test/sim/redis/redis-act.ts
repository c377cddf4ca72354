/** What goes wrong with Redis or with the way to it; plain data. Shares are from 0 to 1. */
export type RedisAct =
  /** Somebody empties it. */
  | { readonly kind: "flush" }
  /** It is killed, and there again so long after, with or without what was in it. */
  | { readonly kind: "away"; readonly ms: number; readonly keeps: boolean }
  /** It stands still: connections stay, nothing is answered, and what was sent meanwhile counts afterwards. */
  | { readonly kind: "freeze"; readonly ms: number }
  /** The processes whose names begin so lose it, and nobody else does. */
  | { readonly kind: "cut"; readonly whom: string; readonly ms: number }
  /** It takes no jobs, because its memory is full. */
  | { readonly kind: "full"; readonly ms: number }
  | MessageTrouble
  /** What is answered to workers gets lost; what they say is heard, and so is what is said to all of them. */
  | { readonly kind: "lose-answers"; readonly ms: number }
  /** What one worker has taken is given to another one as well. */
  | { readonly kind: "redeliver"; readonly ms: number; readonly share: number }
  /** Somebody says again what was said at any time before. */
  | { readonly kind: "replay"; readonly of: Replayed; readonly count: number }
  /** Whenever a worker says something, somebody tells everybody so many times what was answered to others. */
  | { readonly kind: "misdirect"; readonly ms: number; readonly count: number }
  /** Somebody who knows no secret makes up messages and jobs, out of those that were sent. */
  | { readonly kind: "forge"; readonly count: number };

/** What becomes of messages for a while. */
export interface MessageTrouble {
  readonly kind: "messages";
  readonly ms: number;
  readonly lost?: number;
  readonly doubled?: number;
  /** These arrive up to `lateMs` later, and so after others that were sent later. */
  readonly late?: number;
  readonly lateMs?: number;
  /** Of these the sender never hears that they arrived. */
  readonly unanswered?: number;
}

/** Reports go to the server, answers to one worker, and roll-calls to all of them. */
export type Replayed = "reports" | "answers" | "roll-calls" | "jobs";
