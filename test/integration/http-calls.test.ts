import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { listen } from "../../src/platform/listen.ts";
import { type HttpCall, httpSender } from "../../src/steps/network/http-call.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";
import { openTlsFront } from "../support/tls-front.ts";

const open: { close(done: () => void): unknown; closeAllConnections?(): void }[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections?.();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  open.push(server);
  return (await listen(server)).port;
}

/** A server that says these bytes to whoever connects. */
async function say(...pieces: readonly (string | Buffer)[]): Promise<number> {
  const server: TcpServer = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
  });
  open.push(server);
  return (await listen(server)).port;
}

const unused = (): Promise<readonly string[]> => Promise.reject(new Error("no name is looked up here"));
const send = httpSender({ clock: systemClock, lookup: unused });

function call(url: string, rest: Partial<HttpCall> = {}): HttpCall {
  return {
    method: "GET",
    url: new URL(url),
    headers: {},
    tls: {},
    policy: { privateAddresses: "deny", allow: ["127.0.0.0/8"] },
    redirects: 0,
    maxBytes: 1000,
    timeoutMs: 5000,
    signal: new AbortController().signal,
    ...rest,
  };
}

function text(answer: { readonly body: Uint8Array }): string {
  return Buffer.from(answer.body).toString("utf8");
}

function reply(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end();
}

describe("a call to somebody else's server", () => {
  it("brings back status, headers and body, and how long it took", async () => {
    const port = await serve((_request, response) => {
      response.setHeader("X-Thing", ["a", "b"]);
      response.end("hello");
    });
    const answer = await send(call(`http://127.0.0.1:${port}/path?token=1`));
    expect(answer).toMatchObject({ status: 200, isCut: false, redirects: 0, url: `http://127.0.0.1:${port}/path` });
    expect(answer.headers["x-thing"]).toBe("a, b");
    expect(text(answer)).toBe("hello");
    expect(answer.latencyMs).toBeGreaterThanOrEqual(0);
  });

  it("sends method, headers and body", async () => {
    const port = await serve((request, response) => {
      const { method, headers } = request;
      request.setEncoding("utf8");
      request.on("data", (body: string) => response.end(`${method} ${headers["x-key"]?.toString()} ${body}`));
    });
    const answer = await send(
      call(`http://127.0.0.1:${port}/`, { method: "POST", headers: { "x-key": "k" }, body: "b" }),
    );
    expect(text(answer)).toBe("POST k b");
  });

  it("reads no more of a body than was asked for, and takes a body without an end for cut", async () => {
    const port = await serve((_request, response) => {
      const more = (): void => {
        while (response.write("x".repeat(10_000)));
        response.once("drain", more);
      };
      response.on("error", () => undefined);
      more();
    });
    const answer = await send(call(`http://127.0.0.1:${port}/`));
    expect(answer).toMatchObject({ isCut: true });
    expect(answer.body).toHaveLength(1000);
  });

  it("keeps little memory for a body in chunks of one byte", async () => {
    const chunks = "1\r\nx\r\n".repeat(300_000);
    const port = await say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunks, "0\r\n\r\n");
    const answer = await send(call(`http://127.0.0.1:${port}/`, { maxBytes: 300_000 }));
    expect(answer).toMatchObject({ isCut: false });
    expect(answer.body).toHaveLength(300_000);
    expect(answer.body.buffer.byteLength).toBeLessThanOrEqual(300_000);
  });

  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9\r\n\r\n"],
    ["headers without an end", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(10_000)}`],
    ["a chunk of no length", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
  ])("cannot read %s", async (_what, bytes) => {
    const port = await say(bytes);
    await expect(send(call(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({ code: "http.bad-answer" });
  });

  it("says so when the connection ends before the body does", async () => {
    const port = await say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc");
    const sending = send(call(`http://127.0.0.1:${port}/`));
    await expect(sending).rejects.toMatchObject({ code: "network.broken", retry: "backoff", wasConnected: true });
  });

  it("gives up on an answer that does not come, and on one that drips", async () => {
    const silent = await serve(() => undefined);
    const dripping = await serve((_request, response) => {
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    for (const port of [silent, dripping]) {
      const sending = send(call(`http://127.0.0.1:${port}/`, { timeoutMs: 150 }));
      await expect(sending).rejects.toMatchObject({ code: "network.timeout", wasConnected: true });
    }
  });

  it("ends with the reason of its signal", async () => {
    const abort = new AbortController();
    const port = await serve(() => abort.abort(new Error("nobody wants it")));
    await expect(send(call(`http://127.0.0.1:${port}/`, { signal: abort.signal }))).rejects.toThrow("nobody wants it");
  });

  it("says that nobody is there, and that nothing was sent", async () => {
    const port = await serve(() => undefined);
    const [server] = open.splice(0);
    await new Promise<void>((resolve) => {
      server?.close(() => resolve());
    });
    const sending = send(call(`http://127.0.0.1:${port}/`));
    await expect(sending).rejects.toMatchObject({ code: "network.unreachable", retry: "backoff", wasConnected: false });
  });

  it("does not go through a proxy of the environment", async () => {
    const seen: IncomingMessage[] = [];
    const proxy = await serve((request, response) => {
      seen.push(request);
      response.end("proxied");
    });
    const before = { ...process.env };
    Object.assign(process.env, { HTTP_PROXY: `http://127.0.0.1:${proxy}`, NODE_USE_ENV_PROXY: "1" });
    try {
      const port = await serve((_request, response) => void response.end("direct"));
      expect(text(await send(call(`http://127.0.0.1:${port}/`)))).toBe("direct");
      expect(seen).toEqual([]);
    } finally {
      process.env = before;
    }
  });
});

describe("the address of a call", () => {
  it("is looked up once, and that very address is connected to", async () => {
    const port = await serve((request, response) => void response.end(request.headers.host));
    const answers = [["127.0.0.1"], ["10.0.0.1"]];
    const asked: string[] = [];
    const rebinding = httpSender({
      clock: systemClock,
      lookup: (name) => {
        asked.push(name);
        return Promise.resolve(answers.shift() ?? []);
      },
    });
    expect(text(await rebinding(call(`http://rebinding.test:${port}/`)))).toBe(`rebinding.test:${port}`);
    expect(asked).toEqual(["rebinding.test"]);
  });

  it.each([
    ["http://127.0.0.1:1/"],
    ["http://[::1]:1/"],
    ["http://[::ffff:127.0.0.1]:1/"],
    ["http://2130706433:1/"],
    ["http://0x7f.1:1/"],
    ["http://169.254.169.254/latest/meta-data"],
    ["http://name.test:1/"],
  ])("is refused before anything is sent: %s", async (url) => {
    const lookup = (): Promise<readonly string[]> => Promise.resolve(["93.184.216.34", "169.254.169.254"]);
    const policy = { privateAddresses: "deny", allow: [] } as const;
    const sending = httpSender({ clock: systemClock, lookup })(call(url, { policy }));
    await expect(sending).rejects.toMatchObject({ code: "network.refused-address", retry: "never" });
  });

  it("is unknown where the name service knows none", async () => {
    const sending = send(call("http://nobody.test/"));
    await expect(sending).rejects.toMatchObject({ code: "network.unknown-host", retry: "backoff" });
  });

  it("is not waited for longer than the call may take", async () => {
    const slow = httpSender({ clock: systemClock, lookup: () => new Promise(() => undefined) });
    const sending = slow(call("http://slow.test/", { timeoutMs: 50 }));
    await expect(sending).rejects.toMatchObject({ code: "network.timeout", wasConnected: false });
  });
});

describe("a redirect", () => {
  it("is an answer like any other unless it is to be followed", async () => {
    const port = await serve((_request, response) => reply(response, 302, { location: "/there" }));
    expect(await send(call(`http://127.0.0.1:${port}/`))).toMatchObject({ status: 302, redirects: 0 });
  });

  it("is followed with everything to the same origin", async () => {
    const port = await serve((request, response) => {
      if (request.url === "/") reply(response, 307, { location: "/there" });
      else response.end(`${request.method} ${request.headers.authorization}`);
    });
    const answer = await send(
      call(`http://127.0.0.1:${port}/`, { redirects: 1, method: "PUT", body: "b", headers: { authorization: "t" } }),
    );
    expect(answer).toMatchObject({ redirects: 1, url: `http://127.0.0.1:${port}/there` });
    expect(text(answer)).toBe("PUT t");
  });

  it("hands no header to another origin, also on the way back", async () => {
    let home = 0;
    const other = await serve((request, response) => {
      const { authorization, "x-key": key } = request.headers;
      reply(response, authorization === undefined && key === undefined ? 302 : 500, {
        location: `http://127.0.0.1:${home}/back`,
      });
    });
    home = await serve((request, response) => {
      if (request.url === "/back") response.end(String(request.headers.authorization));
      else reply(response, 302, { location: `http://127.0.0.1:${other}/` });
    });
    const headers = { authorization: "Bearer secret", "x-key": "secret" };
    const answer = await send(call(`http://127.0.0.1:${home}/`, { redirects: 5, headers }));
    expect(answer).toMatchObject({ status: 200, redirects: 2 });
    expect(text(answer)).toBe("undefined");
  });

  it("that would hand a body to another origin is refused", async () => {
    const other = await serve((_request, response) => reply(response, 200));
    const port = await serve((_request, response) => reply(response, 307, { location: `http://127.0.0.1:${other}/` }));
    const sending = send(call(`http://127.0.0.1:${port}/`, { redirects: 1, method: "POST", body: "secret" }));
    await expect(sending).rejects.toMatchObject({ code: "http.redirect-refused" });
  });

  it.each(["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "gopher://127.0.0.1:25/"])(
    "to %s is refused",
    async (location) => {
      const port = await serve((_request, response) => reply(response, 302, { location }));
      const sending = send(call(`http://127.0.0.1:${port}/`, { redirects: 1 }));
      await expect(sending).rejects.toMatchObject({ code: "http.redirect-refused" });
    },
  );

  it("to an address that is refused is not followed", async () => {
    const port = await serve((_request, response) => reply(response, 302, { location: "http://169.254.169.254/" }));
    const sending = send(call(`http://127.0.0.1:${port}/`, { redirects: 1 }));
    await expect(sending).rejects.toMatchObject({ code: "network.refused-address" });
  });

  it("is followed no more often than was said", async () => {
    const port = await serve((_request, response) => reply(response, 302, { location: "/again" }));
    const sending = send(call(`http://127.0.0.1:${port}/`, { redirects: 3 }));
    await expect(sending).rejects.toMatchObject({ code: "http.too-many-redirects" });
  });
});

describe("TLS of a call", () => {
  const certificate = createSelfSignedCertificate("127.0.0.1");

  async function secured(): Promise<number> {
    const front = await openTlsFront(certificate, await serve((_request, response) => void response.end("ok")));
    open.push(front.server);
    return front.port;
  }

  it("does not believe a certificate that nobody vouches for", async () => {
    const sending = send(call(`https://127.0.0.1:${await secured()}/`));
    await expect(sending).rejects.toMatchObject({ code: "network.tls", retry: "never", wasConnected: false });
  });

  it("believes one of the authority that was named, and any where that was asked for", async () => {
    const url = `https://127.0.0.1:${await secured()}/`;
    expect(text(await send(call(url, { tls: { ca: certificate.cert } })))).toBe("ok");
    expect(text(await send(call(url, { tls: { rejectUnauthorized: false } })))).toBe("ok");
  });

  it("does not believe a certificate of another name", async () => {
    const tls = { ca: certificate.cert, servername: "other.test" };
    const sending = send(call(`https://127.0.0.1:${await secured()}/`, { tls }));
    await expect(sending).rejects.toMatchObject({ code: "network.tls" });
  });

  it("fails where the other side speaks none", async () => {
    const port = await serve((_request, response) => void response.end("plain"));
    await expect(send(call(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({ code: "network.tls" });
  });

  it("is not given up by a redirect", async () => {
    const plain = await serve((_request, response) => void response.end("plain"));
    const inner = await serve((_request, response) => reply(response, 302, { location: `http://127.0.0.1:${plain}/` }));
    const front = await openTlsFront(certificate, inner);
    open.push(front.server);
    const asked = call(`https://127.0.0.1:${front.port}/`, { redirects: 1, tls: { ca: certificate.cert } });
    await expect(send(asked)).rejects.toMatchObject({ code: "http.redirect-refused" });
  });
});
