import { utimes } from "node:fs/promises";

import { describe, expect, it, onTestFinished } from "vitest";

import { deleteOldArtifacts } from "../../../src/artifacts/delete-old.ts";
import type { Artifact } from "../../../src/domain/artifact.ts";
import { ArtifactFolder } from "../../support/artifact-folder.ts";

const BEFORE = 1_700_000_000_000;

async function open(): Promise<ArtifactFolder> {
  const folder = await ArtifactFolder.open(1000);
  onTestFinished(() => folder[Symbol.asyncDispose]());
  return folder;
}

async function leave(folder: ArtifactFolder, text: string, { isOld = true, sealed = false } = {}): Promise<Artifact> {
  const artifact = await folder.store.put({ name: "f", mediaType: "text/plain", sealed, content: Buffer.from(text) });
  const at = (isOld ? BEFORE - 1 : BEFORE + 1) / 1000;
  for (const path of await folder.files()) if (path.includes(artifact.digest.slice(2))) await utimes(path, at, at);
  return artifact;
}

describe("deleteOldArtifacts", () => {
  it("deletes what is old, sealed or not, and nothing that an open run names", async () => {
    const folder = await open();
    const old = [await leave(folder, "old"), await leave(folder, "old and sealed", { sealed: true })];
    const young = await leave(folder, "young", { isOld: false });
    const named = await leave(folder, "named");
    const names = new Set([named.digest]);
    expect(await deleteOldArtifacts({ folder: folder.folder, before: BEFORE, named: () => names })).toBe(2);
    for (const artifact of old) {
      await expect(folder.store.read(artifact)).rejects.toMatchObject({ code: "artifact.missing" });
    }
    for (const artifact of [young, named]) expect((await folder.store.read(artifact)).byteLength).toBe(5);
  });

  it("keeps what is left again, which is as if it were new", async () => {
    const folder = await open();
    await leave(folder, "again");
    const again = await folder.store.put({ name: "g", mediaType: "text/plain", content: Buffer.from("again") });
    expect(await deleteOldArtifacts({ folder: folder.folder, before: BEFORE, named: () => new Set() })).toBe(0);
    expect((await folder.store.read(again)).byteLength).toBe(5);
  });

  it("does not ask what is named where nothing is old", async () => {
    const folder = await open();
    const named = (): never => {
      throw new Error("nobody is to be asked");
    };
    await leave(folder, "young", { isOld: false });
    expect(await deleteOldArtifacts({ folder: folder.folder, before: BEFORE, named })).toBe(0);
    expect(await deleteOldArtifacts({ folder: `${folder.folder}/absent`, before: BEFORE, named })).toBe(0);
  });
});
