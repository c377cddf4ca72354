import { z } from "zod";

import { RunSummary } from "./run-body.ts";

const Who = z.string();

/** What is live in the environments of a service. */
export const WhereBody = z
  .strictObject({
    service: z.string(),
    revision: z
      .strictObject({ sha: z.string(), short: z.string(), subject: z.string() })
      .optional()
      .meta({ description: "The one that was asked about" }),
    places: z.array(
      z.strictObject({
        environment: z.string(),
        app: z.string().meta({ description: "`server/namespace/name` of the Application" }),
        health: z.string().meta({ description: "Argo CD's word; empty when it is not known" }),
        sync: z.string().meta({ description: "Argo CD's word; empty when it is not known" }),
        revision: z.string().meta({ description: "What is live; empty when it is not known" }),
        provenAt: z.iso.datetime().optional(),
        provenBy: z
          .strictObject({ run: z.string(), requestedBy: Who, approvedBy: z.array(Who) })
          .optional()
          .meta({ description: "The run that proved it" }),
        bearing: z
          .enum(["live", "contained", "missing", "unknown"])
          .optional()
          .meta({ description: "How what is live relates to the revision that was asked about" }),
      }),
    ),
  })
  .meta({ id: "Where" });
export type WhereBody = z.infer<typeof WhereBody>;

/** The last runs, and what was done beside them. */
export const HistoryBody = z
  .strictObject({
    about: z.string(),
    runs: z.array(RunSummary.extend({ approvedBy: z.array(Who), rejectedBy: z.array(Who) })),
    operations: z
      .array(
        z.strictObject({
          app: z.string(),
          service: z.string(),
          environment: z.string().meta({ description: "Empty for an application outside the inventory" }),
          who: z.string().meta({ description: "The account in Argo CD, or `auto-sync`" }),
          phase: z.string(),
          message: z.string(),
          revisions: z.array(z.string()),
          startedAt: z.iso.datetime(),
          endedAt: z.iso.datetime(),
        }),
      )
      .meta({ description: "What others did in Argo CD, outside of runs" }),
  })
  .meta({ id: "History" });
export type HistoryBody = z.infer<typeof HistoryBody>;
