import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";

import { ANA, type LogLine } from "../support/app-rig.ts";
import { ChangeDesk } from "../support/change-desk.ts";
import { ProcessRig } from "../support/process-rig.ts";
import { hasRedis } from "../support/redis-server.ts";
import { WorkerRig } from "../support/worker-rig.ts";

const EXAMPLE = new URL("../../docs/examples/acme-steps", import.meta.url).pathname;
const TOKEN = "the-token-of-the-desk-for-changes-0123456789";
const ORIGIN = /acme-steps 1\.0\.0 \([0-9a-f]{12}\)/u;

interface Place {
  readonly desk: ChangeDesk;
  /** Has the example as `acme-steps`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The example of the documentation in a folder of its own, a command that uses it, and the desk that it asks. */
async function open(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-own-steps-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const desk = await ChangeDesk.open(TOKEN);
  onTestFinished(() => desk[Symbol.asyncDispose]());
  await copyExample(join(folder, "acme-steps"));
  await mkdir(join(folder, "commands"));
  await writeFile(join(folder, "commands/change.yaml"), commandFor(desk));
  return { desk, folder, environment: { QUARTERDECK_COMMANDS: join(folder, "commands"), ACME_DESK: TOKEN } };
}

async function copyExample(to: string): Promise<void> {
  await cp(EXAMPLE, to, { recursive: true, filter: (file) => !file.endsWith(".test.ts") });
  await writeFile(join(to, "package.json"), '{ "name": "acme-steps", "version": "1.0.0", "type": "module" }\n');
}

function commandFor({ url }: ChangeDesk): string {
  return `name: Change
summary: Opens a ticket for a change and waits until it is closed
on:
  slash: /qd change <service> in <environment>
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
steps:
  - id: ticket
    uses: acme/ticket
    with: { desk: "${url}", token: "\${{ secrets.ACME_DESK }}", title: "Change \${{ service.name }}", app: "\${{ environment.app }}" }
  - id: closed
    uses: acme/ticket-closed
    with: { desk: "${url}", token: "\${{ secrets.ACME_DESK }}", ticket: "\${{ steps.ticket.outputs.ticket }}", every: 1s }
`;
}

/** A configuration that has the plug-in, from the folder in which it lies. */
function withSteps(folder: string): (text: string) => string {
  return (text) =>
    `${text
      .replace(/verbs: \[[^\]]*\]/u, "verbs: [change]")
      .replace("secrets:\n", "secrets:\n  ACME_DESK: { env: ACME_DESK }\n")
      .replace(/^network: .*\n/mu, "")}
network: { private-addresses: deny, allow: [127.0.0.0/8] }
steps: [${join(folder, "acme-steps")}]
`;
}

async function isTold(rig: ProcessRig, what: string, fits: (text: string) => boolean): Promise<void> {
  await rig.message(what, ({ text, blocks }) => fits(`${text} ${JSON.stringify(blocks)}`));
}

describe("the step kinds of the documentation's example", () => {
  it("are executed by the server, which writes down in which version, and says when their files have changed", async () => {
    const { desk, folder, environment } = await open();
    const rig = await ProcessRig.open();
    onTestFinished(() => rig[Symbol.asyncDispose]());
    const file = await rig.configuration("own-steps.yaml", withSteps(folder));
    const surroundings = { ...environment, QUARTERDECK_CONFIG: file };
    const server = await rig.start(surroundings);
    await rig.insist(ANA, "/qd change checkout in staging");
    await rig.until("the ticket", () => desk.tickets.size === 1);
    expect([...desk.tickets.values()]).toMatchObject([
      { asked: { title: "Change checkout", app: "main/argocd/checkout-staging", by: ANA } },
    ]);
    desk.closeTickets();
    await isTold(rig, "the end", (text) => /Change .*: succeeded/u.test(text));
    await appendFile(join(folder, "acme-steps/ticket-open.ts"), "\n// Changed.\n");
    await rig.until("the server to see it", () =>
      rig.log.some((line) => said(line).includes("the step kinds of acme-steps")),
    );
    await isTold(rig, "the notice", (text) => text.includes("the step kinds of acme-steps"));
    expect(await server.kill("SIGTERM")).toBe("exit code 0");
    const log = await rig.run(["audit", "export"], surroundings);
    expect(log.stdout).toMatch(/"steps":\{"acme-steps":"1\.0\.0 [0-9a-f]{64}"\}/u);
    expect(log.stdout).not.toContain(TOKEN);
  });

  it("are in the reference, the schema, the forecast and the doctor, and mistakes in them stop all of these", async () => {
    const { folder, environment } = await open();
    const rig = await ProcessRig.open();
    onTestFinished(() => rig[Symbol.asyncDispose]());
    const file = await rig.configuration("own-steps.yaml", withSteps(folder));
    const surroundings = { ...environment, QUARTERDECK_CONFIG: file };
    const run = async (...args: string[]): Promise<string> => (await rig.run(args, surroundings)).stdout;
    expect(await run("steps", "acme/ticket")).toContain("Opens a ticket for a change at Acme's desk.");
    expect(await run("steps")).toMatch(ORIGIN);
    expect(await run("steps", "--write", join(folder, "reference"))).toMatch(/^\d+ pages in /u);
    expect(await readFile(join(folder, "reference/acme-ticket.md"), "utf8")).toBe(await run("steps", "acme/ticket"));
    expect(await run("schema")).toContain('"const": "acme/ticket-closed"');
    expect(await run("plan", "change", "--inputs", "service=checkout", "environment=staging")).toContain("acme/ticket");
    expect(await run("doctor")).toMatch(ORIGIN);
    await appendFile(join(folder, "acme-steps/ticket-open.ts"), "throw new Error('no desk today');\n");
    const broken = await rig.run(["validate"], surroundings);
    expect([broken.code, broken.stdout]).toEqual([
      1,
      expect.stringMatching(/own-steps\.yaml:\d+:\d+: steps\[0\]: .*no desk today \(.*ticket-open\.ts:\d+\)/u),
    ]);
    await expect(rig.start(surroundings)).rejects.toThrow("no desk today");
  });
});

const ROOT = new URL("../../", import.meta.url).pathname;

/** The pieces of the page about step kinds in one language. */
async function shown(language: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, "docs/step-kinds.md"), "utf8");
  const piece = new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^ *\`\`\`$`, "gmu");
  return Array.from(text.matchAll(piece), ([, indent = "", code = ""]) => code.replaceAll(`\n${indent}`, "\n"));
}

/** A folder of an author, as the page says: with the program as a link, and the settings of the compiler that stand there. */
async function authorFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-author-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(EXAMPLE, folder, { recursive: true });
  await mkdir(join(folder, "node_modules/@types"), { recursive: true });
  await symlink(ROOT, join(folder, "node_modules/quarterdeck"));
  for (const name of ["vitest", "@types/node"]) {
    await symlink(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  const [types = "", build = ""] = await shown("json");
  await writeFile(join(folder, "tsconfig.json"), types);
  await writeFile(join(folder, "tsconfig.build.json"), build);
  const manifest = { name: "@acme/quarterdeck-steps", version: "1.0.0", type: "module", exports: "./dist/steps.js" };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  return folder;
}

describe("what the page about step kinds says", () => {
  it("is right of types and of a package", async () => {
    const folder = await authorFolder();
    const [first = ""] = await shown("ts");
    await writeFile(join(folder, "greet.ts"), first);
    const compile = async (...args: string[]): Promise<string> => {
      const { stdout } = await execa(join(ROOT, "node_modules/.bin/tsc"), args, { cwd: folder, reject: false });
      return stdout;
    };
    expect(await compile("-p", ".")).toBe("");
    expect(await compile("-p", "tsconfig.build.json")).toBe("");
    const rig = await ProcessRig.open();
    onTestFinished(() => rig[Symbol.asyncDispose]());
    const home = rig.path("node_modules/@acme/quarterdeck-steps");
    await cp(join(folder, "dist"), join(home, "dist"), { recursive: true });
    await cp(join(folder, "package.json"), join(home, "package.json"));
    await mkdir(rig.path("my-steps"));
    await writeFile(rig.path("my-steps/steps.ts"), first);
    const file = await rig.configuration(
      "page.yaml",
      (text) => `${text}\nsteps: [./my-steps, "@acme/quarterdeck-steps"]\n`,
    );
    const { code, stdout, stderr } = await rig.run(["steps"], { QUARTERDECK_CONFIG: file });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^acme\/greet +action +Greets somebody\. From my-steps \(\w{12}\)\.$/mu);
    expect(stdout).toMatch(/^acme\/ticket +action .* From @acme\/quarterdeck-steps 1\.0\.0 \(\w{12}\)\.$/mu);
  });
});

function said({ message, ...fields }: LogLine): string {
  return `${message} ${JSON.stringify(fields)}`;
}

describe.skipIf(!hasRedis)("step kinds of one's own on workers", () => {
  it("are executed by one that has the same version, and by no other", async () => {
    const { desk, folder, environment } = await open();
    const rig = await WorkerRig.open();
    onTestFinished(() => rig[Symbol.asyncDispose]());
    await rig.configure(withSteps(folder));
    await rig.server(environment);
    const older = join(folder, "older/acme-steps");
    await copyExample(older);
    await appendFile(join(older, "ticket-open.ts"), "\n// Another version.\n");
    await Promise.all([
      rig.worker(1, { ACME_DESK: TOKEN }),
      rig.worker(2, { ACME_DESK: TOKEN, QUARTERDECK_STEPS: older }),
    ]);
    await rig.connected(2);
    await rig.rig.insist(ANA, "/qd change checkout in staging");
    await isTold(rig.rig, "why it waits", (text) => {
      const [, wanted = "", had = ""] =
        /Waiting for a worker that knows acme\/ticket of (acme-steps 1\.0\.0 \(\w{12}\)).* with acme\/ticket of (acme-steps 1\.0\.0 \(\w{12}\))/u.exec(
          text,
        ) ?? [];
      return wanted !== had;
    });
    expect(desk.tickets.size).toBe(0);
    await rig.worker(3, { ACME_DESK: TOKEN, QUARTERDECK_STEPS: join(folder, "acme-steps") });
    await rig.rig.until("the ticket", () => desk.tickets.size === 1);
    desk.closeTickets();
    await isTold(rig.rig, "the end", (text) => /Change .*: succeeded/u.test(text));
    expect(desk.tickets.size).toBe(1);
    // Whoever takes these first, one of the three executes them.
    const others = ["checkout in prod", "web in staging", "web in prod", "payments in qa"];
    for (const other of others) await rig.rig.insist(ANA, `/qd change ${other}`);
    await rig.rig.until("the other tickets", () => desk.tickets.size === 1 + others.length);
  });
});
