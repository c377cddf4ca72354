import type { Application } from "../argocd/application.ts";
import { isDeleting } from "../argocd/application-facts.ts";
import { judgeHealth } from "../argocd/failing-resources.ts";

/** The health for which people are called. */
export type IllHealth = "Degraded" | "Missing";

/**
 * What the health of an application means to whoever is on call. `between`: neither well nor a reason to wake anybody, and no
 * end of an incident either. `gone`: Argo CD does not show the application any more.
 */
export type Symptom =
  | { readonly kind: "ill"; readonly health: IllHealth }
  | { readonly kind: "well" }
  | { readonly kind: "between" }
  | { readonly kind: "gone" };

/**
 * Degraded is ill. Missing is ill only where something was deployed before and is not there any more: an application that was
 * never synced is Missing too, and up to Argo CD 3.3 one that is pinned to another commit than its branch. Suspended is what a
 * person chose. Progressing may take long and is no failure; Unknown says that Argo CD cannot see, not that anything is broken.
 */
export function symptomOf(application: Application): Symptom {
  if (isDeleting(application)) return { kind: "between" };
  const { status } = application.status.health;
  if (status === "Missing") return missing(application);
  if (status === "Degraded") return { kind: "ill", health: "Degraded" };
  return status === "Healthy" || status === "Suspended" ? { kind: "well" } : { kind: "between" };
}

function missing(application: Application): Symptom {
  if (application.status.history.length === 0) return { kind: "between" };
  // A Missing object of the branch says nothing about those that were applied.
  const { status } = judgeHealth(application, true);
  if (status === "Missing") return { kind: "ill", health: "Missing" };
  return status === "Healthy" || status === "Suspended" ? { kind: "well" } : { kind: "between" };
}
