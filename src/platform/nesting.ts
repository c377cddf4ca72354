/**
 * Deeper than anything that people or programs write. What is read is kept far from the depth at which the stack ends: JSON.parse
 * knows none, and everything that walks over its result does.
 */
export const DEEPEST_JSON = 500;

/** Whether lists and maps stand more than so many levels within one another. */
export function isNestedDeeper(value: unknown, levels = DEEPEST_JSON): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const member of Object.values(value)) if (isNestedDeeper(member, levels - 1)) return true;
  return false;
}
