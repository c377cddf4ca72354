const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;
const ZEROS = /^0+$/u;

/** The text when it is a commit in full (SHA-1 or SHA-256) and not the zeros that stand for none; otherwise an empty one. */
export function fullCommit(text: string): string {
  const lower = text.toLowerCase();
  return COMMIT.test(lower) && !ZEROS.test(lower) ? lower : "";
}

/** The branch or the tag that a ref of Git names. */
export function refName(ref: string): { readonly branch: string; readonly tag: string } {
  const branch = ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : "";
  const tag = ref.startsWith("refs/tags/") ? ref.slice("refs/tags/".length) : "";
  return { branch, tag };
}
