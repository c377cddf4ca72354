import { onTestFinished } from "vitest";

import { ArtifactFolder } from "../support/artifact-folder.ts";
import { artifactsContract, MOST_BYTES } from "./artifacts.contract.ts";

artifactsContract("on the disk", async () => {
  const folder = await ArtifactFolder.open(MOST_BYTES);
  onTestFinished(() => folder[Symbol.asyncDispose]());
  return {
    artifacts: folder.store,
    damage: (digest) => folder.damage(digest),
    remove: (digest) => folder.remove(digest),
    stored: () => folder.stored(),
  };
});
