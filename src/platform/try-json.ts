/** The value that a text from outside holds as JSON; undefined for a text that is none. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
