import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import type { Answer } from "../../../src/engine/answer.ts";
import type { Proof } from "../../../src/engine/step-kind.ts";
import type { CommitsAnswer } from "../../../src/git/commits-between.ts";
import type { RevisionAnswer } from "../../../src/git/look-up-revision.ts";
import {
  outOfReachOf,
  resolveLive,
  resolveTyped,
  type RevisionDeps,
  stepBackOf,
} from "../../../src/intake/resolve-revision.ts";
import type { Looked, LookedAt } from "../../../src/intake/resolve-target.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { anApplication, aState, SHA_A, SHA_B, SHA_C } from "../argocd/application-builder.ts";

const REPOSITORY = "https://git.example.com/deploy.git";
const APP = "main/argocd/checkout-prod";
const LISTS = { added: { commits: [], touching: 0, others: 0 }, removed: { commits: [], touching: 0, others: 0 } };

function commit(sha: string): Extract<RevisionAnswer, { kind: "resolved" }> {
  const author = { name: "Ana", email: "ana@example.com" };
  return { kind: "resolved", via: "sha", sha, short: sha.slice(0, 7), subject: "A change", author, authoredAt: 1 };
}

interface World {
  readonly answer?: RevisionAnswer | Error;
  readonly between?: CommitsAnswer;
  readonly proofs?: readonly Proof[];
}

/** What was asked of Git is in `asked`; a revision that is asked for by its whole id is found. */
function world({ answer, between = { kind: "forward", ...LISTS }, proofs = [] }: World = {}): RevisionDeps & {
  readonly asked: unknown[];
} {
  const asked: unknown[] = [];
  return {
    asked,
    branchesOf: () => ["main"],
    proofs: () => proofs,
    git: {
      resolveRevision: (question) => {
        asked.push({ ...question, signal: undefined });
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? commit(question.text));
      },
      commitsBetween: (question) => {
        asked.push({ from: question.from, to: question.to, paths: question.paths });
        return Promise.resolve(between);
      },
    },
  };
}

function seen(application: Application, name = "prod"): LookedAt {
  return { target: { name, app: APP, first: false, last: true }, application };
}

function history(...revisions: readonly string[]): Record<string, unknown> {
  return { history: revisions.map((revision, id) => ({ id, revision })) };
}

const signal = new AbortController().signal;

function shaOf(found: Looked<{ readonly sha: string }>): string {
  if (found.kind === "found") return found.value.sha;
  throw new Error(JSON.stringify(found.answer));
}

function told(found: Looked<unknown>): Extract<Answer, { kind: "notice" }> {
  if (found.kind === "refused" && found.answer.kind === "notice") return found.answer;
  throw new Error(JSON.stringify(found));
}

describe("a revision that was typed", () => {
  const typed = (deps: RevisionDeps, text = "abc123"): ReturnType<typeof resolveTyped> =>
    resolveTyped(deps, { text, seen: [seen(anApplication())], signal });

  it("is looked up in the repository that the application reads, on the branches that may be deployed from", async () => {
    const deps = world({ answer: commit(SHA_B) });
    expect(await typed(deps)).toEqual({
      kind: "found",
      value: {
        kind: "manifests",
        repository: REPOSITORY,
        sha: SHA_B,
        short: "bbbbbbb",
        text: "abc123",
        subject: "A change",
        author: "Ana",
        authorEmail: "ana@example.com",
        authoredAt: 1,
      },
    });
    expect(deps.asked).toEqual([
      { repository: REPOSITORY, text: "abc123", allowedBranches: ["main"], signal: undefined },
    ]);
  });

  it("that could be several commits is answered with them", async () => {
    const candidates = [commit(SHA_A)];
    const found = await typed(world({ answer: { kind: "ambiguous", candidates, count: 3 } }));
    expect(found).toMatchObject({
      kind: "refused",
      answer: { kind: "candidates", text: "abc123", more: 2, commits: [{ sha: SHA_A, author: "Ana" }] },
    });
  });

  it("that is unknown, malformed or elsewhere is refused with what would be right", async () => {
    const unknown = told(await typed(world({ answer: { kind: "unknown", suggestions: ["main"] } })));
    expect(unknown).toMatchObject({ code: "revision.unknown", suggestions: ["main"] });
    const malformed = told(await typed(world({ answer: { kind: "malformed", reason: "not-a-name" } })));
    expect(malformed.code).toBe("revision.malformed");
    const elsewhere = {
      ...commit(SHA_A),
      kind: "not-allowed",
      allowedBranches: ["main"],
      onBranches: ["wip"],
    } as const;
    expect(told(await typed(world({ answer: elsewhere }))).message).toContain("only on wip");
  });

  it("that Git cannot tell is refused with Git's reason; anything else is a fault of ours", async () => {
    const away = new AppError("git.example.com does not answer", { code: "git.unreachable", retry: "backoff" });
    expect(told(await typed(world({ answer: away }))).code).toBe("git.unreachable");
    await expect(typed(world({ answer: new Error("the server stops") }))).rejects.toThrow("the server stops");
  });
});

describe("the revision that is live", () => {
  it("is the last one that was applied in full", async () => {
    const partial = {
      ...aState(SHA_C, "ana", "Succeeded"),
      operation: { sync: { resources: [{ kind: "Service", name: "x" }] } },
    };
    const application = anApplication({ status: { ...history(SHA_A, SHA_B), operationState: partial } });
    expect(shaOf(await resolveLive(world(), { seen: seen(application), signal }))).toBe(SHA_B);
  });

  it("has to be named where nothing is known to be live", async () => {
    const application = anApplication({ status: { sync: { status: "OutOfSync", revision: SHA_A } } });
    expect(told(await resolveLive(world(), { seen: seen(application), signal })).code).toBe("revision.nothing-live");
  });
});

describe("a revision that lies before what is live", () => {
  const application = anApplication({ status: { ...history(SHA_C) } });

  async function step(between: CommitsAnswer, to = SHA_B): ReturnType<typeof stepBackOf> {
    const { value: revision } = foundOf(await resolveTyped(world(), { text: to, seen: [seen(application)], signal }));
    const places = [seen(anApplication({ status: { sync: { status: "Unknown" } } }), "staging"), seen(application)];
    return await stepBackOf(world({ between }), { revision, seen: places, service: "checkout", signal });
  }

  it("is refused, with the command that goes back", async () => {
    expect(told(await step({ kind: "backward", ...LISTS }))).toMatchObject({
      code: "revision.older",
      suggestions: ["/rollback checkout in prod to bbbbbbb --unproven"],
    });
  });

  it("is none where it comes after, beside, or where that cannot be told", async () => {
    for (const between of [
      { kind: "forward", ...LISTS },
      { kind: "diverged", ...LISTS },
      { kind: "unknown-live", sha: SHA_C },
    ] as const) {
      expect((await step(between)).kind).toBe("found");
    }
    expect((await step({ kind: "backward", ...LISTS }, SHA_C)).kind).toBe("found");
  });
});

describe("an application that Argo CD syncs by itself", () => {
  const spec = (targetRevision: string): Record<string, unknown> => ({
    source: { repoURL: REPOSITORY, path: "checkout", targetRevision },
    syncPolicy: { automated: {} },
  });
  const automated = (targetRevision = "main"): Application =>
    anApplication({ spec: spec(targetRevision), status: { sync: { status: "Synced", revision: SHA_C } } });

  async function revisionOf(sha: string): Promise<Parameters<typeof stepBackOf>[1]["revision"]> {
    return foundOf(await resolveTyped(world(), { text: sha, seen: [seen(automated())], signal })).value;
  }

  const back = (touching: number): CommitsAnswer => ({
    kind: "backward",
    added: LISTS.added,
    removed: { commits: [], touching, others: 1 },
  });

  it("does not go back, and the way to do it in Git is named", async () => {
    const asked = { revision: await revisionOf(SHA_B), seen: [seen(automated())], service: "checkout", signal };
    expect(told(await stepBackOf(world({ between: back(1) }), asked))).toEqual({
      kind: "notice",
      code: "revision.older",
      message:
        "bbbbbbb is older than what is live in prod, and Argo CD syncs checkout-prod by itself from main, which does not go back. " +
        "Revert the commits on main; or switch auto-sync off for checkout-prod, then roll back.",
    });
  });

  it("does not go back where the commits since do not touch it, and may be further on where it is on the way", async () => {
    const revision = await revisionOf(SHA_B);
    const here = { revision, seen: [seen(automated())], service: "checkout", signal };
    expect((await stepBackOf(world({ between: back(0) }), here)).kind).toBe("found");
    const manual = anApplication({ status: { sync: { status: "Unknown" } } });
    const onTheWay = { ...here, seen: [seen(automated(), "staging"), seen(manual)] };
    expect((await stepBackOf(world({ between: back(1) }), onTheWay)).kind).toBe("found");
  });

  it("is out of reach where it follows a tag or a commit that does not hold the revision", async () => {
    const revision = await revisionOf(SHA_B);
    const asked = { revision, seen: [seen(automated("v1"))], signal };
    const tag = { ...commit(SHA_A), via: "tag" } as const;
    expect(told(await outOfReachOf(world({ answer: tag, between: { kind: "diverged", ...LISTS } }), asked))).toEqual({
      kind: "notice",
      code: "argocd.fixed-target",
      message:
        "prod: Argo CD syncs checkout-prod by itself from v1 (aaaaaaa), which is no branch, so bbbbbbb never gets there. " +
        "Point its targetRevision at a branch that has bbbbbbb, or switch auto-sync off for checkout-prod, so that Quarterdeck decides when it moves.",
    });
    expect((await outOfReachOf(world({ answer: tag }), asked)).kind).toBe("found");
  });

  it("is not out of reach where it follows a branch, the default one, or a range of versions, nor when it is synced by hand", async () => {
    const revision = await revisionOf(SHA_B);
    const diverged = { kind: "diverged", ...LISTS } as const;
    const branch = { ...commit(SHA_A), via: "branch" } as const;
    const range = { kind: "malformed", reason: "not-a-name" } as const;
    const reach = (answer: RevisionAnswer, application: Application): ReturnType<typeof outOfReachOf> =>
      outOfReachOf(world({ answer, between: diverged }), { revision, seen: [seen(application)], signal });
    expect((await reach(branch, automated())).kind).toBe("found");
    expect((await reach(range, automated("^1.2"))).kind).toBe("found");
    expect((await reach(commit(SHA_A), automated("HEAD"))).kind).toBe("found");
    expect((await reach(commit(SHA_A), anApplication())).kind).toBe("found");
  });

  it("is nothing to guess about while Git does not answer", async () => {
    const away = new AppError("git.example.com does not answer", { code: "git.unreachable", retry: "backoff" });
    const asked = { revision: await revisionOf(SHA_B), seen: [seen(automated())], signal };
    expect(told(await outOfReachOf(world({ answer: away }), asked)).code).toBe("git.unreachable");
  });
});

function foundOf<Value>(found: Looked<Value>): { readonly value: Value } {
  if (found.kind === "found") return found;
  throw new Error(JSON.stringify(found.answer));
}
