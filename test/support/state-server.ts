import { createServer } from "node:http";

/** A backend that keeps its state behind HTTP. */
export class StateServer implements AsyncDisposable {
  takes = true;
  refusesOnce = false;
  state = "";
  readonly #server = createServer((request, response) => {
    if (request.method === "GET") {
      response.writeHead(this.state === "" ? 204 : 200).end(this.state);
      return;
    }
    const isRefused = !this.takes || this.refusesOnce;
    this.refusesOnce = false;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (!isRefused) this.state = Buffer.concat(chunks).toString("utf8");
      response.writeHead(isRefused ? 400 : 200).end();
    });
  });

  static async open(): Promise<StateServer> {
    const server = new StateServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get config(): Readonly<Record<string, string>> {
    const address = this.#server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return { address: `http://127.0.0.1:${port}/state`, retry_max: "0" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
