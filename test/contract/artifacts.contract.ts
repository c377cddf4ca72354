import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import type { Artifacts } from "../../src/engine/artifacts.ts";

/** Limit of the stores under test. */
export const MOST_BYTES = 3 * 1024 * 1024;

export interface ArtifactsScene {
  readonly artifacts: Artifacts;
  /** Changes one byte of whatever stands on the disk. */
  readonly damage: (digest: string) => Promise<void>;
  readonly remove: (digest: string) => Promise<void>;
  /** All bytes that stand on the disk. */
  readonly stored: () => Promise<Buffer>;
}

async function* inPieces(content: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

/** Bytes that repeat nowhere, so that pieces in a wrong order are seen. */
function bytes(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash("sha256").update(String(index)).digest(),
  );
  return Buffer.concat(blocks, length);
}

/** What every store for files promises. `open` gives an empty one. */
export function artifactsContract(name: string, open: () => Promise<ArtifactsScene>): void {
  describe(`the store for files ${name}`, () => {
    const file = { name: "report.json", mediaType: "application/json" };

    it.each([0, 1, 65_536, 65_537, MOST_BYTES])("gives back what was left, of %i bytes", async (length) => {
      const { artifacts } = await open();
      const content = bytes(length);
      for (const sealed of [false, true]) {
        const left = await artifacts.put({ ...file, sealed, content });
        const digest = createHash("sha256").update(content).digest("hex");
        expect(left).toEqual({ ...file, sealed, digest, bytes: length });
        expect(Buffer.from(await artifacts.read(left)).equals(content)).toBe(true);
      }
    });

    it("takes what comes in pieces, and the same content again", async () => {
      const { artifacts } = await open();
      const content = bytes(200_000);
      const whole = await artifacts.put({ ...file, content });
      const again = await artifacts.put({ name: "other", mediaType: "text/plain", content: inPieces(content, 999) });
      expect(again.digest).toBe(whole.digest);
      expect(Buffer.from(await artifacts.read(again)).equals(content)).toBe(true);
    });

    it("keeps nothing of a sealed file as it was", async () => {
      const { artifacts, stored } = await open();
      const content = Buffer.from("canary ".repeat(1000));
      await artifacts.put({ ...file, sealed: true, content });
      expect((await stored()).includes("canary")).toBe(false);
      await artifacts.put({ ...file, content });
      expect((await stored()).includes("canary")).toBe(true);
    });

    it("refuses what is larger than it may be, and keeps nothing of it", async () => {
      const { artifacts, stored } = await open();
      const content = bytes(MOST_BYTES + 1);
      const refused = { code: "artifact.too-large", retry: "never" };
      await expect(artifacts.put({ ...file, content })).rejects.toMatchObject(refused);
      await expect(artifacts.put({ ...file, content: inPieces(content, 70_000) })).rejects.toMatchObject(refused);
      expect((await stored()).length).toBe(0);
    });

    it("tells a file that is gone from one that was changed", async () => {
      const { artifacts, damage, remove } = await open();
      for (const sealed of [false, true]) {
        const left = await artifacts.put({ ...file, sealed, content: bytes(100_000) });
        await damage(left.digest);
        await expect(artifacts.read(left)).rejects.toMatchObject({ code: "artifact.damaged", retry: "never" });
        await remove(left.digest);
        await expect(artifacts.read(left)).rejects.toMatchObject({ code: "artifact.missing", retry: "never" });
      }
    });
  });
}
