import { describe, expect, it } from "vitest";

import { githubKind } from "../../../../src/triggers/kinds/github.ts";
import type { Reading } from "../../../../src/triggers/trigger-kind.ts";
import {
  ARRIVES_AT,
  eventsOf,
  githubHeaders,
  SECRET,
  triggerFixture,
  withPart,
} from "../../../support/trigger-samples.ts";

const COMMIT = "4f1c9a2b7d8e6f5a0b3c1d2e4f6a8b9c0d1e2f3a";
const DIGEST = `sha256:${"7c1d".repeat(16)}`;
const proofs = { settings: {}, secrets: [SECRET] };

async function read(event: string, body: Buffer): Promise<Reading> {
  return githubKind.read({ headers: githubHeaders(event)(body, SECRET), query: "", body, at: ARRIVES_AT }, {});
}

async function factOf(event: string, fixture: string) {
  const [fact, ...more] = eventsOf(await read(event, triggerFixture(`github/${fixture}`)));
  expect(more).toEqual([]);
  return fact;
}

describe("github", () => {
  it("reads the end of a workflow run", async () => {
    expect(await factOf("workflow_run", "workflow_run")).toMatchObject({
      event: {
        kind: "workflow_run",
        repository: "acme/checkout",
        branch: "main",
        commit: COMMIT,
        conclusion: "success",
        workflow: "CI",
        startedBy: "push",
        run: "30433642",
        attempt: 1,
        sender: "ada",
      },
      content: ["workflow_run", "acme/checkout", "30433642", 1, COMMIT, "success"],
      says: "CI of acme/checkout ended with success on main at 4f1c9a2",
      link: "https://github.com/acme/checkout/actions/runs/30433642",
      happenedAt: Date.UTC(2026, 0, 1, 9, 59, 30),
      causedBy: ["ada@acme.example"],
    });
  });

  it("reads a push to a branch, with everybody whose commits it brings", async () => {
    expect(await factOf("push", "push")).toMatchObject({
      event: { kind: "push", branch: "main", tag: "", commit: COMMIT, sender: "ada" },
      says: "4f1c9a2 was pushed to main of acme/checkout",
      happenedAt: Date.UTC(2026, 0, 1, 9, 57, 10),
      causedBy: ["ada@acme.example", "grace@acme.example"],
    });
  });

  it("knows the author of the newest commit also where GitHub lists no commits", async () => {
    const author = { name: "Lin", email: "lin@acme.example" };
    const [fact] = eventsOf(await read("push", withPart("github/push-tag", "head_commit.author", author)));
    expect(fact?.causedBy).toEqual(["ada@acme.example", "lin@acme.example"]);
  });

  it("takes the commit of an annotated tag, and not the object of the tag", async () => {
    expect(await factOf("push", "push-tag")).toMatchObject({ event: { branch: "", tag: "v1.4.0", commit: COMMIT } });
    const bare = withPart("github/push-tag", "head_commit", null);
    expect(await read("push", bare)).toMatchObject({ kind: "nothing" });
  });

  it("reads the end of a check suite", async () => {
    expect(await factOf("check_suite", "check_suite")).toMatchObject({
      event: { kind: "check_suite", branch: "main", commit: COMMIT, conclusion: "success", workflow: "Build farm" },
      happenedAt: Date.UTC(2026, 0, 1, 9, 59, 40),
    });
  });

  it("reads a release, with a commit only where the release names one", async () => {
    expect(await factOf("release", "release")).toMatchObject({
      event: { kind: "release", tag: "v1.4.0", branch: "main", commit: "", prerelease: false },
    });
    const [fact] = eventsOf(await read("release", withPart("github/release", "release.target_commitish", COMMIT)));
    expect(fact).toMatchObject({ event: { branch: "", commit: COMMIT } });
  });

  it("tells the same of an image whether GitHub calls it package or registry package", async () => {
    const fact = await factOf("package", "package");
    expect(fact).toEqual(await factOf("registry_package", "registry_package"));
    expect(fact).toMatchObject({
      event: {
        kind: "package",
        commit: COMMIT,
        image: {
          repository: "ghcr.io/acme/checkout",
          tag: "1.4.0",
          digest: DIGEST,
          reference: `ghcr.io/acme/checkout@${DIGEST}`,
        },
      },
    });
  });

  it.each([
    ["ping", "ping", "", "", "it is a ping: the webhook works"],
    ["issues", "push", "", "", "nothing is read from the event issues"],
    ["__proto__", "push", "", "", "nothing is read from the event __proto__"],
    ["workflow_run", "workflow_run", "action", "requested", "the workflow run has not ended"],
    ["workflow_run", "workflow_run", "workflow_run.head_sha", "main", "it does not name the commit that was checked"],
    ["check_suite", "check_suite", "action", "rerequested", "the check suite has not ended"],
    ["push", "push", "deleted", true, "main was deleted"],
    ["push", "push", "ref", "refs/notes/commits", "it is a push of neither a branch nor a tag"],
    ["release", "release", "action", "created", "the release has not been published just now"],
    ["release", "release", "release.draft", true, "the release has not been published just now"],
    ["package", "package", "action", "deleted", "the package was not pushed"],
    ["package", "package", "package", undefined, "it names no package"],
  ])("starts nothing by %s (%s with %s %s)", async (event, fixture, path, value, reason) => {
    const body = path === "" ? triggerFixture(`github/${fixture}`) : withPart(`github/${fixture}`, path, value);
    expect(await read(event, body)).toMatchObject({ kind: "nothing", reason });
  });

  it("starts nothing by what ran for a fork, whatever its branch is called", async () => {
    const fork = { id: 9, name: "checkout", full_name: "mallory/checkout" };
    for (const head of [fork, null, undefined]) {
      const body = withPart("github/workflow_run", "workflow_run.head_repository", head);
      expect(await read("workflow_run", body)).toMatchObject({
        kind: "nothing",
        reason: "the workflow ran for a fork, and what others propose starts nothing",
      });
    }
    const suite = withPart("github/check_suite", "check_suite.head_branch", null);
    expect(await read("check_suite", suite)).toMatchObject({
      kind: "nothing",
      reason: expect.stringContaining("fork"),
    });
  });

  it.each([
    [
      "package.package_version.container_metadata.tag.digest",
      "sha256:short",
      "it has no digest, and a tag alone starts nothing",
    ],
    [
      "package.package_version.container_metadata.tag.name",
      "",
      "it has no tag: a part of an image for several platforms",
    ],
    ["package.package_version.package_url", "../evil:1", "it names no repository of images"],
  ])("starts nothing by an image with %s %j", async (path, value, reason) => {
    expect(await read("package", withPart("github/package", path, value))).toMatchObject({ kind: "nothing", reason });
  });

  it("starts nothing by the check suites of Actions, which do not tell forks apart", async () => {
    const body = withPart("github/check_suite", "check_suite.app", { slug: "github-actions", name: "GitHub Actions" });
    expect(await read("check_suite", body)).toMatchObject({
      kind: "nothing",
      reason: "use workflow_run, which tells the runs for forks apart",
    });
  });

  it("starts nothing by a package that is no image", async () => {
    const body = withPart("github/package", "package.package_type", "npm");
    const npm = Buffer.from(body.toString("utf8").replace('"ecosystem":"CONTAINER"', '"ecosystem":"npm"'));
    expect(await read("package", npm)).toMatchObject({ kind: "nothing", reason: "the package is no image" });
  });

  it("reads what GitHub sends as a form, with the same signature", async () => {
    const json = triggerFixture("github/workflow_run").toString("utf8");
    const body = Buffer.from(new URLSearchParams({ payload: json }).toString());
    const headers = {
      ...githubHeaders("workflow_run")(body, SECRET),
      "content-type": "application/x-www-form-urlencoded",
    };
    const delivery = { headers, query: "", body, at: ARRIVES_AT };
    expect(await githubKind.verify(delivery, proofs)).toBeUndefined();
    expect(await githubKind.read(delivery, {})).toEqual(
      await read("workflow_run", triggerFixture("github/workflow_run")),
    );
    const empty = { ...delivery, body: Buffer.from("other=1") };
    expect(await githubKind.read(empty, {})).toMatchObject({
      kind: "unreadable",
      reason: "the form has no field `payload`",
    });
  });

  it("does not take the signature with SHA-1 that GitHub sends beside the other", async () => {
    const body = triggerFixture("github/push");
    const { "x-hub-signature-256": _signature, ...headers } = githubHeaders("push")(body, SECRET);
    const delivery = { headers: { ...headers, "x-hub-signature": `sha1=${"0".repeat(40)}` }, query: "", body, at: 0 };
    expect(githubKind.admit(delivery, proofs)).toBe("unsigned");
  });

  it("says where a payload is not what GitHub sends, and no value of it", async () => {
    const body = withPart("github/push", "repository.full_name", 42);
    expect(await read("push", body)).toEqual({
      kind: "unreadable",
      reason: "this is no push: look at repository.full_name",
    });
  });

  it("tells of the same commit again when it is pushed back", async () => {
    const [there] = eventsOf(await read("push", triggerFixture("github/push")));
    const [back] = eventsOf(await read("push", withPart("github/push", "before", "a".repeat(40))));
    expect(back?.content).not.toEqual(there?.content);
  });
});
