import { z } from "zod";

const At = z.iso.datetime();
const Who = z.string().meta({ description: "As messages and pages call them" });

const RunStatus = z.enum(["running", "failing", "cancelling", "concluding", "succeeded", "failed", "cancelled"]);

const FailureBody = z
  .strictObject({
    code: z.string().meta({ description: "Stable, such as `gate.rejected`" }),
    message: z.string(),
  })
  .meta({ id: "Failure" });

/** A run in a list. */
export const RunSummary = z.strictObject({
  id: z.string(),
  shortId: z.string(),
  command: z.string(),
  title: z.string(),
  status: RunStatus,
  services: z.array(z.string()),
  environments: z.array(z.string()),
  requestedBy: Who,
  startedAt: At,
  changedAt: At,
  finishedAt: At.optional(),
  gatesWaiting: z.int().meta({ description: "How many of its gates wait for people" }),
});
export type RunSummary = z.infer<typeof RunSummary>;

const StepBody = z
  .strictObject({
    path: z.string(),
    name: z.string(),
    uses: z.string().meta({ description: "The step kind" }),
    sort: z.enum(["action", "wait", "gate"]),
    environment: z.string().optional(),
    status: z.enum(["running", "retrying", "postponed", "succeeded", "failed", "skipped", "cancelled"]),
    attempts: z.int().meta({ description: "How many there were" }),
    startedAt: At,
    endedAt: At.optional(),
    note: z.string().optional().meta({ description: "Why it was skipped or cancelled, or what it is postponed for" }),
    failure: FailureBody.optional(),
    found: z.array(z.string()).meta({ description: "What it found, in lines" }),
    progress: z
      .strictObject({ text: z.string(), lines: z.array(z.string()) })
      .optional()
      .meta({ description: "What it is doing now" }),
    awaits: z.string().optional().meta({ description: "The signal that it waits for" }),
  })
  .meta({ id: "Step" });

const DecisionBody = z.strictObject({
  by: Who,
  at: At,
  decision: z.enum(["approve", "reject"]),
  reason: z.string(),
});

const ApprovalBody = z
  .strictObject({
    step: z.string(),
    prompt: z.string(),
    environment: z.string().optional(),
    status: z.enum(["waiting", "approved", "rejected", "not-approved", "cancelled", "void"]),
    askedAt: At,
    expiresAt: At,
    quorum: z.int(),
    digest: z.string().meta({ description: "Of exactly what was shown and will run" }),
    decisions: z.array(DecisionBody),
    refusals: z.array(
      z.strictObject({
        by: Who,
        at: At,
        decision: z.enum(["approve", "reject"]),
        code: z.string(),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: "Approval" });

/** Everything that is known of a run. */
export const RunBody = z
  .strictObject({
    id: z.string(),
    shortId: z.string(),
    version: z.int().meta({ description: "How many facts the log has of it" }),
    command: z.string(),
    title: z.string(),
    status: RunStatus,
    phase: z
      .enum([...RunStatus.options, "gate", "queued"])
      .meta({ description: "The same as people see it: one that is running may wait for an approval or a lock" }),
    requestedBy: Who,
    onBehalfOf: z.array(Who),
    askedAs: z.string().meta({ description: "What was typed, or would have been" }),
    door: z.string().meta({ description: "How it came in, such as `slash`, `trigger` or `api`" }),
    cause: z.strictObject({ says: z.string(), link: z.string().optional() }).optional(),
    startedAt: At,
    changedAt: At,
    finishedAt: At.optional(),
    service: z.string().optional(),
    revision: z
      .strictObject({ sha: z.string(), repository: z.string(), subject: z.string(), author: z.string() })
      .optional(),
    targets: z.array(
      z.strictObject({
        environment: z.string(),
        app: z.string().meta({ description: "`server/namespace/name` of the Application" }),
        status: z.enum(["waiting", "running", "gate", "queued", "succeeded", "failed", "cancelled", "skipped"]),
        endedAt: At.optional(),
      }),
    ),
    steps: z.array(StepBody),
    approvals: z.array(ApprovalBody),
    queue: z.array(
      z.strictObject({
        keys: z.array(z.string()),
        position: z.int().meta({ description: "1 is next" }),
        behind: z.string().optional().meta({ description: "The run that has it" }),
      }),
    ),
    failure: FailureBody.extend({ step: z.string().optional() }).optional(),
    cancelled: z.strictObject({ by: Who, at: At, reason: z.string() }).optional(),
    outputs: z.record(z.string(), z.unknown()).optional(),
    files: z.array(
      z.strictObject({
        name: z.string(),
        digest: z.string(),
        bytes: z.int(),
        mediaType: z.string(),
        step: z.string(),
        attempt: z.int(),
        url: z.string().optional().meta({ description: "Where it is had; absent for one that is sealed" }),
      }),
    ),
    retryFrom: z
      .array(z.string())
      .meta({ description: "The steps from which it can be retried, the most obvious first" }),
    links: z.strictObject({
      self: z.string(),
      events: z.string(),
      page: z.string().optional().meta({ description: "For people; good for an hour" }),
    }),
  })
  .meta({ id: "Run" });
export type RunBody = z.infer<typeof RunBody>;
