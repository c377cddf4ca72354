import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";

import { type Clock, isoTime } from "../platform/clock.ts";
import type { ForgeProject } from "./forge-state.ts";

/** Where a repository sends what happens in it, and what it signs that with. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** One sending of a delivery, and how it was answered: 0 where nobody answered. */
export interface WebhookSent {
  readonly delivery: string;
  readonly event: string;
  readonly status: number;
  readonly answer: string;
}

interface Deps {
  readonly clock: Clock;
  readonly project: ForgeProject;
  /** The address of the forge, for links. */
  readonly url: string;
}

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly body: string;
}

const WITHIN_MS = 10_000;
const AUTHOR = { name: "Ana", email: "ana@example.com" };

/**
 * The webhook of a repository, as GitHub sends it: signed over the body, with an id that stays when the delivery is sent again, and
 * sent once; whatever is not answered is only noted.
 */
export class ForgeWebhooks {
  readonly #deps: Deps;
  readonly #sent: WebhookSent[] = [];
  readonly #deliveries: Delivery[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get sent(): readonly WebhookSent[] {
    return this.#sent;
  }

  /** Somebody pushes a commit: the CI tests it, and its end is sent when all of its jobs are done. */
  async push(
    target: WebhookTarget,
    { sha, branch = "main" }: { readonly sha: string; readonly branch?: string },
  ): Promise<void> {
    const { clock, project } = this.#deps;
    await this.#send(target, "push", this.#pushed(sha, branch));
    while (project.ci.runs(sha).some(({ status }) => status !== "completed")) await clock.sleep(100);
    await this.#send(target, "workflow_run", this.#workflowRun(sha, branch));
  }

  /** Sends a delivery again, as somebody does on the page of the webhook. */
  async redeliver(target: WebhookTarget, event: string): Promise<WebhookSent | undefined> {
    const found = this.#deliveries.findLast((delivery) => delivery.event === event);
    return found && (await this.#post(target, found));
  }

  async #send(target: WebhookTarget, event: string, payload: object): Promise<void> {
    const count = String(this.#deliveries.length + 1).padStart(12, "0");
    const delivery = { id: `72d3162e-cc78-11e3-81ab-${count}`, event, body: JSON.stringify(payload) };
    this.#deliveries.push(delivery);
    await this.#post(target, delivery);
  }

  async #post({ url, secret }: WebhookTarget, { id, event, body }: Delivery): Promise<WebhookSent> {
    const signature = createHmac("sha256", secret).update(body).digest("hex");
    const answer = await post(url, body, {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/simulated",
      "x-github-event": event,
      "x-github-delivery": id,
      "x-hub-signature-256": `sha256=${signature}`,
    });
    const sent = { delivery: id, event, ...answer };
    this.#sent.push(sent);
    return sent;
  }

  #repository(): object {
    const { clock, project, url } = this.#deps;
    const [owner = "", name = ""] = project.path.split("/");
    return {
      id: project.id,
      name,
      full_name: project.path,
      owner: { login: owner, type: "Organization" },
      html_url: `${url}/${project.path}`,
      clone_url: `${url}/${project.path}.git`,
      default_branch: "main",
      pushed_at: Math.floor(clock.now() / 1000),
      private: true,
    };
  }

  #pushed(sha: string, branch: string): object {
    return {
      ref: `refs/heads/${branch}`,
      before: "0".repeat(40),
      after: sha,
      created: false,
      deleted: false,
      forced: false,
      head_commit: { id: sha, message: "A change", author: AUTHOR, committer: AUTHOR },
      commits: [{ id: sha, message: "A change", author: AUTHOR, distinct: true }],
      pusher: AUTHOR,
      repository: this.#repository(),
      sender: { login: "ana", type: "User" },
    };
  }

  #workflowRun(sha: string, branch: string): object {
    const { clock, project, url } = this.#deps;
    const runs = project.ci.runs(sha);
    const isGreen = runs.every(({ conclusion }) => conclusion === "success" || conclusion === "skipped");
    const suite = runs[0]?.suite ?? 0;
    const repository = this.#repository();
    return {
      action: "completed",
      workflow_run: {
        id: suite,
        name: "CI",
        head_branch: branch,
        head_sha: sha,
        run_number: 1,
        run_attempt: 1,
        event: "push",
        status: "completed",
        conclusion: isGreen ? "success" : "failure",
        html_url: `${url}/${project.path}/actions/runs/${suite}`,
        updated_at: isoTime(clock.now()),
        head_commit: { id: sha, message: "A change", author: AUTHOR, committer: AUTHOR },
        head_repository: repository,
        repository,
      },
      workflow: { id: 1, name: "CI", path: ".github/workflows/ci.yml", state: "active" },
      repository,
      sender: { login: "ana", type: "User" },
    };
  }
}

/** Resolves with status 0 where nobody answers in time. */
async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Pick<WebhookSent, "status" | "answer">> {
  const { promise, resolve } = Promise.withResolvers<Pick<WebhookSent, "status" | "answer">>();
  const sending = httpRequest(
    url,
    { method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) }, timeout: WITHIN_MS },
    (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, answer: Buffer.concat(chunks).toString() }));
      response.on("error", () => resolve({ status: 0, answer: "" }));
    },
  );
  sending.on("timeout", () => sending.destroy());
  sending.on("error", () => resolve({ status: 0, answer: "" }));
  sending.end(body);
  return await promise;
}
