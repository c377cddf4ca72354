import type { SecretMask } from "../platform/masking.ts";
import type { NewArtifact } from "./artifacts.ts";

type Mask = Pick<SecretMask, "text">;

// So much of a text without lines is looked at together, and so much of it again with what follows.
const MOST_HELD = 1024 * 1024;
const LOOKED_AT_AGAIN = 64 * 1024;

/** A text without its secrets, piece by piece where it comes so. */
export function maskedContent(content: NewArtifact["content"], mask: Mask): NewArtifact["content"] {
  if (!(content instanceof Uint8Array)) return maskedPieces(content, mask);
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("utf8");
  const masked = mask.text(text);
  return masked === text ? content : Buffer.from(masked);
}

/** Cut between lines, because no secret is told across them that would not be told in one of them. */
async function* maskedPieces(content: AsyncIterable<Uint8Array>, mask: Mask): AsyncIterable<Uint8Array> {
  const decoder = new TextDecoder("utf-8");
  let held = "";
  for await (const piece of content) {
    held += decoder.decode(piece, { stream: true });
    const end = held.lastIndexOf("\n") + 1;
    if (end > 0) {
      yield Buffer.from(mask.text(held.slice(0, end)));
      held = held.slice(end);
    } else if (held.length > MOST_HELD) {
      const masked = mask.text(held);
      yield Buffer.from(masked.slice(0, -LOOKED_AT_AGAIN));
      held = masked.slice(-LOOKED_AT_AGAIN);
    }
  }
  yield Buffer.from(mask.text(held + decoder.decode()));
}
