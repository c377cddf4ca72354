import { z } from "zod";

/** From the worst to the least, as Trivy rates what it finds. */
export const SEVERITIES = ["critical", "high", "medium", "low", "unknown"] as const;
export type Severity = (typeof SEVERITIES)[number];

const most = z.int().min(0);

/** How many findings of each severity there may be; a severity that is not named stops nothing. */
export const FailOn = z
  .strictObject({
    critical: most.optional(),
    high: most.optional(),
    medium: most.optional(),
    low: most.optional(),
    unknown: most.optional(),
  })
  .refine((limits) => Object.keys(limits).length > 0, { error: "name at least one severity, such as critical: 0" });
export type FailOn = z.infer<typeof FailOn>;

export const DEFAULT_FAIL_ON: FailOn = { critical: 0, high: 0 };

export const Counts = z.strictObject({
  critical: z.int(),
  high: z.int(),
  medium: z.int(),
  low: z.int(),
  unknown: z.int(),
});
export type Counts = z.infer<typeof Counts>;

export function countsOf(found: readonly { readonly severity: Severity }[]): Counts {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, unknown: 0 };
  for (const { severity } of found) counts[severity] += 1;
  return counts;
}

/** Of which severity there are more than there may be, a phrase each: `2 critical (0 allowed)`. */
export function overLimit(counts: Counts, limits: FailOn): readonly string[] {
  return SEVERITIES.flatMap((severity) => {
    const limit = limits[severity];
    const count = counts[severity];
    return limit === undefined || count <= limit ? [] : [`${count} ${severity} (${limit} allowed)`];
  });
}

/** `1 critical, 4 medium`; `nothing found` where there is none. */
export function countsText(counts: Counts): string {
  const parts = SEVERITIES.filter((severity) => counts[severity] > 0).map(
    (severity) => `${counts[severity]} ${severity}`,
  );
  return parts.length === 0 ? "nothing found" : parts.join(", ");
}

/** The worst first; those of one severity stay in their order. */
export function worstFirst<Found extends { readonly severity: Severity }>(found: readonly Found[]): readonly Found[] {
  return found.toSorted((left, right) => SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity));
}
