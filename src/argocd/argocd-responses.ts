import { z } from "zod";

const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const text = z.string().default("");
const moment = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

export const Version = z.object({ Version: z.string() });

/** Who the token makes us. With anonymous access a bad token is no error: then `loggedIn` is false. */
export const UserInfo = z.object({ loggedIn: z.boolean().default(false), username: text, groups: listOf(z.string()) });
export type UserInfo = z.output<typeof UserInfo>;

export const Settings = z.object({
  url: text,
  additionalUrls: listOf(z.string()),
  controllerNamespace: text,
  appsInAnyNamespaceEnabled: z.boolean().default(false),
  hydratorEnabled: z.boolean().default(false),
  impersonationEnabled: z.boolean().default(false),
});
export type Settings = z.output<typeof Settings>;

export const CanI = z.object({ value: z.string() });

export const Manifests = z.object({ manifests: listOf(z.string()) });

/** One object of the application with its states as JSON text; `null` or empty where it does not exist. */
export const ManagedObject = z.object({
  group: text,
  kind: text,
  namespace: text,
  name: text,
  targetState: text,
  normalizedLiveState: text,
  predictedLiveState: text,
  modified: z.boolean().default(false),
});
export type ManagedObject = z.output<typeof ManagedObject>;
export const ManagedObjects = z.object({ items: listOf(ManagedObject) });

export const TreeNode = z.object({
  group: text,
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  health: z.object({ status: text, message: text }).nullish(),
  images: listOf(z.string()),
});
export type TreeNode = z.output<typeof TreeNode>;
export const ResourceTree = z.object({ nodes: listOf(TreeNode) });

const SyncWindow = z.object({ kind: text, schedule: text, duration: text, manualSync: z.boolean().default(false) });

/** The windows over an application; `canSync` is the answer for a sync by hand now. */
export const SyncWindows = z.object({
  activeWindows: listOf(SyncWindow),
  assignedWindows: listOf(SyncWindow),
  canSync: z.boolean().default(false),
});
export type SyncWindows = z.output<typeof SyncWindows>;

export const RevisionMetadata = z.object({ author: text, date: text, message: text, tags: listOf(z.string()) });
export type RevisionMetadata = z.output<typeof RevisionMetadata>;

/**
 * One entry of the list of applications, reduced by the `fields` parameter to what tells that a copy is out of date.
 * The list carries neither uid nor resource version then, and never the health of resources: it decides nothing.
 */
export const ListedApplication = z.object({
  metadata: z.object({ name: z.string(), namespace: text }),
  operation: z.object({ sync: z.unknown().optional() }).nullish(),
  status: z
    .object({
      sync: z.object({ status: text, revision: text }).prefault({}),
      health: z.object({ status: text }).prefault({}),
      operationState: z.object({ phase: moment, startedAt: moment, finishedAt: moment }).nullish(),
    })
    .prefault({}),
});
export type ListedApplication = z.output<typeof ListedApplication>;
export const ListedApplications = z.object({ items: listOf(ListedApplication) });
