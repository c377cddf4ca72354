import { z } from "zod";

/** A text that only this installation can read: what a step put out as a secret, as the log and the jobs hold it. */
export const SealedText = z.strictObject({
  /** The id of the key with which it was sealed. */
  key: z.string(),
  /** Where it came from: run, step path, attempt and field. It opens only as what it was sealed for. */
  origin: z.string(),
  nonce: z.string(),
  data: z.string(),
});
export type SealedText = z.infer<typeof SealedText>;

/** Where the secrets are that steps are given, and how their secret outputs are kept. */
export interface Vault {
  /** The value of a secret of the configuration. Throws `secret.unresolved`, saying where it was looked for. */
  resolve(name: string): string;
  seal(text: string, origin: string): SealedText;
  /** Throws `secret.unreadable` for what was not sealed by this installation, or changed since. */
  open(sealed: SealedText): string;
}
