import type { AnchorTarget } from "../audit/anchor-target.ts";
import { anchorText, type SignedHead } from "../audit/signed-head.ts";
import { RemoteJournal, type RemoteJournalDeps } from "../git/remote-journal.ts";

/** Keeps each head as a commit on a branch of a repository. */
export class GitAnchorTarget implements AnchorTarget, AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly #journal: RemoteJournal;

  constructor({ name, ...deps }: RemoteJournalDeps & { readonly name: string }) {
    this.name = name;
    this.address = `git ${deps.repository} ${deps.branch}`;
    this.#journal = new RemoteJournal(deps);
  }

  async write(head: SignedHead, signal: AbortSignal): Promise<string> {
    const message = `Anchor of the log up to event ${head.sequence}\n\n${anchorText(head)}\n`;
    return await this.#journal.append({ message, at: head.at }, signal);
  }

  async tryOut(signal: AbortSignal): Promise<void> {
    await this.#journal.tryOut(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal[Symbol.asyncDispose]();
  }
}
