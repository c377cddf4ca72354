import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { request } from "undici";

import { freePort } from "../../src/platform/free-port.ts";
import { findProgram } from "../../src/programs/find-program.ts";

const PROGRAM = "docker-registry";
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";

/** Whether this machine has a registry to try with. */
export const hasRegistry = await findProgram(PROGRAM, process.env["PATH"]).then(
  () => true,
  () => false,
);

if (!hasRegistry)
  console.warn(`NO ${PROGRAM} IS INSTALLED: nothing is tried with a registry. Install the package ${PROGRAM}.`);

/** A real registry on this machine, to which images are pushed over HTTP. */
export class LoopbackRegistry implements AsyncDisposable {
  readonly host: string;
  readonly folder: string;
  readonly #process: ChildProcess;

  private constructor(host: string, folder: string, process: ChildProcess) {
    this.host = host;
    this.folder = folder;
    this.#process = process;
  }

  static async open(): Promise<LoopbackRegistry> {
    const folder = await mkdtemp(join(tmpdir(), "quarterdeck-registry-"));
    const host = `127.0.0.1:${await freePort()}`;
    const file = join(folder, "registry.yml");
    const storage = `storage: { filesystem: { rootdirectory: ${join(folder, "data")} } }`;
    await writeFile(file, `version: 0.1\n${storage}\nhttp: { addr: "${host}" }\nlog: { level: error }\n`);
    const child = spawn(PROGRAM, ["serve", file], { stdio: "ignore" });
    const registry = new LoopbackRegistry(host, folder, child);
    const end = performance.now() + 20_000;
    while (!(await registry.#answers())) {
      if (performance.now() > end || child.exitCode !== null) throw new Error("the registry did not start");
    }
    return registry;
  }

  /** Pushes an index with an image for each architecture, and gives their digests. */
  async pushIndex(
    repository: string,
    { tag, architectures }: { readonly tag: string; readonly architectures: readonly string[] },
  ): Promise<{ readonly index: string; readonly images: readonly string[] }> {
    const manifests = [];
    for (const architecture of architectures) {
      const text = JSON.stringify({
        architecture,
        os: "linux",
        config: {},
        rootfs: { type: "layers", diff_ids: [] },
        tag,
      });
      const config = { mediaType: CONFIG, digest: await this.#blob(repository, text), size: text.length };
      const image = JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config, layers: [] });
      const digest = await this.#manifest(repository, { type: IMAGE, text: image });
      manifests.push({ mediaType: IMAGE, digest, size: image.length, platform: { os: "linux", architecture } });
    }
    const text = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
    const index = await this.#manifest(repository, { type: INDEX, text, tag });
    return { index, images: manifests.map(({ digest }) => digest) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    return await request(`http://${this.host}/v2/`).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode === 200;
      },
      () => new Promise((resolve) => setTimeout(() => resolve(false), 20)),
    );
  }

  async #blob(repository: string, text: string): Promise<string> {
    const begun = await request(`http://${this.host}/v2/${repository}/blobs/uploads/`, { method: "POST" });
    await begun.body.dump();
    const url = new URL(String(begun.headers["location"]));
    const digest = digestOf(text);
    url.searchParams.set("digest", digest);
    await put(url, "application/octet-stream", text);
    return digest;
  }

  async #manifest(
    repository: string,
    { type, text, tag }: { readonly type: string; readonly text: string; readonly tag?: string },
  ): Promise<string> {
    const digest = digestOf(text);
    await put(new URL(`http://${this.host}/v2/${repository}/manifests/${tag ?? digest}`), type, text);
    return digest;
  }
}

async function put(url: URL, type: string, body: string): Promise<void> {
  const answer = await request(url, { method: "PUT", headers: { "content-type": type }, body });
  const said = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`${url.href}: ${answer.statusCode} ${said}`);
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
