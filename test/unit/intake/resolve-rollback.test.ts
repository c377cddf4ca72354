import { describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import type { Answer } from "../../../src/engine/answer.ts";
import type { Proof } from "../../../src/engine/step-kind.ts";
import { resolveRollback, type RollbackAsk } from "../../../src/intake/resolve-rollback.ts";
import { sourceDigest } from "../../../src/steps/live-revision.ts";
import { anApplication, aState, SHA_A, SHA_B, SHA_C } from "../argocd/application-builder.ts";

const APP = "main/argocd/checkout-prod";
const THEN = { repoURL: "https://git.example.com/deploy.git", path: "checkout/old", targetRevision: "main" };
const good = aState(SHA_B, "ana", "Succeeded");

function history(...revisions: readonly string[]): Record<string, unknown> {
  const entries = revisions.map((revision, id) => ({ id, revision, deployedAt: `2026-11-2${id}T10:00:00Z` }));
  return { history: entries };
}

const live = anApplication({ status: { ...history(SHA_A, SHA_B), operationState: good } });

function proof(application: Application, revision: string, more: Partial<Proof> = {}): Proof {
  const { uid: applicationUid } = application.metadata;
  const digest = sourceDigest(application);
  return { run: "r", app: APP, applicationUid, revision, sourceDigest: digest, provenAt: 1, ...more };
}

interface Wanted extends Partial<Pick<RollbackAsk, "text" | "stored" | "unproven">> {
  readonly application?: Application;
  readonly proofs?: readonly Proof[];
  /** How the named commit lies to what is live; backward when absent. */
  readonly lies?: "forward" | "backward" | "diverged";
}

const NO_COMMITS = { commits: [], touching: 0, others: 0 };

/** The commit that it goes to, or what is told instead. */
async function back({
  application = live,
  proofs = [],
  lies = "backward",
  ...asked
}: Wanted): Promise<string | Answer> {
  const author = { name: "Ana", email: "ana@example.com" };
  const found = await resolveRollback(
    {
      branchesOf: () => ["main"],
      proofs: () => proofs,
      git: {
        resolveRevision: ({ text: sha }) =>
          Promise.resolve({
            kind: "resolved",
            via: "sha",
            sha,
            short: sha.slice(0, 7),
            subject: "A change",
            author,
            authoredAt: 1,
          }),
        commitsBetween: () => Promise.resolve({ kind: lies, added: NO_COMMITS, removed: NO_COMMITS }),
      },
    },
    {
      seen: { target: { name: "prod", app: APP, first: false, last: true }, application },
      text: undefined,
      stored: false,
      unproven: false,
      retype: ({ revision, flag }) => `/rollback to ${revision}${flag === undefined ? "" : ` --${flag}`}`,
      signal: new AbortController().signal,
      ...asked,
    },
  );
  return found.kind === "found" ? found.value.sha : found.answer;
}

/** At SHA_B, with SHA_A deployed from other sources before. */
function moved(sources: Record<string, unknown> = { source: THEN }): Application {
  const entries = [
    { id: 0, revision: SHA_A, ...sources },
    { id: 1, revision: SHA_B },
  ];
  return anApplication({ status: { history: entries, operationState: good } });
}

const THEN_DIGEST = sourceDigest(anApplication({ spec: { source: THEN } }));

describe("the revision to go back to", () => {
  it("is the newest one that was proven and is not live", async () => {
    expect(await back({ proofs: [proof(live, SHA_B), proof(live, SHA_A)] })).toBe(SHA_A);
  });

  it("is the proven one itself when the sync of another one failed, still runs or took only a part", async () => {
    const part = {
      ...aState(SHA_C, "ana", "Succeeded"),
      operation: { sync: { resources: [{ kind: "Service", name: "x" }] } },
    };
    for (const operationState of [aState(SHA_C, "ana", "Failed"), aState(SHA_C, "ana", "Running"), part]) {
      const application = anApplication({ status: { ...history(SHA_A, SHA_B), operationState } });
      const proofs = [proof(application, SHA_B), proof(application, SHA_A)];
      expect(await back({ application, proofs })).toBe(SHA_B);
    }
  });

  it("is the proven one itself when another one was applied and did not become healthy", async () => {
    const application = anApplication({
      status: { ...history(SHA_A, SHA_B, SHA_C), operationState: aState(SHA_C, "ana", "Succeeded") },
    });
    expect(await back({ application, proofs: [proof(application, SHA_B)] })).toBe(SHA_B);
  });

  it("is offered from what Argo CD remembers, as unproven, where the log knows none of this very application", async () => {
    const others = [proof(live, SHA_A, { applicationUid: "uid-0" })];
    expect(await back({ proofs: others })).toEqual({
      kind: "notice",
      code: "rollback.nothing-proven",
      message:
        "The log knows no earlier revision that was proven in prod, so there is nothing to go back to by itself. Argo CD remembers " +
        "aaaaaaa, deployed 2026-11-20 10:00 UTC. These are unproven: Quarterdeck has not seen that they were healthy. Say that it may be, to go to one all the same.",
      suggestions: ["/rollback to aaaaaaa --unproven"],
    });
    const first = anApplication({ status: { ...history(SHA_B), operationState: good } });
    expect(await back({ application: first })).toMatchObject({
      code: "rollback.nothing-proven",
      message: expect.stringContaining('Name one: add "to" and a commit, and --unproven.'),
    });
  });

  it("may be named when it was proven, and otherwise only with the word for that", async () => {
    expect(await back({ text: SHA_A, proofs: [proof(live, SHA_A)] })).toBe(SHA_A);
    expect(await back({ text: SHA_C })).toEqual({
      kind: "notice",
      code: "rollback.unproven",
      message:
        "ccccccc was never seen healthy in prod by Quarterdeck, so it is unproven. Say that it may be, to go there all the same.",
      suggestions: ["/rollback to ccccccc --unproven"],
    });
    expect(await back({ text: SHA_C, unproven: true })).toBe(SHA_C);
  });

  it("is none that is newer than what is live and was never there: that is a promotion past the environments before", async () => {
    const newer = { text: SHA_C, lies: "forward" } as const;
    for (const unproven of [false, true]) {
      expect(await back({ ...newer, unproven })).toEqual({
        kind: "notice",
        code: "rollback.forward",
        message:
          "ccccccc is newer than what is live in prod (bbbbbbb) and was never there, so going to it is no way back. " +
          "Promote it instead: that takes it through the environments before.",
      });
    }
    expect(await back({ ...newer, lies: "diverged", unproven: true })).toBe(SHA_C);
    expect(await back({ ...newer, proofs: [proof(live, SHA_C)] })).toBe(SHA_C);
    const wentBack = anApplication({ status: { ...history(SHA_A, SHA_C, SHA_B), operationState: good } });
    expect(await back({ ...newer, application: wentBack, unproven: true })).toBe(SHA_C);
  });

  it("is none where Argo CD syncs by itself", async () => {
    const application = anApplication({ spec: { syncPolicy: { automated: {} } } });
    expect(await back({ application, proofs: [proof(application, SHA_B)] })).toMatchObject({
      code: "argocd.auto-sync-rollback",
      message: expect.stringMatching(/^prod: checkout-prod syncs itself from main/u),
    });
  });
});

describe("a revision that was proven with other sources", () => {
  const proofs = [proof(live, SHA_A, { sourceDigest: THEN_DIGEST })];

  it("is a matter of two ways, and the fields that changed are named", async () => {
    expect(await back({ application: moved(), proofs })).toEqual({
      kind: "notice",
      code: "rollback.sources-changed",
      message:
        "aaaaaaa was proven in prod, but the application's own sources have changed since (path: checkout/old → checkout), " +
        "so syncing it now would not be what was proven. Either sync it with the sources of today; or, with --stored, " +
        "let Argo CD roll back to it as it was, without hooks, until somebody syncs again.",
      suggestions: ["/rollback to aaaaaaa", "/rollback to aaaaaaa --stored"],
    });
  });

  it("comes back as it was by Argo CD's own rollback, named or not", async () => {
    expect(await back({ application: moved(), proofs, stored: true })).toBe(SHA_A);
    expect(await back({ application: moved(), proofs, stored: true, text: SHA_A })).toBe(SHA_A);
    expect(await back({ application: moved(), proofs, text: SHA_A })).toBe(SHA_A);
  });

  it("comes back with the sources of today alone where Argo CD has forgotten it, or remembers another deployment of it", async () => {
    expect(await back({ application: moved({}), proofs })).toMatchObject({
      code: "rollback.sources-changed",
      message: expect.stringContaining("(repository, path or parameters)"),
      suggestions: ["/rollback to aaaaaaa"],
    });
    expect(await back({ application: moved({}), proofs, stored: true })).toMatchObject({
      code: "rollback.not-stored",
      message: expect.stringContaining("does not remember a deployment of aaaaaaa in prod any more"),
    });
    const again = moved({ source: { ...THEN, path: "checkout/older" } });
    expect(await back({ application: again, proofs, stored: true })).toMatchObject({
      code: "rollback.not-stored",
      message: expect.stringContaining("once more since it was proven, with other sources"),
    });
  });
});
