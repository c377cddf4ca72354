import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { apiRoute } from "../../src/api/api-route.ts";
import type { MachineDoor } from "../../src/engine/machine-door.ts";
import { HttpServer } from "../../src/http/http-server.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { ApiRig, noticeResult, startedResult } from "../support/api-rig.ts";
import { RUN } from "../unit/slack/sample-run.ts";

/** A maintained tester of APIs in Python: `pip install schemathesis` puts it on the path. */
const PROGRAM = "schemathesis";
const hasProgram = spawnSync(PROGRAM, ["--version"]).status === 0;

// What is right by the schema may still name what is not there, which is 422 and not 404, as the address is right.
const NOT_CHECKED = "positive_data_acceptance";

const RESULTS = {
  promote: startedResult(),
  cancel: noticeResult("run.cancelling", "It is being cancelled.", RUN),
  retry: noticeResult("run.retried", "It goes on.", RUN),
};

// Skipped, and counted as skipped, where there is no such program.
describe.skipIf(!hasProgram)("what is made up from the document of the API", () => {
  it("is answered as the document says, and by no failure of the server", async () => {
    const rig = await ApiRig.open();
    const ask: MachineDoor["ask"] = (key, asked) => {
      const { command } = asked;
      rig.door.next = command === "cancel" || command === "retry" ? RESULTS[command] : RESULTS.promote;
      return rig.door.ask(key, asked);
    };
    const { note, recordedAt, resultOf } = rig.door;
    const machines: MachineDoor = { ask, note, recordedAt, resultOf };
    await using server = new HttpServer({ host: "127.0.0.1", port: 0, clock: systemClock, logger: silentLogger });
    server.add(apiRoute({ ...rig.deps, machines, clock: systemClock }));
    const { host, port } = await server.listen();
    const folder = await mkdtemp(join(tmpdir(), "qd-schemathesis-"));
    const given = `--phases coverage,fuzzing --max-examples 25 --seed 20260101 --exclude-checks ${NOT_CHECKED}`;
    const { code, said } = await run(
      [
        "run",
        `http://${host}:${port}/api/openapi.json`,
        "--header",
        `Authorization: Bearer ${rig.token()}`,
        ...`${given} --suppress-health-check all --no-shrink --no-color`.split(" "),
      ],
      folder,
    );
    await rm(folder, { recursive: true });
    // All that it says stands in the failure.
    expect(code === 0 ? "" : said).toBe("");
    expect(said).toMatch(/Tested: 10\n/u);
  });
});

async function run(
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(PROGRAM, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => void (said += text));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said }));
  });
}
