import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ArtifactStore } from "../../src/artifacts/artifact-store.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";

export const SEAL_KEY = { id: "0123456789ab", bytes: Buffer.alloc(32, 9) };

/** A store for files in a folder that goes at the end, whose files a test can lay hands on. */
export class ArtifactFolder implements AsyncDisposable {
  readonly folder: string;
  readonly store: ArtifactStore;

  private constructor(folder: string, mostBytes: number) {
    this.folder = folder;
    const own = { keys: [SEAL_KEY], mostBytes: () => mostBytes, clock: systemClock, random: systemRandom };
    this.store = new ArtifactStore({ folder, ...own });
  }

  static async open(mostBytes: number): Promise<ArtifactFolder> {
    return new ArtifactFolder(await mkdtemp(join(tmpdir(), "quarterdeck-files-")), mostBytes);
  }

  async files(): Promise<readonly string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  }

  async stored(): Promise<Buffer> {
    return Buffer.concat(await Promise.all((await this.files()).map((path) => readFile(path))));
  }

  async damage(digest: string): Promise<void> {
    for (const path of await this.#of(digest)) {
      const content = await readFile(path);
      content.writeUInt8((content.at(-9) ?? 0) ^ 1, content.length - 9);
      await writeFile(path, content);
    }
  }

  async remove(digest: string): Promise<void> {
    for (const path of await this.#of(digest)) await rm(path);
  }

  async #of(digest: string): Promise<readonly string[]> {
    return (await this.files()).filter((path) => path.includes(digest.slice(2)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
