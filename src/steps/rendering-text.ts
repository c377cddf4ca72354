import type { ManifestDiff } from "../argocd/manifest-diff.ts";

const MOST_LINES = 12;
const MOST_FIELDS = 3;

/** What a rendering changes, in words: one line in all, and one for each object as far as they fit. */
export function renderingText(diff: ManifestDiff): { readonly summary: string; readonly lines: string[] } {
  if (diff.changesNothing) return { summary: "changes nothing", lines: [] };
  const counts: readonly (readonly [number, string])[] = [
    [diff.changed, "changed"],
    [diff.created, "new"],
    [diff.removed, "gone"],
  ];
  const summary = counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
  const lines = diff.objects.slice(0, MOST_LINES).map((object) => {
    const fields = object.fields
      .slice(0, MOST_FIELDS)
      .map(({ path, from, to }) => `${path}: ${from ?? "-"} → ${to ?? "-"}`);
    const more = object.fields.length - fields.length + object.moreFields;
    const details = [...fields, ...(more > 0 ? [`and ${more} more fields`] : [])].join("; ");
    return `${object.change} ${object.kind}/${object.name}${details === "" ? "" : ` (${details})`}`;
  });
  const hidden = diff.objects.length - lines.length + diff.moreObjects;
  return { summary, lines: hidden > 0 ? [...lines, `and ${hidden} more objects`] : lines };
}
