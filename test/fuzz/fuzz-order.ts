import { z } from "zod";

/** What a process is started for. */
export const Order = z.discriminatedUnion("kind", [
  /** `journal` is the file in which the inputs stand that are tried at the moment. */
  z.object({
    kind: z.literal("hunt"),
    target: z.string(),
    seed: z.number(),
    forMs: z.number(),
    journal: z.string(),
  }),
  /** To see which of them does not come back. */
  z.object({ kind: z.literal("walk"), target: z.string(), inputs: z.array(z.string()) }),
  /** How long each takes where nothing watches. */
  z.object({ kind: z.literal("measure"), target: z.string(), inputs: z.array(z.string()) }),
  /** The shortest input that still does the same. */
  z.object({ kind: z.literal("shrink"), target: z.string(), input: z.string(), cause: z.string() }),
]);
export type Order = z.infer<typeof Order>;
export type OrderOf<Kind extends Order["kind"]> = Extract<Order, { kind: Kind }>;

/** What it says: that it gets on, with which input, and in the end what came out. */
export const Said = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("beat"), at: z.number().optional() }),
  z.object({ kind: z.literal("answer"), answer: z.unknown() }),
]);
