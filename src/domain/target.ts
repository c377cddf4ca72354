import { z } from "zod";

/** Somebody who may approve: one Slack user, or anyone in a Slack user group. */
export const Approver = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("user"), user: z.string() }),
  z.strictObject({ kind: z.literal("group"), group: z.string(), handle: z.string().optional() }),
]);
export type Approver = z.infer<typeof Approver>;

/** What an environment asks of people before anything changes there. Frozen with the run. */
export const ApprovalRule = z.strictObject({
  from: z.array(Approver).min(1),
  quorum: z.int().min(1),
  expiresMs: z.number(),
  /** Whether the person who asked for the run may be one of those who approve it; false unless configured. */
  requesterMayApprove: z.boolean(),
  /** Each list needs an approval of its own besides, by somebody who is not counted for anything else. */
  also: z.array(z.array(Approver).min(1)).optional(),
  /** Pseudonyms of people who do not count here, because they approved something else of the same run. */
  notBy: z.array(z.string()).optional(),
});
export type ApprovalRule = z.infer<typeof ApprovalRule>;

/** What is deployed somewhere: for now always a commit of the repository that the Application reads. */
export const TargetRevision = z.strictObject({
  kind: z.literal("manifests"),
  repository: z.string(),
  sha: z.string(),
  digests: z.array(z.string()),
});

/** One environment of one service: the Argo CD Application that is that service there. */
export const Target = z.strictObject({
  /** The environment's name. */
  name: z.string(),
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  first: z.boolean(),
  last: z.boolean(),
  approval: ApprovalRule.optional(),
});
export type Target = z.infer<typeof Target>;

/** An environment by itself, whatever is deployed there; `first` and `last` of all that there are. */
export const Environment = Target.omit({ app: true });
export type Environment = z.infer<typeof Environment>;

export const Service = z.strictObject({
  name: z.string(),
  /** In promotion order. */
  environments: z.array(Target),
});
export type Service = z.infer<typeof Service>;

/** A revision that a person named, resolved to a full commit. */
export const Revision = z.strictObject({
  kind: z.literal("manifests"),
  repository: z.string(),
  sha: z.string(),
  /** The first seven digits, or more where seven are not unique. */
  short: z.string(),
  /** What the person typed. */
  text: z.string(),
  subject: z.string(),
  author: z.string(),
  authorEmail: z.string(),
  authoredAt: z.number(),
});
export type Revision = z.infer<typeof Revision>;

/** `server/namespace/name` taken apart. */
export interface AppRef {
  readonly server: string;
  readonly namespace: string;
  readonly name: string;
}

export function appRefText(ref: AppRef): string {
  return `${ref.server}/${ref.namespace}/${ref.name}`;
}

/** The reverse of `appRefText`; undefined for anything that is not three non-empty parts. */
export function tryAppRef(text: string): AppRef | undefined {
  const [server, namespace, name, ...rest] = text.split("/");
  if (!server || !namespace || !name || rest.length > 0) return undefined;
  return { server, namespace, name };
}
