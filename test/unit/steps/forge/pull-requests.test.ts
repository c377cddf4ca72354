import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openAppTokens } from "../../../../src/app/git-access.ts";
import { gitMerge } from "../../../../src/steps/forge/git-merge.ts";
import { gitPullRequest } from "../../../../src/steps/forge/git-pull-request.ts";
import { judgeChecks } from "../../../../src/steps/forge/judge-checks.ts";
import { mergeVerdict } from "../../../../src/steps/forge/merge-verdict.ts";
import type { PullRequest, Standing } from "../../../../src/steps/forge/pull-request.ts";
import { isOfEffect, isOurs, markedBody } from "../../../../src/steps/forge/request-marker.ts";
import { FakeForge } from "../../../support/fake-forge.ts";

const SHA = "a".repeat(40);
const OPEN: PullRequest = {
  number: 7,
  url: "https://github.com/acme/deploy/pull/7",
  state: "open",
  head: "release",
  sha: SHA,
  base: "main",
  body: "",
  readiness: { kind: "ready" },
  mergedAs: "",
  mergedBy: "",
};
const QUIET: Standing = { checks: 0, failed: [], pending: [], approvedBy: [], changesAskedBy: [] };
const RED = { name: "lint", kind: "check", state: "failed", conclusion: "failure", url: "" } as const;
const WANTED = { sha: SHA, checks: "all" } as const;

describe("whether a pull request may be merged", () => {
  it.each([
    [{}, {}, "ready"],
    [{ state: "merged" }, {}, "merged"],
    [{ state: "closed" }, {}, "closed"],
    [{ sha: "b".repeat(40) }, {}, "moved"],
    [{ state: "merged", sha: "b".repeat(40) }, {}, "moved"],
    [{ readiness: { kind: "conflict" } }, { failed: [RED] }, "conflict"],
    [{}, { failed: [RED] }, "red"],
    [{}, { pending: [{ ...RED, state: "pending" }] }, "waiting"],
    [{}, { changesAskedBy: ["ben"] }, "waiting"],
    [{ readiness: { kind: "checking" } }, {}, "waiting"],
    [{ readiness: { kind: "waiting", why: "it is a draft" } }, {}, "waiting"],
  ] as const)("of %j with %j is %s", (request, standing, kind) => {
    expect(mergeVerdict({ ...OPEN, ...request }, { ...QUIET, ...standing }, WANTED).kind).toBe(kind);
  });

  it("leaves red checks to the rules of the branch where only those count", () => {
    expect(mergeVerdict(OPEN, { ...QUIET, failed: [RED] }, { sha: undefined, checks: "required" }).kind).toBe("ready");
  });
});

describe("the mark of a pull request", () => {
  it("is found in whatever people write around it, and is no other's", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1, maxLength: 80 }), fc.string(), (body, effect, after) => {
        fc.pre(!body.includes("<!--"));
        const text = `${markedBody(body.replaceAll("\u0000", ""), effect.toWellFormed())}${after}`;
        expect(isOurs(text)).toBe(true);
        expect(isOfEffect(text, effect.toWellFormed())).toBe(true);
        expect(isOfEffect(text, `${effect.toWellFormed()}1`)).toBe(false);
      }),
    );
  });

  it("is not in what others have written", () => {
    expect(isOurs("Please merge <!-- quarterdeck --> soon")).toBe(false);
  });
});

describe("checks that are ignored", () => {
  it("are those that a pattern with stars fits, as a regular expression would say", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "("), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (pattern, name) => {
        const check = { name, kind: "check", state: "failed", conclusion: "failure", url: "" } as const;
        const read = { checks: [check], workflow: undefined, suites: [], isComplete: true };
        const { counted } = judgeChecks(read, { required: "all", ignore: [pattern], workflow: undefined });
        const escaped = pattern.replaceAll(/[()]/gu, String.raw`\$&`).replaceAll("*", ".*");
        expect(counted.length === 0).toBe(new RegExp(`^(?:${escaped})$`, "u").test(name));
      }),
    );
  });

  it("do not take long, whatever the pattern", () => {
    const check = { name: "a".repeat(1000), kind: "check", state: "failed", conclusion: "failure", url: "" } as const;
    const read = {
      checks: Array.from({ length: 1000 }, () => check),
      workflow: undefined,
      suites: [],
      isComplete: true,
    };
    const begun = performance.now();
    judgeChecks(read, { required: "all", ignore: [`${"*a".repeat(400)}b`], workflow: undefined });
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});

describe("a step that changes something", () => {
  const ORDER = { repository: "acme/deploy", head: "release", base: "main", title: "x" };

  it("asks for nothing without a token", async () => {
    const forge = new FakeForge(gitPullRequest);
    forge.start(ORDER);
    expect(await forge.pass()).toMatchObject({ failure: { code: "forge.no-token" } });
    expect(forge.calls).toEqual([]);
  });

  it("has the App of the configuration only where that lets steps write, and masks its token", async () => {
    const masked: string[] = [];
    const allowed = new Set<string>();
    const appTokens = openAppTokens({
      git: { appToken: async () => "ghs_installation" },
      mask: { add: (text) => void masked.push(text) },
      mayWrite: (repository) => allowed.has(repository),
    });
    const forge = new FakeForge(gitPullRequest, { appTokens });
    forge.says("GET /repos/acme/deploy/pulls", []);
    forge.start(ORDER);
    expect(await forge.pass()).toMatchObject({ failure: { code: "forge.no-token" } });
    allowed.add("https://github.com/acme/deploy");
    forge.start(ORDER);
    await forge.pass();
    expect(forge.calls[0]?.headers["authorization"]).toBe("Bearer ghs_installation");
    expect(masked).toContain("ghs_installation");
  });

  it.each(["-x", "a..b", "a b", "/a", "a~1", "x@{1}"])("takes no %j for a branch", async (head) => {
    const forge = new FakeForge(gitPullRequest);
    forge.start({ ...ORDER, head, token: "t" });
    expect(await forge.pass()).toMatchObject({ status: "failed" });
    expect(forge.calls).toEqual([]);
  });

  const MERGE = { repository: "acme/deploy", number: 7, token: "t" };
  const LIMIT = { status: 429, headers: { "retry-after": "40" } };
  const LIMITED = { status: "postponed", code: "forge.rate-limited", afterMs: 40_000 };

  it.each([
    [gitMerge, MERGE],
    [gitPullRequest, { ...ORDER, token: "t" }],
    [gitPullRequest, { ...ORDER, base: undefined, token: "t" }],
  ] as const)(
    "is put off while the forge limits it or is away, before it has done anything (%#)",
    async (make, input) => {
      const forge = new FakeForge(make);
      forge.trouble = () => LIMIT;
      forge.start(input);
      expect(await forge.pass()).toMatchObject(LIMITED);
      forge.trouble = () => ({ status: 503 });
      forge.start(input);
      expect(await forge.pass()).toMatchObject({ status: "postponed", code: "forge.away" });
    },
  );

  const OPENED = {
    number: 7,
    html_url: OPEN.url,
    state: "open",
    head: { ref: "release", sha: SHA },
    base: { ref: "main" },
    mergeable: true,
    mergeable_state: "clean",
  };

  function aForge(make: typeof gitMerge): FakeForge {
    const forge = new FakeForge(make);
    forge.says("GET /repos/acme/deploy/pulls", []);
    forge.says("GET /repos/acme/deploy/pulls/7", OPENED);
    forge.says("GET /repos/acme/deploy/pulls/7/reviews", []);
    forge.says(`GET /repos/acme/deploy/commits/${SHA}/check-runs`, { total_count: 0, check_runs: [] });
    forge.says(`GET /repos/acme/deploy/commits/${SHA}/status`, { statuses: [] });
    forge.says(`GET /repos/acme/deploy/commits/${SHA}/check-suites`, { check_suites: [] });
    return forge;
  }

  it.each([
    [gitMerge, { ...MERGE, "appear-within": 0 }],
    [gitPullRequest, { ...ORDER, token: "t" }],
  ] as const)("leaves a forge alone for as long as it wants that limits the order itself (%#)", async (make, input) => {
    const forge = aForge(make);
    forge.trouble = ({ method }) => (method === "GET" ? undefined : LIMIT);
    forge.start(input);
    expect(await forge.pass()).toMatchObject(LIMITED);
    expect(forge.calls.at(-1)?.method).not.toBe("GET");
  });

  it.each([
    [gitMerge, { ...MERGE, "appear-within": 0 }],
    [gitPullRequest, { ...ORDER, token: "t" }],
  ] as const)("is put off where it is limited while it looks what came of its order (%#)", async (make, input) => {
    const forge = aForge(make);
    let isOrdered = false;
    forge.trouble = ({ method }) => {
      if (isOrdered) return LIMIT;
      isOrdered = method !== "GET";
      return isOrdered ? { status: 502 } : undefined;
    };
    forge.start(input);
    expect(await forge.pass()).toMatchObject(LIMITED);
  });

  it("says who is in the way where somebody else was quicker", async () => {
    const forge = aForge(gitPullRequest);
    let isQuicker = false;
    forge.trouble = ({ method }) => {
      if (isQuicker) return { json: [OPENED] };
      isQuicker = method !== "GET";
      return isQuicker ? { status: 422, json: { message: "A pull request already exists" } } : undefined;
    };
    forge.start({ ...ORDER, token: "t" });
    expect(await forge.pass()).toMatchObject({ failure: { code: "git.request-taken" } });
  });

  it("is put off where it is limited while it looks whether a merge that was taken is over", async () => {
    const forge = aForge(gitMerge);
    let isOrdered = false;
    forge.trouble = ({ method }) => {
      if (isOrdered) return LIMIT;
      isOrdered = method !== "GET";
      return isOrdered ? { json: { merged: true } } : undefined;
    };
    forge.start({ ...MERGE, "appear-within": 0 });
    expect(await forge.pass()).toMatchObject(LIMITED);
  });
});
