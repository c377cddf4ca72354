const ADDRESS = /^[^\s@<>]{1,64}@[^\s@<>]{1,255}$/u;

/** Each e-mail address once, in lower case; what is none, such as the `[REDACTED]` of GitLab, is left out. */
export function mailAddresses(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map((text) => text.trim().toLowerCase()).filter((text) => ADDRESS.test(text)))];
}
