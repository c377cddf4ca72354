import { z } from "zod";

import type { Application } from "./argocd-application.ts";
import { matchesGlob } from "./argocd-glob.ts";

/** A window of a project. The simulator does not read the schedule: `isActive` says whether the window is open now. */
export const SyncWindow = z.strictObject({
  kind: z.enum(["allow", "deny"]),
  schedule: z.string().default("* * * * *"),
  duration: z.string().default("1h"),
  manualSync: z.boolean().default(false),
  applications: z.array(z.string()).default([]),
  namespaces: z.array(z.string()).default([]),
  isActive: z.boolean().default(true),
});
export type SyncWindow = z.infer<typeof SyncWindow>;

/** The sync windows of the projects, changed by hand. */
export class SyncWindows {
  readonly #byProject = new Map<string, readonly SyncWindow[]>();

  set(project: string, windows: readonly SyncWindow[]): void {
    this.#byProject.set(project, windows);
  }

  ofProject(project: string): readonly SyncWindow[] {
    return this.#byProject.get(project) ?? [];
  }

  /** The windows of its project that are about an Application. */
  of({ metadata, spec }: Application): readonly SyncWindow[] {
    return this.ofProject(spec.project).filter(
      ({ applications, namespaces }) =>
        applications.some((pattern) => matchesGlob(pattern, metadata.name)) ||
        namespaces.some((pattern) => matchesGlob(pattern, spec.destination.namespace)),
    );
  }

  /** Whether a sync may run now, by Argo CD's rules: an active deny counts before an active allow, an allow that is not active denies. */
  canSync(application: Application, isManual: boolean): boolean {
    const assigned = this.of(application);
    const denying = assigned.filter(({ kind, isActive }) => kind === "deny" && isActive);
    if (denying.length > 0) return isManual && denying.every(({ manualSync }) => manualSync);
    const allowing = assigned.filter(({ kind }) => kind === "allow");
    if (allowing.length === 0 || allowing.some(({ isActive }) => isActive)) return true;
    return isManual && allowing.every(({ manualSync }) => manualSync);
  }
}
