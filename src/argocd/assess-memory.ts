import type { AncestryQuestion, Verdict } from "./verdict.ts";

/** What earlier looks at the same application left behind; plain data. Losing it costs time, never correctness. */
export interface AssessMemory {
  /** The ended operation (or the lack of one) that the fields below belong to, and when it was first seen so, on our clock. */
  readonly quiet?: { readonly state: string; readonly sinceMs: number };
  /** When Argo CD was first seen to have compared the application after that. */
  readonly settled?: { readonly atMs: number };
  /** First seen Healthy, with Argo CD's transition time: when that changes, health came and went unseen. */
  readonly healthy?: { readonly sinceMs: number; readonly transition?: string };
  readonly degradedSinceMs?: number;
  /** Answers to the questions of ancestry that were asked, by `ancestryKey`. */
  readonly ancestry: Readonly<Record<string, boolean>>;
}

/** One look judged, and what to hand in with the next one. */
export interface Assessment {
  readonly verdict: Verdict;
  readonly memory: AssessMemory;
}

export const noMemory: AssessMemory = { ancestry: {} };

export function ancestryKey(question: AncestryQuestion): string {
  return `${question.ancestor}..${question.descendant}`;
}

/** The memory with the answer to one question of ancestry. */
export function rememberAncestry(memory: AssessMemory, question: AncestryQuestion, answer: boolean): AssessMemory {
  return { ...memory, ancestry: { ...memory.ancestry, [ancestryKey(question)]: answer } };
}

/** Something is under way: whatever was observed of the end before is void. */
export function forgetQuiet(memory: AssessMemory): AssessMemory {
  return { ancestry: memory.ancestry };
}

/** The memory of the quiet state `state`, started anew when it is another one than before. */
export function rememberQuiet(memory: AssessMemory, state: string, nowMs: number): AssessMemory {
  if (memory.quiet?.state === state) return memory;
  return { ...forgetQuiet(memory), quiet: { state, sinceMs: nowMs } };
}

/** The memory without any observation of health. */
export function forgetHealth(memory: AssessMemory): AssessMemory {
  const { healthy: _healthy, degradedSinceMs: _degraded, ...rest } = memory;
  return rest;
}
