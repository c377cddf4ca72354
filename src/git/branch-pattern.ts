/** Whether a branch (short name) is among the allowed: `*` stands for anything but a slash, `**` for anything. No pattern allows nothing. */
export function isAllowedBranch(branch: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(branch, pattern.replace(/^refs\/heads\//u, "")));
}

/** Matched piece by piece and not by a regular expression, which a long pattern of stars would slow down without end. */
function matches(text: string, pattern: string): boolean {
  const tokens = pattern.match(/\*\*|\*|[^*]/gsu) ?? [];
  let reachable = new Set([0]);
  for (const token of tokens) {
    const next = new Set<number>();
    for (const place of reachable) {
      if (!token.startsWith("*")) {
        if (text.startsWith(token, place)) next.add(place + token.length);
        continue;
      }
      for (let end = place; end <= text.length; end += 1) {
        next.add(end);
        if (token === "*" && text[end] === "/") break;
      }
    }
    reachable = next;
  }
  return reachable.has(text.length);
}
