import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import { listen } from "../../src/platform/listen.ts";

/** A Git server over HTTP that takes pushes from whoever has the token: git's own, behind a password. */
export class GitSmartHost implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** Serves the bare repositories in a folder. */
  static async start(folder: string, token: string): Promise<GitSmartHost> {
    const server = createServer((request, response) => answer(request, response, { folder, token }));
    const { port } = await listen(server);
    return new GitSmartHost(server, `http://127.0.0.1:${port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface Served {
  readonly folder: string;
  readonly token: string;
}

function answer(request: IncomingMessage, response: ServerResponse, { folder, token }: Served): void {
  const given = Buffer.from((request.headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
  if (!given.endsWith(`:${token}`)) {
    response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
    return;
  }
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      REMOTE_USER: "quarterdeck",
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_CONFIG_KEY_1: "http.receivepack",
      GIT_CONFIG_VALUE_1: "true",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.once("close", () => respond(response, Buffer.concat(chunks)));
}

/** What a CGI program wrote: headers, an empty line, the body. */
function respond(response: ServerResponse, output: Buffer): void {
  const end = output.indexOf("\r\n\r\n");
  let status = 200;
  for (const line of output.toString("latin1", 0, Math.max(0, end)).split("\r\n")) {
    const [name = "", value = ""] = line.split(": ");
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else if (name !== "") response.setHeader(name, value);
  }
  response.writeHead(end < 0 ? 500 : status).end(output.subarray(end + 4));
}
