import type { SlackIds } from "./slack-ids.ts";

/** A file between the request for its upload URL and its sharing, and after. */
export interface SlackFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly snippetType?: string | undefined;
  readonly content?: Buffer | undefined;
  readonly shares: readonly { readonly channel: string; readonly ts: string }[];
}

/** The three-part upload flow: announce, send the bytes, complete. */
export class SlackFiles {
  readonly #ids: SlackIds;
  readonly #files = new Map<string, SlackFile>();
  readonly #uploads = new Map<string, string>();

  constructor(deps: { readonly ids: SlackIds }) {
    this.#ids = deps.ids;
  }

  /** Announces a file; the ticket is the secret part of its upload URL. */
  announce(name: string, snippetType?: string): { readonly file: SlackFile; readonly ticket: string } {
    const file: SlackFile = { id: this.#ids.next("F"), name, title: name, snippetType, shares: [] };
    const ticket = this.#ids.hex(16);
    this.#files.set(file.id, file);
    this.#uploads.set(ticket, file.id);
    return { file, ticket };
  }

  /** Takes the bytes of an announced file; false when the ticket is unknown or used. */
  receive(ticket: string, content: Buffer): boolean {
    const file = this.#files.get(this.#uploads.get(ticket) ?? "");
    if (file === undefined) return false;
    this.#uploads.delete(ticket);
    this.#files.set(file.id, { ...file, content });
    return true;
  }

  put(file: SlackFile): void {
    this.#files.set(file.id, file);
  }

  file(id: string): SlackFile | undefined {
    return this.#files.get(id);
  }

  all(): readonly SlackFile[] {
    return [...this.#files.values()];
  }
}
