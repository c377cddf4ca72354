import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { GitRepositories } from "../../src/git/git-repositories.ts";
import type { GitCommit, GitRepository } from "../../src/simulator/git-repository.ts";
import type { BranchSetup } from "../sim/git/git-act.ts";
import { GitWorld } from "../sim/git/git-world.ts";
import { shaOf } from "../sim/git/sha-of.ts";
import { TimeLine } from "../sim/schedule.ts";
import { GitWorkbench } from "../support/git-workbench.ts";

const branches: readonly BranchSetup[] = [
  {
    name: "main",
    commits: [
      { name: "m0", paths: ["checkout/staging", "payments"] },
      { name: "m1", paths: ["checkout/staging/web.yaml"] },
      { name: "m2", paths: ["payments"] },
      { name: "m3", paths: ["checkout/prod", "docs"] },
      { name: "m4", paths: ["docs"] },
    ],
  },
  {
    name: "feature/one",
    from: "m1",
    commits: [
      { name: "f1", paths: ["checkout/staging"] },
      { name: "f2", paths: ["payments"] },
    ],
  },
  { name: "release/1", from: "m2", commits: [{ name: "r1", paths: ["checkout/staging/cron.yaml"] }] },
];
const NAMES = branches.flatMap(({ commits }) => commits.map(({ name }) => name));

/** The same history on disk and in a simulated world; answers with every commit told by its subject. */
describe("the simulated Git servers and real ones", () => {
  let bench: GitWorkbench;
  let git: GitRepositories;
  const shas = new Map<string, string>();
  const simulated = { repository: "https://git.example.com/deploy.git" };
  const world = new GitWorld({
    schedule: new TimeLine(Date.UTC(2026, 0, 5)),
    repositories: [{ url: simulated.repository, branches, tags: { v1: "m2" } }],
  });

  beforeAll(async () => {
    bench = await GitWorkbench.create();
    const repository = await bench.repository("deploy.git");
    for (const branch of branches) await write(repository, branch);
    await repository.tag({ name: "v1", commit: shas.get("m2") ?? "" });
    git = bench.open();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  async function write(repository: GitRepository, { name: branch, from, commits }: BranchSetup): Promise<void> {
    for (const { name, paths } of commits) {
      const files = Object.fromEntries(paths.map((path) => [path.includes(".") ? path : `${path}/${name}.yaml`, name]));
      const start = from === undefined ? undefined : shas.get(from);
      const commit: GitCommit = { branch, author: { name: "Ana", email: "ana@example.com" }, message: name, files };
      shas.set(name, await repository.commit({ ...commit, ...(start !== undefined && { from: start }) }));
    }
  }

  /** Ids of both replaced by the names of the commits, and what depends on them left out. */
  function told(answer: unknown): unknown {
    let text = JSON.stringify(answer, (key, value: unknown) =>
      key === "short" || key === "authoredAt" ? undefined : value,
    );
    for (const name of NAMES) text = text.replaceAll(shas.get(name) ?? "?", name).replaceAll(shaOf(name), name);
    return JSON.parse(text);
  }

  it.each(["m1", "f2", "main", "feature/one", "v1", "mian", "main..v1"])("agree on what %s means", async (name) => {
    for (const allowedBranches of [["main"], ["**"], []]) {
      const real = { repository: bench.url("deploy.git"), text: shas.get(name) ?? name, allowedBranches };
      const unreal = { ...simulated, text: NAMES.includes(name) ? shaOf(name) : name, allowedBranches };
      expect(told(world.resolveRevision(unreal))).toEqual(told(await git.resolveRevision(real)));
    }
  });

  it("agree on what lies between any two commits", async () => {
    for (const from of ["m0", "m4", "f2"]) {
      for (const to of ["m1", "m4", "r1"]) {
        for (const paths of [[], ["checkout/staging"]]) {
          const real = {
            repository: bench.url("deploy.git"),
            from: shas.get(from) ?? "",
            to: shas.get(to) ?? "",
            paths,
          };
          const unreal = { ...simulated, from: shaOf(from), to: shaOf(to), paths };
          expect(told(world.commitsBetween(unreal)), `${from}..${to}`).toEqual(told(await git.commitsBetween(real)));
        }
      }
    }
  });

  it("agree on the newest commits", async () => {
    for (const allowedBranches of [["main"], ["**"], ["nothing"]]) {
      const asked = { allowedBranches, most: 20, signal: AbortSignal.timeout(20_000) };
      const real = await git.recentCommits({ repository: bench.url("deploy.git"), ...asked });
      expect(told(world.recentCommits({ ...simulated, ...asked }))).toEqual(told(real));
    }
  });
});
