import { join } from "node:path";

import { editKustomizeImage } from "../../../../src/config/edit-kustomize-image.ts";
import { editYaml } from "../../../../src/config/edit-yaml.ts";
import type { StepKind } from "../../../../src/engine/step-kind.ts";
import { BranchWriter } from "../../../../src/git/branch-writer.ts";
import type { Random } from "../../../../src/platform/ids.ts";
import { gitMerge } from "../../../../src/steps/forge/git-merge.ts";
import { gitMerged } from "../../../../src/steps/forge/git-merged.ts";
import { gitPullRequest } from "../../../../src/steps/forge/git-pull-request.ts";
import { githubChecks } from "../../../../src/steps/forge/github-checks.ts";
import { gitlabPipeline } from "../../../../src/steps/forge/gitlab-pipeline.ts";
import { gitCommit } from "../../../../src/steps/git/git-commit.ts";
import type { ForgeWorld } from "./forge-world.ts";

export const REPOSITORY = "https://git.test/acme/deploy.git";
export const AUTHOR = { name: "Quarterdeck", email: "quarterdeck@example.com" };
/** What is written of whoever asked for a run. */
export const CO_AUTHOR = { name: "Ana", email: "ana@example.com" };
const MOST_PER_CALL_MS = 20_000;

/** The kinds that speak with Git and with a forge, for one process. */
export function forgeKinds(
  { clock, folder, git, line }: ForgeWorld,
  { life, random }: { readonly life: { readonly isDead: boolean }; readonly random: Random },
): readonly StepKind[] {
  const branches = new BranchWriter({
    clock,
    random,
    git: git.of(life),
    rules: [],
    environment: {},
    folder: join(folder, "writes"),
    fetchTimeoutMs: MOST_PER_CALL_MS,
  });
  const writing = {
    write: branches.write.bind(branches),
    mayWrite: (repository: string) => repository === REPOSITORY,
    author: () => AUTHOR,
    coAuthor: () => Promise.resolve(CO_AUTHOR),
    setValue: editYaml,
    setImage: editKustomizeImage,
  };
  const forge = {
    clock,
    send: line.of(life),
    networkPolicy: () => ({ privateAddresses: "deny", allow: [] }) as const,
  };
  return [
    gitCommit({ servers: new Map(), writing }),
    gitPullRequest(forge),
    gitMerge(forge),
    gitMerged(forge),
    githubChecks(forge),
    gitlabPipeline(forge),
  ];
}
