import { z } from "zod";

/** What a step found, in words that people weigh and that an approval is of: `approval` takes it among its `checks`. */
export const CheckResult = z.strictObject({ name: z.string().min(1).max(200), result: z.string().min(1).max(500) });
export type CheckResult = z.infer<typeof CheckResult>;
