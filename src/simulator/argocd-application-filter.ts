import type { Application } from "./argocd-application.ts";
import { matchesSelector } from "./argocd-selector.ts";

/** What a list or a watch is narrowed to; what is absent or empty narrows nothing. */
export interface ApplicationFilter {
  readonly projects: readonly string[];
  readonly name: string;
  readonly namespace: string;
  readonly selector: string;
}

/** The filter that a query string asks for. */
export function filterOf(query: URLSearchParams): ApplicationFilter {
  return {
    projects: [...query.getAll("projects"), ...query.getAll("project")],
    name: query.get("name") ?? "",
    namespace: query.get("appNamespace") ?? "",
    selector: query.get("selector") ?? "",
  };
}

export function passes({ metadata, spec }: Application, filter: ApplicationFilter): boolean {
  if (filter.name !== "" && filter.name !== metadata.name) return false;
  if (filter.namespace !== "" && filter.namespace !== metadata.namespace) return false;
  if (filter.projects.length > 0 && !filter.projects.includes(spec.project)) return false;
  return matchesSelector(filter.selector, metadata.labels);
}
