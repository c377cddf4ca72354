import { describe, expect, it } from "vitest";

import { errorCode } from "../../../../src/platform/errors.ts";
import type { RepositorySetup } from "../../../sim/git/git-act.ts";
import { GitWorld } from "../../../sim/git/git-world.ts";
import { shaOf } from "../../../sim/git/sha-of.ts";
import { TimeLine } from "../../../sim/schedule.ts";

const repository = "https://git.example.com/acme/deploy.git";
const NONE = { commits: [], touching: 0, others: 0 };
const setup: RepositorySetup = {
  url: repository,
  branches: [
    {
      name: "main",
      commits: [
        { name: "m0", paths: ["checkout", "payments"] },
        { name: "m1", paths: ["checkout/staging/web.yaml"], author: "Ben Oak", subject: "web 2" },
        { name: "m2", paths: ["payments"] },
        { name: "m3", paths: ["checkout"] },
      ],
    },
    { name: "feature/one", from: "m1", commits: [{ name: "f1", paths: ["checkout"] }] },
  ],
  tags: { v1: "m1" },
};

function world(): GitWorld {
  return new GitWorld({ schedule: new TimeLine(Date.UTC(2026, 0, 5)), repositories: [setup] });
}

function meaning(git: GitWorld, text: string, allowedBranches = ["main"]): ReturnType<GitWorld["resolveRevision"]> {
  return git.resolveRevision({ repository, text, allowedBranches });
}

describe("the simulated Git servers, asked what a revision means", () => {
  it("know branches, tags, whole ids and their first digits", () => {
    const git = world();
    expect(meaning(git, "main")).toMatchObject({ kind: "resolved", via: "branch", sha: shaOf("m3") });
    expect(meaning(git, "v1")).toMatchObject({ kind: "resolved", via: "tag", sha: shaOf("m1"), subject: "web 2" });
    expect(meaning(git, shaOf("m2"))).toMatchObject({ kind: "resolved", via: "sha" });
    expect(meaning(git, shaOf("m2").slice(0, 8).toUpperCase())).toMatchObject({ kind: "resolved", via: "sha" });
    expect(meaning(git, "refs/heads/main")).toMatchObject({ kind: "resolved", via: "branch" });
  });

  it("refuse what no allowed branch holds, and say which branches do", () => {
    const git = world();
    expect(meaning(git, "feature/one")).toMatchObject({ kind: "not-allowed", onBranches: ["feature/one"] });
    expect(meaning(git, "feature/one", ["feature/*"])).toMatchObject({ kind: "resolved" });
    expect(meaning(git, "main", [])).toMatchObject({ kind: "not-allowed" });
  });

  it("suggest what was probably meant, and say what is no revision at all", () => {
    const git = world();
    expect(meaning(git, "mian")).toEqual({ kind: "unknown", suggestions: ["main"] });
    expect(meaning(git, "one")).toEqual({ kind: "unknown", suggestions: ["feature/one"] });
    expect(meaning(git, "0".repeat(40))).toEqual({ kind: "unknown", suggestions: [] });
    expect(meaning(git, "main~1")).toEqual({ kind: "malformed", reason: "not-a-name" });
  });

  it("tell digits that fit several commits, unless only one of those may be deployed", () => {
    const names = Array.from({ length: 400 }, (_, index) => `many-${index}`);
    const byDigits = Map.groupBy(names, (name) => shaOf(name).slice(0, 4));
    const twins = Array.from(byDigits.values()).find(({ length }) => length > 1) ?? [];
    const [digits, [one = "", other = ""]] = [shaOf(twins[0] ?? "").slice(0, 4), twins];
    const paths = ["checkout"];
    const branches = [
      { name: "main", commits: [{ name: one, paths }] },
      { name: "side", from: one, commits: [{ name: other, paths }] },
    ];
    const git = new GitWorld({ schedule: new TimeLine(0), repositories: [{ url: repository, branches }] });
    expect(meaning(git, digits)).toMatchObject({ kind: "resolved", sha: shaOf(one) });
    expect(meaning(git, digits, ["**"])).toMatchObject({
      kind: "ambiguous",
      count: 2,
      candidates: [{ sha: shaOf(other) }, { sha: shaOf(one) }],
    });
  });

  it("throw for a repository that is not there", () => {
    expect(() => world().resolveRevision({ repository: "https://nowhere", text: "main", allowedBranches: [] })).toThrow(
      "there is no repository",
    );
    try {
      world().recentCommits({ repository: "https://nowhere", allowedBranches: [], most: 1 });
    } catch (error) {
      expect(errorCode(error)).toBe("git.not-a-repository");
    }
  });
});

describe("the simulated Git servers, asked what lies between", () => {
  const between = (git: GitWorld, from: string, to: string, paths: readonly string[] = []) =>
    git.commitsBetween({ repository, from: shaOf(from), to: shaOf(to), paths });

  it("list what touches the paths, newest first, and count the rest", () => {
    const git = world();
    expect(between(git, "m0", "m3", ["checkout/staging"])).toMatchObject({
      kind: "forward",
      added: { commits: [{ sha: shaOf("m3") }, { sha: shaOf("m1") }], touching: 2, others: 1 },
      removed: NONE,
    });
    expect(between(git, "m3", "m0")).toMatchObject({ kind: "backward", added: NONE, removed: { touching: 3 } });
    expect(between(git, "f1", "m3")).toMatchObject({
      kind: "diverged",
      added: { touching: 2 },
      removed: { commits: [{ sha: shaOf("f1") }], touching: 1 },
    });
    expect(between(git, "m1", "m1")).toEqual({ kind: "same" });
    expect(between(git, "gone", "m1")).toEqual({ kind: "unknown-live", sha: shaOf("gone") });
    expect(between(git, "m1", "gone")).toEqual({ kind: "unknown-target", sha: shaOf("gone") });
  });

  it("list the newest commits with the names at them", () => {
    const list = world().recentCommits({ repository, allowedBranches: ["main"], most: 3 });
    expect(list.map(({ subject, names }) => [subject, names])).toEqual([
      ["m3", ["main"]],
      ["m2", []],
      ["web 2", ["v1"]],
    ]);
  });
});

describe("people at the simulated Git servers", () => {
  it("push, rewrite and delete branches, which others hear of, and commits stay", () => {
    const git = world();
    const heard: string[] = [];
    git.onMove((_repository, branch) => heard.push(branch));
    git.act({ type: "push", repository, branch: "main", commits: [{ name: "m4", paths: ["docs"] }] });
    expect(meaning(git, "main")).toMatchObject({ sha: shaOf("m4") });
    git.act({ type: "rewrite", repository, branch: "main", to: "m1", commits: [{ name: "r2", paths: ["checkout"] }] });
    expect(meaning(git, "main")).toMatchObject({ sha: shaOf("r2") });
    expect(meaning(git, shaOf("m3"))).toMatchObject({ kind: "not-allowed", onBranches: [] });
    git.act({ type: "delete-branch", repository, branch: "feature/one" });
    expect(meaning(git, "feature/one")).toMatchObject({ kind: "unknown" });
    git.act({ type: "tag", repository, tag: "v2", to: "r2" });
    expect(meaning(git, "v2")).toMatchObject({ kind: "resolved", via: "tag" });
    expect(heard).toEqual(["main", "main", "feature/one"]);
    expect(git.moves.slice(2).map(({ head }) => head)).toEqual([shaOf("m4"), shaOf("r2"), undefined]);
  });

  it("change what a folder holds only by commits that touch it", () => {
    const git = world();
    const at = (revision: string, path: string) => git.folderAt(repository, { revision, path });
    expect(at(shaOf("m2"), "checkout/staging")).toBe(shaOf("m1"));
    expect(at(shaOf("m3"), "checkout/staging")).toBe(shaOf("m3"));
    expect(at(shaOf("m3"), "payments")).toBe(shaOf("m2"));
    expect(at(shaOf("m3"), "search")).toBe("");
    expect(at("1".repeat(40), "checkout")).toBeUndefined();
  });
});
