/** What a request for a text came to. */
export type FetchedText =
  | { readonly kind: "text"; readonly text: string }
  /** `isPassing`: nothing is known of what there is, as after a timeout or an answer of 500 and above. */
  | { readonly kind: "failed"; readonly isPassing: boolean; readonly reason: string };

/** Asks for a text over https: no redirects are followed, and no more is read than that. Never rejects. */
export type FetchText = (
  address: string,
  limits: { readonly mostBytes: number; readonly timeoutMs: number },
) => Promise<FetchedText>;
