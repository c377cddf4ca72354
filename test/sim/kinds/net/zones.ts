/** How far the clocks of some places are ahead of UTC in 2026, from which moment on, in minutes; written down by hand. */
export const ZONES: ReadonlyMap<string, readonly (readonly [from: number, minutes: number])[]> = new Map([
  ["UTC", [[0, 0]]],
  ["Asia/Kolkata", [[0, 330]]],
  [
    "Europe/Berlin",
    [
      [0, 60],
      [Date.UTC(2026, 2, 29, 1), 120],
      [Date.UTC(2026, 9, 25, 1), 60],
    ],
  ],
  [
    "America/New_York",
    [
      [0, -300],
      [Date.UTC(2026, 2, 8, 7), -240],
      [Date.UTC(2026, 10, 1, 6), -300],
    ],
  ],
  [
    "Australia/Lord_Howe",
    [
      [0, 660],
      [Date.UTC(2026, 3, 4, 15), 630],
      [Date.UTC(2026, 9, 3, 15, 30), 660],
    ],
  ],
]);

const MINUTE_MS = 60_000;

/** What clocks in a zone show, as if it were UTC. */
export function shownAt(moment: number, zone: string): number {
  const minutes = ZONES.get(zone)?.findLast(([from]) => from <= moment)?.[1] ?? 0;
  return moment + minutes * MINUTE_MS;
}

/** The first moment at which clocks in a zone show a time or have passed it. */
export function firstShown(shown: number, zone: string): number {
  const spans = ZONES.get(zone) ?? [[0, 0]];
  for (const [index, [from, minutes]] of spans.entries()) {
    const moment = Math.max(from, shown - minutes * MINUTE_MS);
    if (moment < (spans[index + 1]?.[0] ?? Infinity)) return moment;
  }
  return Infinity;
}
