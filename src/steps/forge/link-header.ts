/**
 * The address of the next page, as a `Link` header names it; undefined on the last one. GitHub and GitLab both ask that pages are
 * followed this way instead of being counted.
 */
export function nextPage(header: string | undefined): string | undefined {
  for (const [, address = "", parameters = ""] of (header ?? "").matchAll(/<([^<>]*)>([^<]*)/gu)) {
    if (/;\s*rel="?next"?\s*(?:[;,]|$)/iu.test(parameters)) return address;
  }
  return undefined;
}
