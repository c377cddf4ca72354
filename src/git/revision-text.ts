/** What a person typed as a revision, checked before any of it comes near git. */
export type RevisionText =
  | {
      readonly kind: "name";
      readonly text: string;
      readonly references: readonly string[];
      readonly digits: string | undefined;
    }
  | { readonly kind: "malformed"; readonly reason: MalformedRevision };

/** Why a text can be no revision: it is empty, longer than 256 characters, or not the name of a branch, a tag or a commit. */
export type MalformedRevision = "empty" | "too-long" | "not-a-name";

const LONGEST = 256;
// Git's own rules for references, by which all of its revision operators (^ ~ : @{ ..) drop out too.
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Z}~^:?*[\]\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\/\.|\.lock(?:\/|$)|^@$/u;

/** Reads a branch, a tag (short or `refs/...`) or 4 to 40 hexadecimal digits. */
export function parseRevisionText(input: string): RevisionText {
  const text = input.trim();
  if (text === "") return { kind: "malformed", reason: "empty" };
  if (text.length > LONGEST) return { kind: "malformed", reason: "too-long" };
  if (FORBIDDEN.test(text)) return { kind: "malformed", reason: "not-a-name" };
  const isFull = /^refs\/(?:heads|tags)\/./u.test(text);
  return {
    kind: "name",
    text,
    references: isFull ? [text] : [`refs/heads/${text}`, `refs/tags/${text}`],
    digits: /^[0-9a-f]{4,40}$/iu.test(text) ? text.toLowerCase() : undefined,
  };
}

/** Whether a text is a complete commit id. */
export function isFullSha(text: string): boolean {
  return /^[0-9a-f]{40}$/u.test(text);
}
