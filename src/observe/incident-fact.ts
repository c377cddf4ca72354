import { z } from "zod";

/** The stream of what was seen of the health of applications outside of runs. */
export const INCIDENTS_STREAM = "incidents";

/** A resource that keeps an application from being healthy. */
export const SickResource = z.strictObject({
  kind: z.string(),
  name: z.string(),
  status: z.string(),
  message: z.string(),
});
export type SickResource = z.infer<typeof SickResource>;

/**
 * What was last deployed before an application fell ill, and by whom: by one of our runs, by somebody in Argo CD (`who` is
 * their account there, or `auto-sync`), or nothing that Argo CD remembers. `at` is when it began.
 */
export const Blame = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("run"),
    run: z.string(),
    title: z.string(),
    /** Pseudonym. */
    requester: z.string(),
    failed: z.boolean(),
    revision: z.string(),
    at: z.number(),
  }),
  z.strictObject({
    kind: z.literal("operation"),
    who: z.string(),
    automated: z.boolean(),
    phase: z.string(),
    revision: z.string(),
    at: z.number(),
  }),
  z.strictObject({ kind: z.literal("nothing") }),
]);
export type Blame = z.infer<typeof Blame>;

/** The revision to which a rollback would go: the last one that was proven there and is not the one that is live. */
export const WayBack = z.strictObject({ revision: z.string(), provenAt: z.number() });
export type WayBack = z.infer<typeof WayBack>;

/** Several applications in one message: those that were ill when they were first looked at, or that fell ill together. */
export const GroupKind = z.enum(["first-sight", "storm"]);
export type GroupKind = z.infer<typeof GroupKind>;

/**
 * An application when it was looked at for the first time: `history` is the newest entry of Argo CD's history, -1 for none, and
 * `operation` the key of the operation that it showed. What was before is not told.
 */
export const SeenApp = z.strictObject({ app: z.string(), history: z.number(), operation: z.string() });
export type SeenApp = z.infer<typeof SeenApp>;

const about = { at: z.number(), id: z.string() };
const Health = z.enum(["Degraded", "Missing"]);

/** The facts of the stream. An incident is one application outside health, from the first Degraded until it has recovered. */
export const IncidentFact = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("apps.seen"), at: z.number(), apps: z.array(SeenApp) }),
  z.strictObject({
    type: z.literal("incident.opened"),
    ...about,
    app: z.string(),
    service: z.string(),
    environment: z.string(),
    health: Health,
    /** The first moment of the illness. */
    since: z.number(),
    revision: z.string(),
    resources: z.array(SickResource),
    blame: Blame,
    wayBack: WayBack.nullable(),
    /** The run whose own alert tells of this already; empty when there is none. */
    toldBy: z.string(),
    group: z.strictObject({ id: z.string(), kind: GroupKind }).nullable(),
  }),
  z.strictObject({
    type: z.literal("incident.changed"),
    ...about,
    health: Health,
    resources: z.array(SickResource),
  }),
  /** `since`: the moment from which it has been healthy. */
  z.strictObject({ type: z.literal("incident.recovered"), ...about, since: z.number() }),
  z.strictObject({ type: z.literal("incident.relapsed"), ...about, health: Health }),
  /** `left`: it does not belong to the applications that are watched any more. */
  z.strictObject({ type: z.literal("incident.closed"), ...about, reason: z.enum(["deleted", "left"]) }),
]);
export type IncidentFact = z.infer<typeof IncidentFact>;
export type IncidentFactOf<Type extends IncidentFact["type"]> = Extract<IncidentFact, { type: Type }>;
