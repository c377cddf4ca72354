import { createServer } from "node:http";

/** A desk for changes over HTTP, as `acme/ticket` of the documentation asks it. */
export class ChangeDesk implements AsyncDisposable {
  /** By the key that the step gave. */
  readonly tickets = new Map<string, { state: "open" | "closed"; readonly asked: unknown }>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const key = request.url?.split("/").at(-1) ?? "";
      if (request.headers.authorization !== `Bearer ${this.#token}`) return response.writeHead(401).end();
      if (request.method === "PUT" && !this.tickets.has(key)) {
        this.tickets.set(key, { state: "open", asked: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
      }
      const ticket = this.tickets.get(key);
      if (ticket === undefined) return response.writeHead(404).end();
      const body = { id: key, url: `${this.url}/tickets/${key}`, state: ticket.state };
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  readonly #token: string;

  private constructor(token: string) {
    this.#token = token;
  }

  static async open(token: string): Promise<ChangeDesk> {
    const desk = new ChangeDesk(token);
    await new Promise<void>((resolve) => desk.#server.listen(0, "127.0.0.1", resolve));
    return desk;
  }

  get url(): string {
    const address = this.#server.address();
    const { port } = typeof address === "object" && address !== null ? address : { port: 0 };
    return `http://127.0.0.1:${port}`;
  }

  closeTickets(): void {
    for (const ticket of this.tickets.values()) ticket.state = "closed";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
