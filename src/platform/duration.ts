const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `500ms`, `5s`, `15m`, `2h`, `7d` or a sum such as `1h30m` as milliseconds; undefined when it is none of these. */
export function tryDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/u.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gu)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  }
  return Math.round(totalMs);
}

/** A duration as `tryDuration` reads it, in the largest unit that holds it whole: `2h`, `90m`, `500ms`. */
export function typedDuration(durationMs: number): string {
  const units = Object.entries(UNIT_MS).toReversed();
  const [unit, unitMs] = units.find(([, each]) => durationMs > 0 && durationMs % each === 0) ?? ["ms", 1];
  return `${durationMs / unitMs}${unit}`;
}

/** A duration for people, its two largest units: `1 h 30 min`, `45 s`, `3 d`. */
export function durationText(durationMs: number): string {
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1000],
  ];
  const parts: string[] = [];
  let restMs = Math.max(0, Math.round(durationMs / 1000) * 1000);
  for (const [name, unitMs] of units) {
    const amount = Math.floor(restMs / unitMs);
    restMs -= amount * unitMs;
    if (amount > 0) parts.push(`${amount} ${name}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}
