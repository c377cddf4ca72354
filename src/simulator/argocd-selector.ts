type Labels = Readonly<Record<string, string>>;

/** Whether labels fit a Kubernetes label selector: `a=b`, `a!=b`, `a`, `!a`, `a in (b, c)`, `a notin (b)`, joined by commas. */
export function matchesSelector(selector: string, labels: Labels = {}): boolean {
  const parts = selector.split(/,(?![^(]*\))/u).map((part) => part.trim());
  return parts.every((part) => part === "" || matchesPart(part, new Map(Object.entries(labels))));
}

function matchesPart(part: string, labels: ReadonlyMap<string, string>): boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/u.exec(part);
  if (set !== null) {
    const [, name = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return values.includes(labels.get(name) ?? "\0") === (operator === "in");
  }
  const unequal = part.split("!=");
  if (unequal.length === 2) return labels.get((unequal[0] ?? "").trim()) !== (unequal[1] ?? "").trim();
  const [name = "", value] = part.split(/==?/u).map((text) => text.trim());
  if (value !== undefined) return labels.get(name) === value;
  return name.startsWith("!") ? !labels.has(name.slice(1)) : labels.has(name);
}
