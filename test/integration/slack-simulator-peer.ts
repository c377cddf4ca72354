import { expect } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";

import type { SlackSimulator } from "../../src/simulator/slack-simulator.ts";

const Frame = z.looseObject({
  type: z.string(),
  envelope_id: z.string().optional(),
  reason: z.string().optional(),
  payload: z.looseObject({ text: z.string().optional() }).optional(),
});
type Frame = z.infer<typeof Frame>;

/** The client side of one socket of a simulated Slack, without any of a library's manners. */
export class SlackPeer {
  readonly frames: Frame[] = [];
  readonly raw: { readonly text: string; readonly binary: boolean }[] = [];
  readonly socket: WebSocket;
  acknowledges = true;
  pongs = 0;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on("pong", () => (this.pongs += 1));
    this.socket.on("message", (data: Buffer, binary) => {
      const text = data.toString();
      this.raw.push({ text, binary });
      if (binary || !text.startsWith("{")) return;
      const frame = Frame.parse(JSON.parse(text));
      this.frames.push(frame);
      if (frame.envelope_id !== undefined && this.acknowledges) this.acknowledge(frame.envelope_id, "done");
    });
  }

  acknowledge(id: string, text: string): void {
    this.socket.send(JSON.stringify({ envelope_id: id, payload: { text } }));
  }

  get texts(): readonly (string | undefined)[] {
    return this.frames.filter(({ type }) => type === "slash_commands").map(({ payload }) => payload?.text);
  }
}

/** The address of a socket, which works once. */
export async function openSocketUrl(slack: SlackSimulator): Promise<string> {
  const headers = { Authorization: "Bearer xapp-1-demo" };
  const response = await fetch(`${slack.apiUrl}apps.connections.open`, { method: "POST", headers });
  return z.object({ url: z.string() }).parse(await response.json()).url;
}

/** A peer that has been greeted. */
export async function connectPeer(slack: SlackSimulator): Promise<SlackPeer> {
  const peer = new SlackPeer(await openSocketUrl(slack));
  await expect.poll(() => peer.frames[0]?.type, { interval: 5 }).toBe("hello");
  return peer;
}
