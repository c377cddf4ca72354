import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { ANA } from "../support/app-rig.ts";
import { Canaries } from "../support/canaries.ts";
import { hasRedis } from "../support/redis-server.ts";
import { WorkerRig } from "../support/worker-rig.ts";

const COMMANDS = new URL("../../commands", import.meta.url).pathname;
const CANARY = "canary-of-a-program-0123456789";

const COMMAND = `name: Promote
summary: Runs a program on the folder of a revision
on:
  slash: /promote <service> <revision> to <environment>
inputs:
  service: { type: service }
  revision: { type: revision, of: service }
  environment: { type: environment, of: service }
steps:
  - id: leak
    uses: program/run
    with:
      program: leak
      args: [one, two words]
      directory: { repository: "\${{ revision.repository }}", revision: "\${{ revision.sha }}", path: checkout }
      env: { TOKEN: "\${{ secrets.LEAK }}" }
`;

// It says everything that it knows, which is what such a program does on its worst day.
const LEAK = `#!/bin/sh
echo "token $TOKEN, base64 $(printf %s "$TOKEN" | base64)"
echo "arguments: $# $1/$2"
ls
echo "about to fail with $TOKEN" >&2
exit 3
`;

/** All bytes of all files below a folder. */
async function everything(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
}

describe.skipIf(!hasRedis)("a worker that shares no disk and no variable with its server", () => {
  it("gets folders from Git, uses its own secrets, and leaves files with the server that hold none", async () => {
    const rig = await WorkerRig.open();
    onTestFinished(() => rig[Symbol.asyncDispose]());
    const own = await mkdtemp(join(tmpdir(), "quarterdeck-leak-"));
    onTestFinished(() => rm(own, { recursive: true, force: true }));
    const [commands, program, data] = [join(own, "commands"), join(own, "leak"), join(own, "data")];
    await cp(COMMANDS, commands, { recursive: true });
    await writeFile(join(commands, "promote.yaml"), COMMAND);
    await writeFile(program, LEAK);
    await chmod(program, 0o755);
    await rig.configure((text) =>
      text
        .replace("secrets:\n", "secrets:\n  LEAK: { env: LEAK_TOKEN }\n")
        .concat(`\nprograms:\n  leak: { path: ${program}, variables: [TOKEN] }\n`),
    );
    const environment = { QUARTERDECK_COMMANDS: commands, QUARTERDECK_DATA: data };
    const heard: string[] = [];
    const monitor = await rig.redis.client().monitor();
    monitor.on("monitor", (_time: string, words: readonly string[]) => heard.push(words.join(" ")));
    onTestFinished(() => monitor.disconnect());
    await Promise.all([
      rig.server(environment),
      rig.worker(1, { LEAK_TOKEN: CANARY, QUARTERDECK_WORK: join(own, "work") }),
    ]);
    await rig.connected(1);
    await rig.rig.insist(ANA, `/promote checkout ${DEMO_COMMITS.target} to staging`);
    const failed = await rig.rig.message("the failure", ({ text, blocks }) =>
      /leak ended with 3/u.test(`${text} ${JSON.stringify(blocks)}`),
    );
    expect(JSON.stringify(failed)).toContain("«secret»");
    const stored = (await everything(join(data, "artifacts"))).toString("latin1");
    expect(stored).toContain("arguments: 2 one/two words");
    expect(stored).toContain("\nstaging\n");
    const sinks = ["the data folder", "the folder of the worker", "the logs", "what Slack was sent", "Redis"] as const;
    const canaries = new Canaries({ secrets: { step: CANARY }, sinks });
    canaries.look("the data folder", [await everything(data)]);
    canaries.look("the folder of the worker", [await everything(join(own, "work")), "looked at"]);
    canaries.look("the logs", [JSON.stringify([rig.log, rig.rig.log])]);
    canaries.look("what Slack was sent", [JSON.stringify(rig.rig.world.slack.world.journal.calls())]);
    canaries.look("Redis", [JSON.stringify(heard)]);
    expect([canaries.leaks, canaries.unseen]).toEqual([[], []]);
  });
});
