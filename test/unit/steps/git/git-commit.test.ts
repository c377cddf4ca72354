import { describe, expect, it } from "vitest";

import { gitCommit } from "../../../../src/steps/git/git-commit.ts";
import { FakeArgocd } from "../../../support/fake-argocd.ts";
import { lostAnswer, MemoryBranch } from "../../../support/memory-branch.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { anApplication } from "../../argocd/application-builder.ts";

const KUSTOMIZATION = `images:
  - name: checkout # the shop
    newTag: 1.4.2
`;
const VALUES = "image:\n  tag: '1.4.2' # written by Quarterdeck\n  pull: Always\n";
const DIGEST = `sha256:${"7d".repeat(32)}`;
const INPUT = {
  repository: "https://git.example.com/acme/deploy.git",
  branch: "main",
  changes: [
    { file: "kustomization.yaml", image: { name: "checkout", digest: DIGEST } },
    { file: "values.yaml", set: { "image.tag": "1.5.0" } },
    { file: "release.txt", content: "1.5.0\n" },
    { file: "old.txt", delete: true },
  ],
  message: "Release checkout 1.5.0",
};

function open(files: Readonly<Record<string, string>> = {}) {
  const branch = new MemoryBranch({
    "kustomization.yaml": KUSTOMIZATION,
    "values.yaml": VALUES,
    "old.txt": "x",
    ...files,
  });
  const step = new StepBench(gitCommit({ servers: new Map(), writing: branch.writing }));
  return { branch, step };
}

describe("git/commit", () => {
  it("changes what it is told to, keeps the rest, and says who asked for it", async () => {
    const { branch, step } = open();
    const output = await step.output(INPUT);
    expect(Object.fromEntries(branch.files)).toEqual({
      "kustomization.yaml": KUSTOMIZATION.replace("newTag: 1.4.2", `digest: ${DIGEST}`),
      "values.yaml": VALUES.replace("1.4.2", "1.5.0"),
      "release.txt": "1.5.0\n",
    });
    expect(output).toEqual({
      repository: INPUT.repository,
      branch: "main",
      revision: branch.commits[0]?.sha,
      changed: true,
      files: ["kustomization.yaml", "values.yaml", "release.txt", "old.txt"],
      notes: [`4 files changed by ${branch.commits[0]?.sha.slice(0, 7)} on main`],
    });
    expect(branch.commits[0]?.message).toBe(
      "Release checkout 1.5.0\n\nCo-authored-by: Ana Lopez <ana@example.com>\nQuarterdeck-Effect: run_1/promote/step/1\n",
    );
  });

  it("succeeds without a commit where everything is so already", async () => {
    const { branch, step } = open();
    await step.output(INPUT);
    step.checkpointed = undefined;
    step.attempt = 2;
    const again = await step.output({ ...INPUT, changes: INPUT.changes.slice(0, 3) });
    expect(again).toMatchObject({
      changed: false,
      files: [],
      revision: expect.stringMatching(/^a+1$/u),
      notes: [expect.stringContaining("nothing to change: main has it already")],
    });
    expect(branch.commits).toHaveLength(1);
  });

  it("finds its own commit after an answer was lost, in the attempt after it too", async () => {
    const { branch, step } = open();
    branch.afterPush = () => Promise.reject(lostAnswer());
    expect(await step.failure(INPUT)).toMatchObject({ code: "git.unreachable", retry: "backoff" });
    branch.files.set("values.yaml", VALUES);
    step.attempt = 2;
    expect(await step.output(INPUT)).toMatchObject({
      changed: true,
      revision: branch.commits[0]?.sha,
      files: ["kustomization.yaml", "values.yaml", "release.txt", "old.txt"],
    });
    expect(branch.commits).toHaveLength(1);
  });

  it("lets nobody forge who asked or whose effect it is", async () => {
    const { branch, step } = open();
    branch.names = { U1: "Ana <x@evil>\nCo-authored-by: Bo" };
    const message = "Release\n\nQuarterdeck-Effect: run_9/other/step/1\nco-authored-by: Eve <eve@example.com>";
    await step.output({ ...INPUT, message });
    expect(branch.commits[0]?.message).toBe(
      "Release\n\n> Quarterdeck-Effect: run_9/other/step/1\n> co-authored-by: Eve <eve@example.com>\n\n" +
        "Co-authored-by: Ana  x@evil Co-authored-by: Bo <ana@example.com>\nQuarterdeck-Effect: run_1/promote/step/1\n",
    );
    branch.names = {};
    step.attempt = 2;
    step.checkpointed = undefined;
    await step.output({ ...INPUT, message: "Release", changes: [{ file: "a.txt", content: "a" }] });
    expect(branch.commits[1]?.message).toBe("Release\n\nQuarterdeck-Effect: run_1/promote/step/2\n");
  });

  it("writes to the repository and the branch that an application reads", async () => {
    const argocd = new FakeArgocd();
    const application = anApplication();
    argocd.put(application);
    const branch = new MemoryBranch({});
    const kind = gitCommit({ servers: argocd.servers, writing: branch.writing });
    const app = `main/${application.metadata.namespace}/${application.metadata.name}`;
    const output = await new StepBench(kind).output({
      app,
      changes: [{ file: "a.txt", content: "a" }],
      message: "x",
    });
    expect([output["repository"], output["branch"]]).toEqual([
      application.spec.source?.repoURL,
      application.spec.source?.targetRevision,
    ]);
  });

  it.each<[string, object]>([
    ["git.file-missing", { changes: [{ file: "none.yaml", set: { a: 1 } }] }],
    ["git.path-missing", { changes: [{ file: "values.yaml", set: { "image.tga": "x" } }] }],
    ["git.not-yaml", { changes: [{ file: "broken.yaml", set: { a: 1 } }] }],
    ["git.other-kind", { changes: [{ file: "values.yaml", set: { image: "x" } }] }],
    ["git.bad-path", { changes: [{ file: "values.yaml", set: { "a..b": "x" } }] }],
    ["step.input", { changes: [{ file: "values.yaml", set: { a: 1 }, content: "x" }] }],
    ["step.input", { changes: [{ file: "values.yaml" }] }],
    ["step.input", { changes: [{ file: "kustomization.yaml", image: { name: "checkout" } }] }],
    ["step.input", { app: "main/argocd/checkout" }],
    ["step.input", { branch: undefined }],
  ])("fails as %s and writes nothing (%#)", async (code, more) => {
    const { branch, step } = open({ "broken.yaml": "a: [" });
    const failure = await step.failure({ ...INPUT, ...more });
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(/\w+/u);
    expect(branch.commits).toEqual([]);
  });

  it.each([["../etc/passwd"], [".git/config"], ["/etc/passwd"], ["a\\b"]])("takes no path such as %s", async (file) => {
    const { branch, step } = open();
    expect((await step.failure({ ...INPUT, changes: [{ file, content: "x" }] })).code).toBeDefined();
    expect(branch.requests).toEqual([]);
  });

  it("writes only where the configuration lets it", async () => {
    const { branch, step } = open();
    branch.isWritable = false;
    const failure = await step.failure(INPUT);
    expect(failure.code).toBe("git.not-writable");
    expect(failure.message).toContain('Say "write: true" at its entry under git.repositories');
    expect(branch.requests).toEqual([]);
  });
});
