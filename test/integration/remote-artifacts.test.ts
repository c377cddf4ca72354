import { describe, expect, it, onTestFinished } from "vitest";

import { ArtifactUploads } from "../../src/artifacts/artifact-uploads.ts";
import { jobFileRoutes } from "../../src/artifacts/job-file-routes.ts";
import { makeJobToken } from "../../src/artifacts/job-token.ts";
import { RemoteArtifacts } from "../../src/artifacts/remote-artifacts.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { freePort } from "../../src/platform/free-port.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { artifactsContract, MOST_BYTES } from "../contract/artifacts.contract.ts";
import { ArtifactFolder, SEAL_KEY } from "../support/artifact-folder.ts";
import { FakeClock } from "../support/fake-clock.ts";

const KEY = { id: "abcdef012345", bytes: Buffer.alloc(32, 5) };
const EFFECT = { run: "run_1", path: "promote/plan", attempt: 1 };
const FILE = { name: "log", mediaType: "text/plain" };

/** A server's store behind its HTTP server, and a worker with no disk of it. */
class Far {
  readonly files: ArtifactFolder;
  readonly clock = new FakeClock(Date.now());
  url = "";
  #port = 0;
  #server: HttpServer | undefined;

  private constructor(files: ArtifactFolder) {
    this.files = files;
  }

  static async open(): Promise<Far> {
    const far = new Far(await ArtifactFolder.open(MOST_BYTES));
    onTestFinished(() => far[Symbol.asyncDispose]());
    far.#port = await freePort();
    far.url = `http://127.0.0.1:${far.#port}`;
    await far.start();
    return far;
  }

  async start(): Promise<void> {
    const { store, folder } = this.files;
    const { clock } = this;
    const own = { host: "127.0.0.1", port: this.#port, clock: systemClock, logger: silentLogger };
    this.#server = new HttpServer(own);
    const uploads = new ArtifactUploads({ folder, store });
    const routes = jobFileRoutes({ store, uploads, keys: [KEY], mostBytes: () => MOST_BYTES, clock });
    for (const route of routes) this.#server.add(route);
    await this.#server.listen();
  }

  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  token(untilMs = 60_000): string {
    return makeJobToken({ ...EFFECT, token: 3, until: this.clock.now() + untilMs }, KEY);
  }

  worker({
    token = this.token(),
    url = this.url,
    keys = [SEAL_KEY],
    sleep = async (): Promise<void> => undefined,
  } = {}) {
    const own = { url, token, worker: "w1", mostBytes: MOST_BYTES, keys, random: systemRandom };
    return new RemoteArtifacts({ ...own, clock: { sleep } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.files[Symbol.asyncDispose]();
  }
}

artifactsContract("of the server, as a worker reaches it", async () => {
  const far = await Far.open();
  return {
    artifacts: far.worker(),
    damage: (digest) => far.files.damage(digest),
    remove: (digest) => far.files.remove(digest),
    stored: () => far.files.stored(),
  };
});

describe("a worker's way to the server's files", () => {
  it("is the same store: what one leaves the other reads", async () => {
    const far = await Far.open();
    for (const sealed of [false, true]) {
      const left = await far.worker().put({ ...FILE, sealed, content: Buffer.from("from afar") });
      expect(Buffer.from(await far.files.store.read(left)).toString()).toBe("from afar");
      const own = await far.files.store.put({ ...FILE, sealed, content: Buffer.from("from here") });
      expect(Buffer.from(await far.worker().read(own)).toString()).toBe("from here");
    }
  });

  it("goes on where it was when the server starts anew in the middle of a file", async () => {
    const far = await Far.open();
    const content = Buffer.alloc(MOST_BYTES, "x");
    let waits = 0;
    const worker = far.worker({
      sleep: async () => {
        waits += 1;
        await far.start();
      },
    });
    const half = worker.put({ ...FILE, content });
    await far.stop();
    const left = await half;
    expect(waits).toBeLessThanOrEqual(1);
    expect((await far.files.store.read(left)).byteLength).toBe(MOST_BYTES);
  });

  it("says which address to set when the server cannot be reached", async () => {
    const far = await Far.open();
    const url = `http://127.0.0.1:${await freePort()}`;
    const put = far.worker({ url }).put({ ...FILE, content: Buffer.from("x") });
    await expect(put).rejects.toMatchObject({
      code: "artifact.unavailable",
      retry: "backoff",
      message: expect.stringMatching(/worker w1 cannot reach the server at .* Set artifacts\.url/u),
    });
  });

  it.each([
    [
      "no token of ours",
      (far: Far) => far.token().replace(/\.(.)([^.]*)$/u, (_, first, rest) => `.${first === "A" ? "B" : "A"}${rest}`),
    ],
    ["one that is not good any more", (far: Far) => far.token(-1)],
    [
      "one of another purpose",
      () => makeJobToken({ ...EFFECT, token: 3, until: 9e12 }, { ...KEY, bytes: SEAL_KEY.bytes }),
    ],
    ["none", () => ""],
  ])("is closed to whoever has %s", async (_what, token) => {
    const far = await Far.open();
    const left = await far.files.store.put({ ...FILE, content: Buffer.from("mine") });
    const headers = { authorization: `Bearer ${token(far)}` };
    const get = await fetch(`${far.url}/jobs/files/get/${left.digest}?sealed=0&from=0`, { headers });
    const body = "x";
    const put = await fetch(`${far.url}/jobs/files/put/${"0".repeat(64)}?sealed=0&from=0&size=1`, {
      method: "PUT",
      headers,
      body,
    });
    expect([get.status, put.status]).toEqual([401, 401]);
    expect(await far.files.files()).toHaveLength(1);
  });

  it("takes nothing but files, and no more of them than there may be", async () => {
    const far = await Far.open();
    const headers = { authorization: `Bearer ${far.token()}` };
    const put = async (path: string, body = "x"): Promise<number> =>
      (await fetch(`${far.url}/jobs/files/put/${path}`, { method: "PUT", headers, body })).status;
    const digest = "0".repeat(64);
    expect(await put(`../../etc/passwd?sealed=0&from=0&size=1`)).toBe(404);
    expect(await put(`${digest}?sealed=2&from=0&size=1`)).toBe(400);
    expect(await put(`${digest}?sealed=0&from=0`)).toBe(400);
    expect(await put(`${digest}?sealed=0&from=0&size=${MOST_BYTES + 1}`)).toBe(413);
    expect(await put(`${digest}?sealed=0&from=0&size=9`, "x".repeat(2 * 1024 * 1024))).toBe(413);
    expect(await put(`${digest}?sealed=0&from=0&size=1`)).toBe(422);
    expect(await put(`${digest}?sealed=1&from=0&size=1`)).toBe(422);
    expect(await far.files.files()).toEqual([]);
  });
});
