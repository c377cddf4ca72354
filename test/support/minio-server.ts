import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { request } from "undici";

import { freePort } from "../../src/platform/free-port.ts";
import { findProgram } from "../../src/programs/find-program.ts";
import { type S3Answer, type S3Request, s3Request } from "./s3-request.ts";

// The last commit of the edition that is free: what there is as a program is older or has a licence to be asked for.
const VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
const GO = "go";
const BUILD_MS = 20 * 60_000;

/** MinIO's program: `MINIO`, that on the PATH, or that of a cache which is filled by Go; why there is none where there is none. */
export const minioProgram: { readonly file: string } | { readonly missing: string } = await findMinio();

if ("missing" in minioProgram) {
  console.warn(
    `NO MINIO IS TRIED: ${minioProgram.missing}. Set MINIO to the program, or QUARTERDECK_BUILD_MINIO=1 to have Go build it once (some minutes).`,
  );
}

async function findMinio(): Promise<typeof minioProgram> {
  const { env } = process;
  if (env["MINIO"] !== undefined) {
    return existsSync(env["MINIO"]) ? { file: env["MINIO"] } : { missing: `${env["MINIO"]} is not there` };
  }
  const installed = await findProgram("minio", env["PATH"]).catch(() => undefined);
  if (installed !== undefined) return { file: installed };
  const cache = join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "quarterdeck");
  const file = join(cache, `minio-${VERSION}`);
  if (existsSync(file)) return { file };
  if (env["QUARTERDECK_BUILD_MINIO"] !== "1") return { missing: "there is none on the PATH and none in the cache" };
  return build(cache, file);
}

function build(cache: string, file: string): typeof minioProgram {
  const work = join(cache, `minio-${process.pid}`);
  mkdirSync(work, { recursive: true });
  const { status } = spawnSync(GO, ["install", "-trimpath", "-ldflags=-s -w", `github.com/minio/minio@${VERSION}`], {
    env: { ...process.env, GOBIN: work, CGO_ENABLED: "0" },
    timeout: BUILD_MS,
  });
  if (status !== 0) return { missing: "Go could not build it" };
  renameSync(join(work, "minio"), file);
  rmSync(work, { recursive: true });
  return { file };
}

/** Where its webhook sends, and with which token. */
export interface MinioWebhook {
  readonly endpoint: string;
  /** `auth_token`, as an operator would write it. */
  readonly token: string;
}

const USER = { user: "quarterdeck", password: "let-me-in-please" };
const TARGET = "quarterdeck";

/** A MinIO of one's own on the loopback interface, with one webhook and a queue on the disk for it. */
export class MinioServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, url: string) {
    this.#folder = folder;
    this.url = url;
  }

  static async start(webhook: MinioWebhook): Promise<MinioServer> {
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-minio-"));
    const server = new MinioServer(folder, `http://127.0.0.1:${await freePort()}`);
    await server.start(webhook);
    return server;
  }

  /** Starts it at the same port, with all that it had; resolves when it takes requests. */
  async start({ endpoint, token }: MinioWebhook): Promise<void> {
    const child = spawn(program(), ["server", "--quiet", "--address", new URL(this.url).host, this.#path("data")], {
      cwd: this.#folder,
      env: {
        HOME: this.#folder,
        MINIO_ROOT_USER: USER.user,
        MINIO_ROOT_PASSWORD: USER.password,
        MINIO_BROWSER: "off",
        // It would ask the world outside for a newer version.
        MINIO_UPDATE: "off",
        [`MINIO_NOTIFY_WEBHOOK_ENABLE_${TARGET}`]: "on",
        [`MINIO_NOTIFY_WEBHOOK_ENDPOINT_${TARGET}`]: endpoint,
        [`MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_${TARGET}`]: token,
        [`MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_${TARGET}`]: this.#path("events"),
      },
      stdio: "ignore",
    });
    this.#process = child;
    while (!(await this.#isReady())) {
      if (child.exitCode !== null) throw new Error(`MinIO ended with ${child.exitCode}`);
    }
  }

  async s3(asked: S3Request): Promise<S3Answer> {
    return await s3Request({ url: this.url, ...USER }, asked);
  }

  /** Makes a bucket that tells the webhook of these events, such as `s3:ObjectCreated:*`. */
  async makeBucket(bucket: string, events: readonly string[]): Promise<void> {
    await this.s3({ method: "PUT", path: `/${bucket}` });
    const named = events.map((event) => `<Event>${event}</Event>`).join("");
    const queue = `<Id>releases</Id><Queue>arn:minio:sqs::${TARGET}:webhook</Queue>${named}`;
    const body = `<NotificationConfiguration><QueueConfiguration>${queue}</QueueConfiguration></NotificationConfiguration>`;
    await this.s3({ method: "PUT", path: `/${bucket}`, query: { notification: "" }, body });
  }

  /** How many events it has yet to bring to its webhook. */
  async waiting(): Promise<number> {
    const files = await readdir(this.#path("events"), { recursive: true });
    return files.filter((file) => file.endsWith(".event")).length;
  }

  /** Ends it as a machine that loses its power does. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  async #isReady(): Promise<boolean> {
    return await request(`${this.url}/minio/health/cluster`).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode === 200 || (await soon());
      },
      () => soon(),
    );
  }
}

const LOOK_MS = 50;

function soon(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), LOOK_MS));
}

function program(): string {
  if ("missing" in minioProgram) throw new Error(minioProgram.missing);
  return minioProgram.file;
}
