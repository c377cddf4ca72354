import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";

import { z } from "zod";

import { systemClock } from "../../src/platform/clock.ts";
import { answerCalls } from "./bench-process.ts";

const Load = z.object({
  url: z.string(),
  signingSecret: z.string(),
  connections: z.number(),
  /** The load ends after so many commands, or after so long. */
  commands: z.number(),
  longestMs: z.number(),
  pauseMs: z.number(),
});
type Load = z.infer<typeof Load>;

let lastCommand = 0;

answerCalls({
  /** So many people type a command each, over a connection of their own, and the next after the answer; the times to the answers. */
  async load(argument) {
    const load = Load.parse(argument);
    const { commands, connections, longestMs, pauseMs } = load;
    const endMs = performance.now() + longestMs;
    const times: number[] = [];
    let left = commands;
    const person = async (index: number): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      // People do not begin in step.
      if (pauseMs > 0) await systemClock.sleep((pauseMs * index) / connections);
      while (left > 0 && performance.now() < endMs) {
        left -= 1;
        times.push(await send(load, agent));
        if (pauseMs > 0) await systemClock.sleep(pauseMs);
      }
      agent.destroy();
    };
    await Promise.all(Array.from({ length: connections }, (_, index) => person(index)));
    return times;
  },
});

function send({ url, signingSecret }: Load, agent: Agent): Promise<number> {
  const body = nextCommand();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", signingSecret).update(`v0:${timestamp}:${body}`).digest("hex");
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": Buffer.byteLength(body),
    "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    "X-Slack-Request-Timestamp": timestamp,
    "X-Slack-Signature": `v0=${signature}`,
  };
  return new Promise((resolve, reject) => {
    const begunMs = performance.now();
    const sent = request(url, { method: "POST", headers, agent }, (response) => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - begunMs);
        else reject(new TypeError(`a command was not acknowledged: ${response.statusCode}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function nextCommand(): string {
  lastCommand += 1;
  return new URLSearchParams({
    token: "deprecated",
    team_id: "T0HARBOR01",
    team_domain: "harbor",
    channel_id: "C0DEPLOYS1",
    channel_name: "deploys",
    user_id: "U0ANA00001",
    user_name: "ana",
    // Refused in one sentence, which is recorded like everything else; nothing else happens because of it.
    command: "/promote",
    text: "nothing abc123 to prod",
    api_app_id: "A0QUARTER1",
    is_enterprise_install: "false",
    response_url: `http://127.0.0.1:9/commands/${lastCommand}`,
    trigger_id: `${lastCommand}.1.${process.pid}`,
  }).toString();
}
