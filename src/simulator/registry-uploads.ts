import { randomUUID } from "node:crypto";

interface Upload {
  readonly repository: string;
  readonly bytes: Buffer;
}

/** Blobs that are being pushed, in one piece or in many. */
export class RegistryUploads {
  readonly #uploads = new Map<string, Upload>();

  begin(repository: string): string {
    const id = randomUUID();
    this.#uploads.set(id, { repository, bytes: Buffer.alloc(0) });
    return id;
  }

  /** All that has come so far, with this piece; undefined for an upload that was not begun there. */
  add(id: string, repository: string, piece: Buffer): Buffer | undefined {
    const known = this.#uploads.get(id);
    if (known?.repository !== repository) return undefined;
    const bytes = Buffer.concat([known.bytes, piece]);
    this.#uploads.set(id, { repository, bytes });
    return bytes;
  }

  end(id: string): void {
    this.#uploads.delete(id);
  }
}
