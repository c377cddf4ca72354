import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";

import { z } from "zod";

import { systemClock } from "../../src/platform/clock.ts";
import { answerCalls } from "./bench-process.ts";

const Load = z.object({
  url: z.string(),
  secret: z.string(),
  perSecond: z.number(),
  seconds: z.number(),
  /** One in so many true deliveries asks for a run. */
  startsOneIn: z.number(),
});
type Load = z.infer<typeof Load>;

/** What is sent: of a hundred, so many. */
const MIX = { duplicate: 15, forged: 10, otherType: 5 } as const;
const SOCKETS = 64;
// What GitHub sends about a run of a workflow has some ten kilobytes.
const FILLER = "x".repeat(9000);

interface Sent {
  readonly id: string;
  readonly body: string;
}

const report = {
  /** From the moment at which each was to be sent to its answer, whatever went before it. */
  times: [] as number[],
  statuses: {} as Record<string, number>,
  /** The ids of the true ones that were taken, each once. */
  taken: [] as string[],
};
let number = 0;

answerCalls({
  /** So many deliveries a second, at their times, whether those before were answered or not. */
  async load(argument) {
    const load = Load.parse(argument);
    const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
    const before: Sent[] = [];
    const under: Promise<void>[] = [];
    const begunMs = performance.now();
    const count = load.perSecond * load.seconds;
    for (let index = 0; index < count; index += 1) {
      const dueMs = begunMs + (index * 1000) / load.perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 1) await systemClock.sleep(waitMs);
      under.push(sendOne({ load, agent, before, index, dueMs }));
    }
    await Promise.all(under);
    agent.destroy();
    const { times, statuses, taken } = report;
    return { times: times.splice(0), statuses: { ...statuses }, taken: taken.splice(0) };
  },
});

interface Order {
  readonly load: Load;
  readonly agent: Agent;
  readonly before: Sent[];
  readonly index: number;
  readonly dueMs: number;
}

async function sendOne({ load, agent, before, index, dueMs }: Order): Promise<void> {
  const kind = kindOf(index % 100);
  const old = before[Math.floor(before.length / 2)];
  const sent = kind === "duplicate" && old !== undefined ? old : next(load);
  const secret = kind === "forged" ? "guessed" : load.secret;
  const type = kind === "otherType" ? "text/plain" : "application/json";
  const status = await post({ load, agent, sent, secret, type });
  report.times.push(performance.now() - dueMs);
  const name = `${kind} ${status}`;
  report.statuses[name] = (report.statuses[name] ?? 0) + 1;
  if (kind !== "true" || status !== 200) return;
  report.taken.push(sent.id);
  before.push(sent);
  if (before.length > 2000) before.shift();
}

function kindOf(place: number): "true" | keyof typeof MIX {
  // Spread over the hundred, so that they are mixed with the others.
  const spread = (place * 37) % 100;
  if (spread < MIX.duplicate) return "duplicate";
  if (spread < MIX.duplicate + MIX.forged) return "forged";
  return spread < MIX.duplicate + MIX.forged + MIX.otherType ? "otherType" : "true";
}

function next({ startsOneIn }: Load): Sent {
  number += 1;
  const id = `bench-${process.pid}-${number}`;
  const sha = number.toString(16).padStart(40, "0");
  const repository = { id: 1, full_name: "acme/checkout", pushed_at: 1 };
  const body = JSON.stringify({
    action: "completed",
    workflow_run: {
      id: number,
      name: "CI",
      head_branch: "main",
      head_sha: sha,
      run_attempt: 1,
      event: "push",
      conclusion: number % startsOneIn === 0 ? "success" : "failure",
      html_url: `https://github.com/acme/checkout/actions/runs/${number}`,
      head_repository: repository,
    },
    repository,
    sender: { login: "ana" },
    filler: FILLER,
  });
  return { id, body };
}

interface Posting {
  readonly load: Load;
  readonly agent: Agent;
  readonly sent: Sent;
  readonly secret: string;
  readonly type: string;
}

/** Resolves with the status of the answer; 0 where there was none. */
function post({ load, agent, sent, secret, type }: Posting): Promise<number> {
  const headers = {
    "content-type": type,
    "content-length": Buffer.byteLength(sent.body),
    "x-github-event": "workflow_run",
    "x-github-delivery": sent.id,
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(sent.body).digest("hex")}`,
  };
  return new Promise((resolve) => {
    const sending = request(load.url, { method: "POST", headers, agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", () => resolve(0));
    });
    sending.on("error", () => resolve(0));
    sending.end(sent.body);
  });
}
