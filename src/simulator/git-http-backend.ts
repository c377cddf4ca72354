import { join } from "node:path";
import type { IncomingMessage, ServerResponse } from "node:http";

import { execa } from "execa";

import { GIT_ENVIRONMENT, runGit } from "./git-program.ts";

export interface BackendRequest {
  /** The bare repository to serve. */
  readonly folder: string;
  /** What follows the repository in the path: `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  readonly service: string;
  readonly query: string;
  /** The name of whoever pushes; absent for whoever only reads. */
  readonly pusher?: string;
  /** It is done, and the connection ends without a word. */
  readonly isAnswerLost?: boolean;
}

let backend: Promise<string> | undefined;

function backendProgram(): Promise<string> {
  backend ??= runGit(["--exec-path"]).then((folder) => join(folder.trim(), "git-http-backend"));
  return backend;
}

/** Answers one request of Git's smart HTTP protocol through Git's own CGI program. */
export async function serveGit(
  target: BackendRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const child = execa(await backendProgram(), [], {
    env: { ...GIT_ENVIRONMENT, ...cgiVariables(target, request) },
    stdin: "pipe",
    buffer: false,
    encoding: "buffer",
    reject: false,
    stderr: "ignore",
  });
  // The program may stop reading before the client has sent everything.
  child.stdin.on("error", () => undefined);
  request.pipe(child.stdin);
  if (target.isAnswerLost === true) {
    child.stdout.resume();
    await child;
    response.destroy();
    return;
  }
  response.on("close", () => child.kill());
  let head = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    if (response.headersSent) {
      response.write(chunk);
      continue;
    }
    head = Buffer.concat([head, Buffer.from(chunk)]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) continue;
    writeHead(response, head.subarray(0, end).toString("latin1"));
    response.write(head.subarray(end + 4));
  }
  if (!response.headersSent) response.writeHead(502);
  response.end();
  await child;
}

function cgiVariables(target: BackendRequest, request: IncomingMessage): Record<string, string> {
  const protocol = request.headers["git-protocol"];
  const encoding = request.headers["content-encoding"];
  return {
    GIT_PROJECT_ROOT: target.folder,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: target.service,
    QUERY_STRING: target.query,
    REQUEST_METHOD: request.method ?? "GET",
    ...(target.pusher === undefined ? {} : { REMOTE_USER: target.pusher }),
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    ...(encoding === undefined ? {} : { HTTP_CONTENT_ENCODING: encoding }),
    ...(typeof protocol === "string" && /^[\w=:.-]{1,64}$/u.test(protocol) ? { GIT_PROTOCOL: protocol } : {}),
  };
}

function writeHead(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
