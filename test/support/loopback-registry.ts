import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { request } from "undici";

import { freePort } from "../../src/platform/free-port.ts";
import { findProgram } from "../../src/programs/find-program.ts";

const PROGRAM = "docker-registry";

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
}
