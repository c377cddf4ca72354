import { z } from "zod";

// What the program reads of what a server says, which may be a newer one and say more.

export const ToldEvent = z.object({
  version: z.int().min(1),
  type: z.string(),
  at: z.string(),
  text: z.string(),
  by: z.string().optional(),
});
export type ToldEvent = z.infer<typeof ToldEvent>;

/** What a step is doing. */
export const ToldProgress = z.object({ step: z.string(), text: z.string() });
export type ToldProgress = z.infer<typeof ToldProgress>;

export const ToldRun = z.object({
  id: z.string(),
  shortId: z.string(),
  version: z.int(),
  title: z.string(),
  status: z.string(),
  finishedAt: z.string().optional(),
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
  cancelled: z.object({ by: z.string(), reason: z.string() }).optional(),
  links: z.object({ page: z.string().optional() }),
});
export type ToldRun = z.infer<typeof ToldRun>;
