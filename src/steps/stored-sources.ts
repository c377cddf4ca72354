import type { Application, HistoryEntry } from "../argocd/application.ts";
import { revisionList, sourcesOf, storedSourcesOf } from "../argocd/application-facts.ts";
import { commitSources } from "../argocd/argocd-server.ts";
import { type FieldChange, fieldChanges } from "../argocd/field-changes.ts";
import { digestOf } from "../platform/canonical-json.ts";

const MOST_CHANGES = 4;

/** The last deployment of a revision that Argo CD remembers, with the sources that it was deployed from; it keeps ten unless told otherwise. */
export function storedEntry(application: Application, revision: string): HistoryEntry | undefined {
  const index = commitSources(application).indexes[0] ?? 0;
  return application.status.history
    .filter((entry) => {
      const revisions = revisionList(entry);
      return (revisions[index] ?? revisions[0]) === revision && storedSourcesOf(entry).length > 0;
    })
    .reduce<HistoryEntry | undefined>(
      (last, entry) => (last !== undefined && last.id > entry.id ? last : entry),
      undefined,
    );
}

/** SHA-256 of the sources of a deployment: that of the application's own where they are the same. */
export function storedDigest(entry: HistoryEntry): string {
  return digestOf(storedSourcesOf(entry));
}

/** What has changed in the application's sources since a deployment, in one line; empty when nothing has. */
export function sourceChanges(application: Application, entry: HistoryEntry): string {
  const [before, now] = [storedSourcesOf(entry), sourcesOf(application)];
  const isSingle = before.length === 1 && now.length === 1;
  const changes = isSingle ? fieldChanges(before[0], now[0]) : fieldChanges({ sources: before }, { sources: now });
  const texts = changes.slice(0, MOST_CHANGES).map(changeText);
  const more = changes.length - texts.length;
  return [...texts, ...(more > 0 ? [`${more} more`] : [])].join("; ");
}

function changeText({ path, from, to }: FieldChange): string {
  return `${path}: ${from ?? "(nothing)"} → ${to ?? "(nothing)"}`;
}
