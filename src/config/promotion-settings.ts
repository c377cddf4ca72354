import { z } from "zod";

import { duration, KubernetesName, Name, ServiceName, SlackChannel } from "./field-schemas.ts";
import { Member } from "./people-settings.ts";
import { degradedGrace, settle, startDeadline } from "./timing-settings.ts";

const approvers = z
  .strictObject({
    from: z.array(Member).min(1).meta({ description: "Who may approve: people and Slack user groups" }),
    quorum: z.int().min(1).max(20).default(1).meta({ description: "How many different people must approve" }),
    expires: duration({ leastMs: 1000, mostMs: 366 * 86_400_000 })
      .prefault("24h")
      .meta({ description: "How long people have; after it the run is stopped, never let through" }),
    "requester-may-approve": z
      .boolean()
      .default(false)
      .meta({ description: "Whether the person who asked may be one of those who approve" }),
  })
  .transform((rule) => ({
    from: rule.from,
    quorum: rule.quorum,
    expiresMs: rule.expires,
    requesterMayApprove: rule["requester-may-approve"],
  }));

/** One place in the promotion order. `approval` is undefined where nobody is asked. */
export const EnvironmentSettings = z
  .strictObject({
    name: Name.meta({ description: "Name, as people type it after `to`" }),
    approval: z
      .union([z.literal("none").transform(() => "none" as const), approvers])
      .optional()
      .meta({
        description:
          "Who lets a run into it: an object as below, or `none`; only the first environment may leave it out",
      }),
    server: Name.optional().meta({ description: "The Argo CD of its applications, when there are several" }),
    settle: settle.optional().meta({ description: "Instead of `timing.settle`" }),
    "degraded-grace": degradedGrace.optional().meta({ description: "Instead of `timing.degraded-grace`" }),
    "start-deadline": startDeadline.optional().meta({ description: "Instead of `timing.start-deadline`" }),
  })
  .transform((environment) => ({
    name: environment.name,
    approval: environment.approval,
    server: environment.server,
    settleMs: environment.settle,
    degradedGraceMs: environment["degraded-grace"],
    startDeadlineMs: environment["start-deadline"],
  }));
export type EnvironmentSettings = z.infer<typeof EnvironmentSettings>;

const app = z.strictObject({
  app: KubernetesName.meta({ description: "Name of the Argo CD Application" }),
  namespace: KubernetesName.optional().meta({
    description: "Its namespace; the first of the server's `namespaces` when absent",
  }),
  server: Name.optional().meta({ description: "Its Argo CD, when there are several" }),
});

export const ServiceSettings = z.strictObject({
  name: ServiceName.meta({ description: "Name, as people type it" }),
  environments: z
    .record(
      z.string(),
      z.union([KubernetesName.transform((name) => ({ app: name, namespace: undefined, server: undefined })), app]),
    )
    .meta({
      description: "For each environment the name of the Application that is the service there, or an object as below",
    }),
  channel: SlackChannel.optional().meta({
    description: "Channel for the cards of its runs, wherever they were asked for; the app must be a member",
  }),
});
export type ServiceSettings = z.infer<typeof ServiceSettings>;
