/** An input that does what no input may do. */
export interface Finding {
  /** `threw` something that is no answer; `differs` when asked again; `slow` in three measurements; `hung`; `died` with all of its thread. */
  readonly kind: "threw" | "differs" | "slow" | "hung" | "died";
  readonly message: string;
  readonly input: string;
}

/** What findings of the same cause have in common: what was thrown, and where in the product. */
export function causeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `threw ${String(thrown)}`.slice(0, 300);
  const frame = /\/((?:src|test\/fuzz|node_modules)\/[^\s():]+:\d+)/u.exec(thrown.stack ?? "")?.[1] ?? "nowhere";
  return `${thrown.name}: ${thrown.message.replaceAll(/\s+/gu, " ").slice(0, 200)} (${frame})`;
}

/** The same without what differs from input to input. */
export function sortOf(cause: string): string {
  const place = cause.lastIndexOf(" (");
  return `${cause.slice(0, cause.indexOf(":"))}${cause.slice(place)}`;
}
