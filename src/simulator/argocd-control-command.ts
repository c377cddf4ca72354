import { z } from "zod";

import { Policy } from "./argocd-accounts.ts";
import { ApplicationDefinition } from "./argocd-application-store.ts";
import { ClusterReach } from "./argocd-clusters.ts";
import { HttpFault } from "./argocd-faults.ts";
import { SyncWindow } from "./argocd-sync-windows.ts";

const Behaviour = z.strictObject({
  kind: z.enum(["starts", "crashes", "hangs", "missing"]),
  afterMs: z.number().nonnegative().default(0),
  answers: z
    .strictObject({ failing: z.number().min(0).max(1).optional(), latencyMs: z.number().nonnegative().optional() })
    .optional(),
});

/** Everything that a test or the demo can do to the simulator. `application` is a name, or `namespace/name`. */
export const ControlCommand = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("set-speed"), speed: z.number().positive() }),
  /** How pods of images whose name begins so behave from now on; in one namespace where that and a space stand before it. */
  z.strictObject({ action: z.literal("set-image"), prefix: z.string(), behaviour: Behaviour }),
  /**
   * Lets all pods of an Application crash, or recover. As in a cluster, pods that crash after a rollout leave it Progressing;
   * `degraded` is a rollout that somebody restarted and that got nowhere within its deadline.
   */
  z.strictObject({
    action: z.literal("set-pods"),
    application: z.string(),
    state: z.enum(["crashing", "degraded", "ready"]),
  }),
  z.strictObject({ action: z.literal("set-sync-windows"), project: z.string(), windows: z.array(SyncWindow) }),
  z.strictObject({
    action: z.literal("set-component"),
    component: z.enum(["controller", "repo-server", "redis"]),
    state: z.enum(["up", "down"]),
  }),
  /** How a cluster answers when Argo CD connects to it; `server` is its address. */
  z.strictObject({ action: z.literal("set-cluster"), server: z.string(), reach: ClusterReach }),
  z.strictObject({ action: z.literal("add-fault"), fault: HttpFault }),
  z.strictObject({ action: z.literal("clear-faults") }),
  /** An operation that somebody else starts; `automated` when nobody did. */
  z.strictObject({
    action: z.literal("start-operation"),
    application: z.string(),
    /** A full commit name for each source; what the spec asks for when absent. */
    revisions: z.array(z.string()).optional(),
    username: z.string().default("somebody-else"),
    automated: z.boolean().default(false),
    infos: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  }),
  z.strictObject({ action: z.literal("create-application"), definition: ApplicationDefinition }),
  z.strictObject({
    action: z.literal("delete-application"),
    application: z.string(),
    cascade: z.boolean().default(false),
  }),
  /** Sets annotations of an Application; `null` removes one. */
  z.strictObject({
    action: z.literal("annotate"),
    application: z.string(),
    annotations: z.record(z.string(), z.string().nullable()),
  }),
  /** Sets labels of an Application; `null` removes one. */
  z.strictObject({
    action: z.literal("label"),
    application: z.string(),
    labels: z.record(z.string(), z.string().nullable()),
  }),
  /** Compares an Application with Git anew, as a push would make Argo CD do. */
  z.strictObject({ action: z.literal("refresh"), application: z.string() }),
  /** Changes the replicas of a live Deployment behind Argo CD's back. */
  z.strictObject({
    action: z.literal("scale"),
    application: z.string(),
    deployment: z.string(),
    replicas: z.number().int().nonnegative(),
  }),
  z.strictObject({ action: z.literal("set-token"), account: z.string(), state: z.enum(["valid", "expired"]) }),
  z.strictObject({ action: z.literal("set-policies"), account: z.string(), policies: z.array(Policy) }),
  /** Lets in whoever has no valid token, with these rights; `null` ends that. */
  z.strictObject({ action: z.literal("set-anonymous"), policies: z.array(Policy).nullable() }),
  /** What happens to the streams that are open: nothing more comes, cut within a frame, ended, ended with an error. */
  z.strictObject({ action: z.literal("disturb-streams"), effect: z.enum(["silence", "cut", "end", "fail"]) }),
  /** Every open stream loses the next so many frames. */
  z.strictObject({ action: z.literal("drop-frames"), count: z.number().int().positive() }),
  /** How streams begin that are opened from now on: with the state of one write ago, and with a gap. */
  z.strictObject({
    action: z.literal("set-new-streams"),
    replaysBefore: z.boolean().default(false),
    dropsAfterReplay: z.number().int().nonnegative().default(0),
  }),
]);
export type ControlCommand = z.infer<typeof ControlCommand>;
/** A command as one writes it: what has a default may be left out. */
export type ControlInput = z.input<typeof ControlCommand>;
