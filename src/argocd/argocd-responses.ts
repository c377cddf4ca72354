import { z } from "zod";

import { listOf, moment, name, text } from "./go-fields.ts";

export const Version = z.object({ Version: z.string() });

/** Who the token makes us. With anonymous access a bad token is no error: then `loggedIn` is false. */
export const UserInfo = z.object({ loggedIn: z.boolean().default(false), username: text });
export type UserInfo = z.output<typeof UserInfo>;

/** `url` is where Argo CD says that its pages are. */
export const Settings = z.object({ url: text });
export type Settings = z.output<typeof Settings>;

/** `yes`, or `no` for everything else. */
export const CanI = z.object({ value: z.string() });

export const Manifests = z.object({ manifests: listOf(z.string()) });

export const TreeNode = z.object({
  group: text,
  kind: text,
  namespace: text,
  name: text,
  health: z.object({ status: text, message: text }).nullish(),
});
export type TreeNode = z.output<typeof TreeNode>;
export const ResourceTree = z.object({ nodes: listOf(TreeNode) });

/** The windows over an application, reduced to the answer for a sync by hand now. */
export const SyncWindows = z.object({ canSync: z.boolean().default(false) });
export type SyncWindows = z.output<typeof SyncWindows>;

/**
 * One entry of the list of applications, reduced by the `fields` parameter to what tells that a copy is out of date.
 * The list carries neither uid nor resource version then, and never the health of resources: it decides nothing.
 */
export const ListedApplication = z.object({
  metadata: z.object({ name, namespace: name.default(""), labels: z.record(z.string(), z.string()).nullish() }),
  operation: z.object({ sync: z.unknown().optional() }).nullish(),
  status: z
    .object({
      sync: z.object({ status: text, revision: text }).prefault({}),
      health: z.object({ status: text }).prefault({}),
      operationState: z.object({ phase: text, startedAt: moment, finishedAt: moment }).nullish(),
    })
    .prefault({}),
});
export type ListedApplication = z.output<typeof ListedApplication>;
export const ListedApplications = z.object({ items: listOf(ListedApplication) });
