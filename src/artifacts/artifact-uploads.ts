import { createHash } from "node:crypto";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { ArtifactStore, Place } from "./artifact-store.ts";

interface Deps {
  /** Where pieces are put together. */
  readonly folder: string;
  readonly store: Pick<ArtifactStore, "adopt">;
}

/** A piece of a file, by whoever brings it. */
export interface Piece {
  /** Who brings it: two do not write to one another's drafts. */
  readonly owner: string;
  readonly place: Place;
  /** Where the piece begins. */
  readonly from: number;
  /** How many bytes the file has as it travels. */
  readonly size: number;
  readonly body: Uint8Array;
}

export type TakenPiece =
  /** All of it is there and is what its digest says. */
  | { readonly kind: "whole" }
  /** The next piece begins at `at`: after this one, or where an earlier one is missing. */
  | { readonly kind: "next"; readonly at: number };

/** Files that come in pieces. What is there of one is on the disk, so that a server that starts anew goes on with it. */
export class ArtifactUploads {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Throws `artifact.damaged` for a file that is not what its digest says, which is then to be sent from its beginning. */
  async take({ owner, place, from, size, body }: Piece): Promise<TakenPiece> {
    const draft = this.#draftOf(owner, place);
    if (from === 0) await rm(draft, { force: true });
    const there = await sizeOf(draft);
    if (there !== from || from + body.length > size) return { kind: "next", at: there === from ? 0 : there };
    await append(draft, body);
    const now = from + body.length;
    if (now < size) return { kind: "next", at: now };
    try {
      await this.#deps.store.adopt(draft, place);
    } finally {
      await rm(draft, { force: true });
    }
    return { kind: "whole" };
  }

  #draftOf(owner: string, { digest, sealed }: Place): string {
    const name = createHash("sha256")
      .update(`${owner}\n${digest}\n${String(sealed)}`)
      .digest("hex");
    return join(this.#deps.folder, "drafts", name);
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.size ?? 0;
}

async function append(path: string, body: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, "a", 0o600);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}
