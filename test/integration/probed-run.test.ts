import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { listen } from "../../src/platform/listen.ts";
import { ANA, AppRig } from "../support/app-rig.ts";

const TOKEN = "canary-of-the-probed-run-01234";

const command = (port: number): string => `name: Inspect
summary: Ask everything about a service that can be asked
verb: inspect
on:
  slash: /qd inspect <service> in <environment>
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
steps:
  - id: report
    uses: http/request
    with:
      url: http://127.0.0.1:${port}/report
      method: POST
      bearer: \${{ secrets.REPORT_TOKEN }}
      json: { service: "\${{ service.name }}" }
      assert: [response.json.version == 7]
      save-as: report.json
  - id: smoke
    uses: http/probe
    with:
      url: http://127.0.0.1:${port}/healthz
      headers: { x-token: "\${{ secrets.REPORT_TOKEN }}" }
      good-in-a-row: 2
      interval: 500ms
  - id: errors
    uses: metrics/check
    with: { url: "http://127.0.0.1:${port}/prometheus", query: up, at-least: 1 }
  - id: pause
    uses: delay
    with: { for: 200ms }
  - id: calm
    uses: soak
    with:
      app: \${{ environment.app }}
      for: 1s
      probes: [{ url: "http://127.0.0.1:${port}/healthz", interval: 1s }]
  - id: hours
    uses: window
    with: { hours: "00:00-24:00", app: "\${{ environment.app }}" }
  - id: attach
    uses: slack/file
    with: { file: "\${{ steps.report.outputs.file }}" }
  - id: tell
    uses: slack/message
    with:
      text: "*\${{ service.name }}* is at version \${{ string(steps.report.outputs.json.version) }} <!channel>"
`;

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  return (await listen(server)).port;
}

interface Stage {
  readonly app: AppRig;
  /** What was asked, with the token that was sent. */
  readonly asked: (readonly [string, string])[];
}

async function open(network: string): Promise<Stage> {
  const asked: (readonly [string, string])[] = [];
  const port = await serve((request, response) => {
    const { authorization, "x-token": token } = request.headers;
    asked.push([request.url ?? "", authorization ?? String(token)]);
    response.setHeader("content-type", "application/json");
    const metrics = { status: "success", data: { resultType: "scalar", result: [1, "1"] } };
    response.end(JSON.stringify(request.url?.startsWith("/prometheus") === true ? metrics : { version: 7 }));
  });
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-inspect-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const commands = join(folder, "commands");
  await mkdir(commands);
  await writeFile(join(commands, "inspect.yaml"), command(port));
  const app = await AppRig.open({
    environment: { QUARTERDECK_COMMANDS: commands, REPORT_TOKEN: TOKEN },
    configure: (text) =>
      `${text
        .replace("verbs: [promote, rollback, sync, signal, lock, unlock]", "verbs: [inspect]")
        .replace("secrets:\n", "secrets:\n  REPORT_TOKEN: { env: REPORT_TOKEN }\n")}\n${network}`,
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  return { app, asked };
}

async function ended(app: AppRig): Promise<string> {
  const { events } = app.application.store;
  await app.until("the run has ended", () => events.listRuns({ limit: 1 })[0]?.finishedAt !== undefined);
  return app.run().status;
}

describe("a run that asks everything that can be asked", () => {
  it("shows the report and the message in its thread, and says no secret", async () => {
    const { app, asked } = await open("network: { allow: [127.0.0.0/8] }\n");
    await app.type(ANA, "/qd inspect checkout in prod");
    expect([await ended(app), app.run().failure]).toEqual(["succeeded", undefined]);
    expect(asked[0]).toEqual(["/report", `Bearer ${TOKEN}`]);
    expect(asked[1]).toEqual(["/healthz", TOKEN]);
    const said = await app.reply(/is at version 7/u);
    expect(said.text).toBe("*checkout* is at version 7 &lt;!channel&gt;");
    const file = await app.message("the file", ({ files }) => (files?.length ?? 0) > 0);
    expect(file.threadTs).toBe(said.threadTs);
    expect(file.files).toMatchObject([{ name: "report.json" }]);
    expect(JSON.stringify([app.events(), app.log])).not.toContain(TOKEN);
  });

  it("sends nothing to a private address unless that is allowed", async () => {
    const { app, asked } = await open("");
    await app.type(ANA, "/qd inspect checkout in prod");
    expect(await ended(app)).toBe("failed");
    expect(app.run().failure).toMatchObject({ path: "inspect/report", failure: { code: "network.refused-address" } });
    expect(asked).toEqual([]);
  });
});
