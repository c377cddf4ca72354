/** Where a step works, for people: its environment, and the iterations that it stands in, the outermost first; empty when nowhere. */
export function stepPlace(step: { readonly path: string; readonly environment: string | undefined }): string {
  const iterations = Array.from(step.path.matchAll(/\[(?<key>[^\]]*)\]/gu), ({ groups }) => groups?.["key"] ?? "");
  const places = step.environment === undefined ? iterations : [step.environment, ...iterations];
  return [...new Set(places)].filter((place) => place !== "").join(" · ");
}
