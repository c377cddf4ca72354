import type { ManifestDiff, ObjectChange } from "../argocd/manifest-diff.ts";

const MOST_LINES = 12;
const MOST_FIELDS = 3;
const MOST_SECRETS = 5;
const LONGEST_PATH = 60;

/**
 * What a rendering changes, in words: one line in all, and below it each object with the fields that change, old and new, as
 * far as twelve lines go. Lines of fields are indented.
 */
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
  const lines: string[] = [];
  let shown = 0;
  for (const object of diff.objects) {
    const own = objectLines(object);
    const isLast = shown + 1 === diff.objects.length && diff.moreObjects === 0;
    if (lines.length + own.length > (isLast ? MOST_LINES : MOST_LINES - 1)) break;
    lines.push(...own);
    shown += 1;
  }
  const hidden = diff.objects.length - shown + diff.moreObjects;
  return {
    summary,
    lines: hidden > 0 ? [...lines, `and ${hidden} more ${hidden === 1 ? "object" : "objects"}`] : lines,
  };
}

/** What the comparison cannot see; undefined when it sees everything. */
export function hiddenText({ maskedSecrets }: ManifestDiff): string | undefined {
  if (maskedSecrets.length === 0) return undefined;
  const names = maskedSecrets.slice(0, MOST_SECRETS).join(", ");
  const more = maskedSecrets.length > MOST_SECRETS ? " and others" : "";
  return `Argo CD hides the values of Secrets, so it is not known whether those of ${names}${more} change.`;
}

function objectLines({ change, kind, name, fields, moreFields }: ObjectChange): readonly string[] {
  const shown = fields.slice(0, MOST_FIELDS);
  const more = fields.length - shown.length + moreFields;
  return [
    `${change} ${kind}/${name}`,
    ...shown.map(({ path, from, to }) => `  ${endOf(path)}: ${from ?? "(nothing)"} → ${to ?? "(nothing)"}`),
    ...(more > 0 ? [`  and ${more} more ${more === 1 ? "field" : "fields"}`] : []),
  ];
}

/** The end of a path says more than its beginning. */
function endOf(path: string): string {
  return path.length <= LONGEST_PATH ? path : `…${path.slice(1 - LONGEST_PATH)}`;
}
