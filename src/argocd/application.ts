import { z } from "zod";

import { DEEPEST_JSON, isNestedDeeper } from "../platform/nesting.ts";
import { listOf, moment, name, text } from "./go-fields.ts";

/** Names one Argo CD Application everywhere in Quarterdeck: names are unique only within a namespace of one server. */
export interface AppKey {
  /** The `name` of the entry under `argocd` in the configuration. */
  readonly server: string;
  readonly namespace: string;
  readonly name: string;
}

/** The text of a key, `production/argocd/checkout-prod`, for maps and messages. */
export function appKeyText(key: AppKey): string {
  return `${key.server}/${key.namespace}/${key.name}`;
}

/** Where manifests come from. Kept whole, because path, chart and every parameter belong to what people approve. */
export const ApplicationSource = z
  .looseObject({
    repoURL: text,
    path: z.string().optional(),
    chart: z.string().optional(),
    targetRevision: z.string().optional(),
  })
  .refine((source) => !isNestedDeeper(source), `nested more than ${DEEPEST_JSON} levels deep`);
export type ApplicationSource = z.output<typeof ApplicationSource>;

const InitiatedBy = z.object({ username: text, automated: z.boolean().default(false) }).prefault({});

const ResourceIdentity = z.object({ group: text, kind: text, namespace: text, name: text });
export type ResourceIdentity = z.output<typeof ResourceIdentity>;

/** One run of Argo CD's sync: what was asked for, by whom, with which labels. */
export const Operation = z.object({
  sync: z
    .object({
      revision: text,
      revisions: listOf(z.string()),
      dryRun: z.boolean().default(false),
      resources: listOf(ResourceIdentity),
      /** `apply` leaves hooks out, as Argo CD's own rollback does. */
      syncStrategy: z.object({ apply: z.looseObject({}).nullish() }).nullish(),
    })
    .prefault({}),
  initiatedBy: InitiatedBy,
  info: listOf(z.object({ name: text, value: text })),
});
export type Operation = z.output<typeof Operation>;

export const SyncedResource = ResourceIdentity.extend({
  status: text,
  message: text,
  hookType: text,
  hookPhase: text,
  syncPhase: text,
});
export type SyncedResource = z.output<typeof SyncedResource>;

export const OperationState = z.object({
  operation: Operation.prefault({}),
  phase: text,
  message: text,
  startedAt: moment,
  finishedAt: moment,
  syncResult: z
    .object({ revision: text, revisions: listOf(z.string()), resources: listOf(SyncedResource) })
    .nullish()
    .transform((result) => result ?? undefined),
});
export type OperationState = z.output<typeof OperationState>;

export const ManagedResource = ResourceIdentity.extend({
  status: text,
  health: z.object({ status: text, message: text }).nullish(),
  hook: z.boolean().default(false),
  requiresPruning: z.boolean().default(false),
  syncWave: z.number().default(0),
});
export type ManagedResource = z.output<typeof ManagedResource>;

const HistoryEntry = z.object({
  id: z.number(),
  revision: text,
  revisions: listOf(z.string()),
  deployStartedAt: moment,
  deployedAt: moment,
  initiatedBy: InitiatedBy,
  /** As the application had them then. */
  source: ApplicationSource.nullish(),
  sources: listOf(ApplicationSource),
});
export type HistoryEntry = z.output<typeof HistoryEntry>;

const Condition = z.object({ type: text, message: text });
export type Condition = z.output<typeof Condition>;

const Automated = z.object({ enabled: z.boolean().optional() });

const Metadata = z.object({
  name,
  namespace: name.default(""),
  uid: text,
  resourceVersion: text,
  annotations: z.record(z.string(), z.string()).nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  deletionTimestamp: moment,
  ownerReferences: listOf(z.object({ kind: text, name: text })),
});

const Spec = z
  .object({
    project: text,
    source: ApplicationSource.nullish(),
    sources: listOf(ApplicationSource),
    sourceHydrator: z.looseObject({}).nullish(),
    syncPolicy: z.object({ automated: Automated.nullish() }).nullish(),
  })
  .prefault({});

const Status = z
  .object({
    sync: z.object({ status: text, revision: text, revisions: listOf(z.string()) }).prefault({}),
    health: z.object({ status: text, lastTransitionTime: moment }).prefault({}),
    operationState: OperationState.nullish().transform((state) => state ?? undefined),
    history: listOf(HistoryEntry),
    resources: listOf(ManagedResource),
    conditions: listOf(Condition),
    reconciledAt: moment,
  })
  .prefault({});

/** An Argo CD Application as its API sends it, reduced to the fields that Quarterdeck reads. */
export const Application = z.object({
  metadata: Metadata,
  spec: Spec,
  operation: Operation.nullish().transform((operation) => operation ?? undefined),
  status: Status,
});
export type Application = z.output<typeof Application>;
