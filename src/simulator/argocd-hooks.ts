import type { SyncPhase } from "./argocd-application.ts";
import type { Manifest } from "./cluster-manifest.ts";

const PHASES: readonly SyncPhase[] = ["PreSync", "Sync", "PostSync", "SyncFail"];

/** The phases that a manifest is a hook of; empty for an ordinary one. */
export function hookPhasesOf(manifest: Manifest): readonly SyncPhase[] {
  const names = listAnnotation(manifest, "argocd.argoproj.io/hook");
  return PHASES.filter((phase) => names.includes(phase));
}

export function isHook(manifest: Manifest): boolean {
  return listAnnotation(manifest, "argocd.argoproj.io/hook").length > 0;
}

/** When a hook's object is deleted; Argo CD's default is before the next one is made. */
export function deletePoliciesOf(manifest: Manifest): readonly string[] {
  const policies = listAnnotation(manifest, "argocd.argoproj.io/hook-delete-policy");
  return policies.length === 0 ? ["BeforeHookCreation"] : policies;
}

export function syncWaveOf(manifest: Manifest): number {
  const wave = Number.parseInt(manifest.metadata.annotations?.["argocd.argoproj.io/sync-wave"] ?? "0", 10);
  return Number.isNaN(wave) ? 0 : wave;
}

/** Whether the object's own health is left out of its Application's. */
export function ignoresHealth(manifest: Manifest): boolean {
  return manifest.metadata.annotations?.["argocd.argoproj.io/ignore-healthcheck"] === "true";
}

function listAnnotation(manifest: Manifest, name: string): readonly string[] {
  return (manifest.metadata.annotations?.[name] ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
