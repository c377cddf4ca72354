import { gitCommit } from "../../../src/steps/git/git-commit.ts";
import { MemoryBranch } from "../../support/memory-branch.ts";
import type { ActionScene } from "../step-kind.contract.ts";

/** A branch to which it adds a commit. */
export async function commitScene(): Promise<ActionScene> {
  const branch = new MemoryBranch({ "values.yaml": "image: { tag: 1.4.2 }\n" });
  return {
    kind: gitCommit({ servers: new Map(), writing: branch.writing }),
    input: {
      repository: "https://git.example.com/acme/deploy.git",
      branch: "main",
      changes: [{ file: "values.yaml", set: { "image.tag": "1.5.0" } }],
      message: "Release 1.5.0",
    },
    effects: () => branch.commits.length,
    hold: () => {
      const begun = Promise.withResolvers<void>();
      branch.beforePush = ({ signal }) => {
        begun.resolve();
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      };
      return begun.promise;
    },
  };
}
