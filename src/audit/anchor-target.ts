import type { SignedHead } from "./signed-head.ts";

/** A place outside in which signed heads are kept. */
export interface AnchorTarget {
  /** What figures call it, such as `folder` or `folder-2`; nothing in it says where that is. */
  readonly name: string;
  /** Where that is, such as `folder /srv/anchors`. */
  readonly address: string;
  /**
   * Puts the head there, beside the earlier ones, and resolves with where it can be found when it is there for good. May be called again
   * for a head that is there already. Rejects when it cannot be put there, and when the signal is aborted.
   */
  write(head: SignedHead, signal: AbortSignal): Promise<string>;
  /** Rejects when nothing could be put there now; puts nothing there. Absent where that cannot be found out. */
  tryOut?(signal: AbortSignal): Promise<void>;
}
