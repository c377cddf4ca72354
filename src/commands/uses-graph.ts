/** Which commands each command uses, by id. */
export type UsesGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** The shortest way from one command to another through what they use, both named; undefined when there is none. */
export function findWay(
  graph: UsesGraph,
  { from, to }: { readonly from: string; readonly to: string },
): readonly string[] | undefined {
  const seen = new Set([from]);
  let ways: readonly (readonly string[])[] = [[from]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      const last = way.at(-1) ?? "";
      if (last === to) return way;
      for (const next of graph.get(last) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    }
    ways = longer;
  }
  return undefined;
}

/** Whether commands that use commands go deeper than `most` from this one. */
export function isDeeper(graph: UsesGraph, { from, most }: { readonly from: string; readonly most: number }): boolean {
  let level = new Set([from]);
  for (let depth = 0; depth < most && level.size > 0; depth += 1) {
    const next = new Set<string>();
    for (const id of level) for (const used of graph.get(id) ?? []) next.add(used);
    level = next;
  }
  return [...level].some((id) => (graph.get(id)?.size ?? 0) > 0);
}

/** The graph without what leads back to where it began. */
export function withoutCycles(graph: UsesGraph): UsesGraph {
  return new Map(
    Array.from(graph, ([id, used]) => [
      id,
      new Set([...used].filter((next) => findWay(graph, { from: next, to: id }) === undefined)),
    ]),
  );
}

/** A command and everything that it uses, at any depth. */
export function reachableFrom(graph: UsesGraph, id: string): ReadonlySet<string> {
  const reached = new Set([id]);
  for (const next of reached) for (const used of graph.get(next) ?? []) reached.add(used);
  return reached;
}
