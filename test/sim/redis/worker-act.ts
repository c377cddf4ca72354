/** What happens to a worker: the one at this place in the line of them. Whoever ends is replaced after so long, under a new name. */
export type WorkerAct = { readonly worker: number } & (
  | { readonly kind: "lose"; readonly downMs: number }
  /** As by SIGTERM. */
  | { readonly kind: "end"; readonly downMs: number }
  /** It stands still, and goes on afterwards as if nothing had been. */
  | { readonly kind: "stall"; readonly ms: number }
);
