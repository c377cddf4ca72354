import { z } from "zod";

import type { LogRow } from "./check/truth.ts";

const Told = z.looseObject({
  uses: z.string().optional(),
  code: z.string().optional(),
  status: z.string().optional(),
  decision: z.string().optional(),
  attempt: z.number().optional(),
  retryAt: z.number().optional(),
  hold: z.string().optional(),
  stops: z.string().optional(),
  urgent: z.boolean().optional(),
  lostReason: z.string().optional(),
  failure: z.looseObject({ code: z.string() }).optional(),
  result: z.looseObject({ code: z.string() }).optional(),
  path: z.string().optional(),
});

/** What a row of the log tells of, without who and when: the same words wherever the same sort of thing happens. */
export function situationOf({ type, payload }: LogRow): string {
  const told = Told.safeParse(JSON.parse(payload ?? "{}")).data ?? {};
  const step = told.path?.slice(told.path.lastIndexOf("/") + 1);
  const codes = [told.failure?.code, told.result?.code, told.code, told.status, told.decision, told.lostReason];
  return [type, step, ...codes, ...marksOf(told)].filter((part) => part !== undefined && part !== "").join(" ");
}

function marksOf({ attempt = 1, retryAt, hold, stops, urgent }: z.infer<typeof Told>): readonly string[] {
  const marks = { again: attempt > 1, repeated: retryAt !== undefined, held: hold !== undefined };
  const all = { ...marks, stops: stops !== undefined, urgent: urgent === true };
  return Object.entries(all).flatMap(([mark, isSet]) => (isSet ? [mark] : []));
}
