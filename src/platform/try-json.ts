import { withoutStacks } from "./without-stacks.ts";

/** The value that a text from outside holds as JSON; undefined for a text that is none. */
export function tryJson(text: string): unknown {
  try {
    return withoutStacks((): unknown => JSON.parse(text));
  } catch {
    return undefined;
  }
}
