import { systemClock } from "../../../src/platform/clock.ts";
import type { ForgeDeps } from "../../../src/steps/forge/forge-input.ts";
import { gitMerge } from "../../../src/steps/forge/git-merge.ts";
import { gitPullRequest } from "../../../src/steps/forge/git-pull-request.ts";
import type { HttpAnswer, HttpCall } from "../../../src/steps/network/http-call.ts";
import type { ActionScene } from "../step-kind.contract.ts";

const SHA = "a".repeat(40);
const RUN = { id: 1, name: "unit tests", status: "completed", conclusion: "success" };
const CHECKS = { total_count: 1, check_runs: [RUN] };

/** A GitHub with one branch, whose pull request says back the token that it was asked with. */
class Scene {
  readonly bodies: string[] = [];
  merges = 0;
  isHeld = false;
  readonly begun = Promise.withResolvers<void>();
  readonly #said: (call: HttpCall) => unknown;

  constructor(said: (scene: Scene, call: HttpCall) => unknown) {
    this.#said = (call) => said(this, call);
  }

  get deps(): ForgeDeps {
    return {
      clock: systemClock,
      networkPolicy: () => ({ privateAddresses: "deny", allow: [] }),
      send: async (call) => {
        if (this.isHeld) await this.#held(call);
        return answer(this.#said(call));
      },
    };
  }

  pull(body: string, isMerged: boolean): object {
    return {
      number: 1,
      html_url: "https://github.com/acme/deploy/pull/1",
      state: isMerged ? "closed" : "open",
      body,
      head: { ref: "release", sha: SHA },
      base: { ref: "main" },
      merged_at: isMerged ? "2026-11-22T00:00:00Z" : null,
      merge_commit_sha: "b".repeat(40),
      mergeable: true,
      mergeable_state: "clean",
    };
  }

  hold(): Promise<void> {
    this.isHeld = true;
    return this.begun.promise;
  }

  async #held({ signal }: HttpCall): Promise<void> {
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    this.begun.resolve();
    await stopped;
  }
}

function answer(json: unknown): HttpAnswer {
  const body = Buffer.from(JSON.stringify(json));
  return { status: 200, headers: {}, body, isCut: false, url: "u", redirects: 0, latencyMs: 1 };
}

const ACCESS = { repository: "acme/deploy", token: { secret: "TOKEN" } };

/** A branch from which nothing is open yet. */
export async function pullRequestScene(): Promise<ActionScene> {
  const scene = new Scene((own, { method, body }) => {
    if (method === "GET") return own.bodies.map((each) => own.pull(each, false));
    const said: unknown = JSON.parse(body ?? "{}");
    const text = typeof said === "object" && said !== null && "body" in said ? String(said.body) : "";
    own.bodies.push(text);
    return own.pull(text, false);
  });
  return {
    kind: gitPullRequest(scene.deps),
    input: { ...ACCESS, head: "release", base: "main", title: "checkout: 2" },
    effects: () => scene.bodies.length,
    hold: () => scene.hold(),
  };
}

/** A pull request that can be merged. */
export async function mergeScene(): Promise<ActionScene> {
  const scene = new Scene((own, { method, url }) => {
    if (method === "PUT") {
      own.merges += 1;
      return { merged: true };
    }
    if (url.pathname.endsWith("/check-runs")) return CHECKS;
    if (url.pathname.endsWith("/check-suites")) return { check_suites: [] };
    if (url.pathname.endsWith("/status")) return { statuses: [] };
    return url.pathname.endsWith("/reviews") ? [] : own.pull("", own.merges > 0);
  });
  return {
    kind: gitMerge(scene.deps),
    input: { ...ACCESS, number: 1, sha: SHA },
    effects: () => scene.merges,
    hold: () => scene.hold(),
  };
}
