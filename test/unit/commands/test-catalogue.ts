import { z } from "zod";

import type { StepCatalogue, StepDescription } from "../../../src/commands/step-catalogue.ts";

const app = z.string().regex(/^[^/]+\/[^/]+\/[^/]+$/u, "an app is written server/namespace/name");
const revision = z.string().regex(/^[0-9a-f]{40}$/u, "a revision is a full commit of 40 digits");
const operation = z.strictObject({ run: z.string(), step: z.string(), attempt: z.int() });

const kinds: Readonly<Record<string, StepDescription>> = {
  approval: {
    sort: "gate",
    protects: false,
    inputSchema: z.strictObject({ app, revision, prompt: z.string().min(1).max(300), stored: z.boolean().optional() }),
    outputSchema: z.strictObject({ approvedBy: z.array(z.string()) }),
  },
  "argocd/rollback": {
    sort: "action",
    protects: true,
    inputSchema: z.strictObject({ app, revision, prune: z.boolean().optional() }),
    outputSchema: z.strictObject({ operation, revision: z.string() }),
  },
  "argocd/sync": {
    sort: "action",
    protects: true,
    inputSchema: z.strictObject({
      app,
      revision,
      prune: z.boolean().default(false),
      again: z.boolean().optional(),
      back: z.boolean().optional(),
    }),
    outputSchema: z.strictObject({
      operation,
      revision: z.string(),
      applicationUid: z.string(),
      historyBefore: z.int(),
      postedAt: z.int(),
      skipped: z.boolean(),
    }),
  },
  "argocd/wait": {
    sort: "wait",
    protects: false,
    inputSchema: z.strictObject({
      app,
      revision,
      operation: operation.optional(),
      labels: z.record(z.string(), z.string()).optional(),
      names: z.array(z.string()).optional(),
      grace: z.number().optional(),
    }),
    outputSchema: z.strictObject({
      revision: z.string(),
      provenAt: z.int(),
      changedNothing: z.boolean(),
      applicationUid: z.string(),
      sourceDigest: z.string(),
    }),
  },
  "slack/alert": {
    sort: "action",
    protects: false,
    inputSchema: z.strictObject({}),
    outputSchema: z.strictObject({}),
  },
};

/** Step kinds with the inputs and outputs that the shipped commands count on. */
export const testCatalogue: StepCatalogue = new Map(Object.entries(kinds));
