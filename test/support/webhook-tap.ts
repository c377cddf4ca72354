import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";

import { request } from "undici";

import { listen } from "../../src/platform/listen.ts";

/** What came by, and what was answered to it; status 0 while the far end is not there. */
export interface Tapped {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly status: number;
  readonly answer: string;
}

/** Stands between a sender and the server: keeps what passes, and can lose the answers on their way back. */
export class WebhookTap implements AsyncDisposable {
  readonly passed: Tapped[] = [];
  /** Whether the sender never hears what came of it. */
  losesAnswers = false;
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** Hands on to `target`, which has the path, too. */
  static async open(target: string): Promise<WebhookTap> {
    const late: { tap?: WebhookTap } = {};
    const server = createServer((incoming, response) => void late.tap?.pass(target, { incoming, response }));
    const { port } = await listen(server);
    late.tap = new WebhookTap(server, `http://127.0.0.1:${port}/hook`);
    return late.tap;
  }

  async pass(
    target: string,
    { incoming, response }: { readonly incoming: IncomingMessage; readonly response: ServerResponse },
  ): Promise<void> {
    const { method = "", headers } = incoming;
    const body = await buffer(incoming);
    const { status, answer } = await handOn(target, { method, headers, body });
    this.passed.push({ method, headers, body, status, answer });
    if (status === 0 || this.losesAnswers) response.destroy();
    else response.writeHead(status).end(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

async function handOn(
  target: string,
  { method, headers, body }: Pick<Tapped, "method" | "headers" | "body">,
): Promise<Pick<Tapped, "status" | "answer">> {
  const { connection: _connection, "transfer-encoding": _chunked, host: _host, ...sent } = headers;
  try {
    const { statusCode: status, body: answer } = await request(target, {
      method: method === "HEAD" ? "HEAD" : "POST",
      headers: sent,
      body: method === "HEAD" ? null : body,
    });
    return { status, answer: await answer.text() };
  } catch {
    return { status: 0, answer: "" };
  }
}
