import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { systemClock } from "../../../../src/platform/clock.ts";
import type * as Loading from "../../../../src/steps/plugins/load-plugins.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { idleDeps } from "../../../support/idle-deps.ts";
import { nativeImport } from "../../../support/native-import.ts";
import { StepBench } from "../../../support/step-bench.ts";

const { loadPlugins, changedPlugins } = await nativeImport<typeof Loading>(
  new URL("../../../../src/steps/plugins/load-plugins.ts", import.meta.url),
);

let from: string;

beforeEach(async () => {
  from = await mkdtemp(join(tmpdir(), "quarterdeck-plugins-"));
  onTestFinished(() => rm(from, { recursive: true, force: true }));
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(from, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

interface Kind {
  readonly name?: string;
  /** Replaces members of the definition. */
  readonly more?: string;
}

/** A module with one kind. */
function module({ name = "acme/ping", more = "" }: Kind = {}): string {
  return `import { defineAction, SecretText, z } from "quarterdeck/steps";
const notes = {
  failures: { "acme.refused": { retry: "never", meaning: "It was refused." } },
  example: "id: ping\\nuses: ${name}\\n",
} as const;
export const ping = () => defineAction({
  kind: ${JSON.stringify(name)},
  summary: "Says that it is there.",
  input: z.strictObject({ token: SecretText.optional() }),
  output: z.strictObject({}),
  repeat: "safe",
  run: async () => ({ status: "succeeded", output: {} }),
  notes,
  ${more}
});
export const steps = [ping];
`;
}

async function load(...steps: string[]): Promise<Loading.LoadedPlugins> {
  return await loadPlugins({ steps, from, clock: systemClock });
}

/** The one thing that is wrong. */
async function fault(...steps: string[]): Promise<string> {
  const { plugins, faults } = await load(...steps);
  expect(plugins).toHaveLength(steps.length - 1);
  expect(faults).toHaveLength(1);
  return faults[0]?.message ?? "";
}

async function faultOf(text: string): Promise<string> {
  await write({ "own/steps.ts": text });
  return await fault("./own");
}

describe("a folder with step kinds", () => {
  it("is loaded with what it imports, and is named after its folder", async () => {
    await write({
      "own/steps.ts": `import { ping } from "./lib/ping.ts";\nexport const steps = [ping];`,
      "own/lib/ping.ts": module(),
    });
    const { plugins, faults } = await load("./own");
    expect(faults).toEqual([]);
    expect(plugins).toMatchObject([{ named: "./own", kinds: ["acme/ping"], origin: { name: "own", version: "" } }]);
    expect(plugins[0]?.modules.map((file) => file.slice(from.length)).toSorted()).toEqual([
      "/own/lib/ping.ts",
      "/own/steps.ts",
    ]);
  });

  it("has the name and version of its package.json, and may be JavaScript", async () => {
    await write({
      "own/steps.js": module().replace(" as const", ""),
      "own/package.json": '{ "name": "acme-steps", "version": "2.1.0", "type": "module" }',
    });
    expect((await load("./own")).plugins).toMatchObject([{ origin: { name: "acme-steps", version: "2.1.0" } }]);
  });

  it("may be a link, and hold links", async () => {
    await write({ "real/..v1/steps.ts": module() });
    await symlink("..v1/steps.ts", join(from, "real/steps.ts"));
    await symlink("real", join(from, "own"));
    expect((await load("./own")).faults).toEqual([]);
  });

  it("may use packages, of which the files count", async () => {
    await write({
      "own/steps.ts": `import { word } from "words";\nvoid word;\n${module()}`,
      "node_modules/words/package.json": '{ "name": "words", "type": "module", "exports": "./words.js" }',
      "node_modules/words/words.js": 'export { word } from "./word.js";\n',
      "node_modules/words/word.js": "export const word = 1;\n",
    });
    const { plugins } = await load("./own");
    expect(plugins[0]?.modules).toContain(join(from, "node_modules/words/word.js"));
    expect(await changedPlugins(plugins)).toEqual([]);
    await write({ "node_modules/words/word.js": "export const word = 2;\n" });
    expect(await changedPlugins(plugins)).toEqual(["own"]);
  });
});

describe("a package with step kinds", () => {
  it("is looked for from the folder of whoever names it, and imports the program's own API", async () => {
    await write({
      "node_modules/@acme/steps/package.json":
        '{ "name": "@acme/steps", "version": "3.0.0", "type": "module", "exports": { ".": { "import": "./dist/main.js" } } }',
      "node_modules/@acme/steps/dist/main.js": module().replace(" as const", ""),
    });
    const { plugins, faults } = await load("@acme/steps");
    expect(faults).toEqual([]);
    expect(plugins).toMatchObject([{ origin: { name: "@acme/steps", version: "3.0.0" }, kinds: ["acme/ping"] }]);
  });

  it("that is not installed, or brings TypeScript, says what to do", async () => {
    expect(await fault("@acme/nothing")).toContain("npm install @acme/nothing");
    await write({
      "node_modules/typed/package.json": '{ "name": "typed", "type": "module", "exports": "./main.ts" }',
      "node_modules/typed/main.ts": module(),
    });
    expect(await fault("typed")).toContain("has to bring JavaScript");
  });
});

describe("the digest of step kinds", () => {
  it("is the same where the files are, wherever they lie", async () => {
    await write({ "own/steps.ts": module(), "own/notes.txt": "a", "own/.git/x": "1", "own/node_modules/y": "2" });
    await cp(join(from, "own"), join(from, "elsewhere/own"), { recursive: true });
    await write({ "elsewhere/own/.git/x": "other", "elsewhere/own/node_modules/y": "other" });
    const digests = [];
    for (const named of ["./own", "./elsewhere/own"]) digests.push((await load(named)).plugins[0]?.origin.digest);
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/u);
    expect(digests[1]).toBe(digests[0]);
  });

  it("differs as soon as one of them does, also one that is not loaded", async () => {
    await write({ "own/steps.ts": module(), "own/notes.txt": "a" });
    const { plugins } = await load("./own");
    await write({ "own/notes.txt": "b" });
    expect(await changedPlugins(plugins)).toEqual(["own"]);
    await write({ "own/notes.txt": "a", "own/more.txt": "" });
    expect(await changedPlugins(plugins)).toEqual(["own"]);
    await rm(join(from, "own"), { recursive: true });
    expect(await changedPlugins(plugins)).toEqual(["own"]);
  });
});

describe("step kinds that cannot be loaded", () => {
  it.each([
    ["", "is neither a folder nor a package"],
    ["../../etc passwd", "there is no folder"],
    ["./absent", "there is no folder"],
    ["Own", "is neither a folder nor a package"],
  ])("are found out by the name %j: %s", async (named, why) => {
    expect(await fault(named)).toContain(why);
  });

  it("are no modules by their package.json, as npm init writes it", async () => {
    await write({ "own/package.json": '{ "name": "own", "type": "commonjs" }' });
    expect(await faultOf(`import { z } from "quarterdeck/steps";\nvoid z;\n${module()}`)).toContain(
      'Write "type": "module" into its package.json',
    );
  });

  it("have no entry", async () => {
    await write({ "own/index.ts": module() });
    expect(await fault("./own")).toContain("has no steps.ts and no steps.js");
  });

  it("have a package.json that is none", async () => {
    await write({ "own/steps.ts": module(), "own/package.json": "{" });
    expect(await fault("./own")).toContain("own/package.json is no package.json");
  });

  it.each(["own", "own/steps.ts", "own/lib/data.json"])("could be changed by everybody at %s", async (name) => {
    await write({ "own/steps.ts": `throw new Error("was executed");`, "own/lib/data.json": "{}" });
    await chmod(join(from, name), name === "own" ? 0o777 : 0o666);
    const message = await fault("./own");
    expect(message).toContain(`everybody on this machine may write to ${join(from, name)},`);
    expect(message).toContain(`chmod -R o-w ${join(from, name)}`);
  });

  it("are far too much, also where links lead in circles", async () => {
    await write({ "own/steps.ts": `throw new Error("was executed");` });
    for (const name of ["a", "b"]) await symlink(".", join(from, "own", name));
    expect(await fault("./own")).toContain("has more than 5000 files or 64 MiB");
  });

  it("use a package that everybody could change", async () => {
    await write({
      "own/steps.ts": `import "words";\n${module()}`,
      "node_modules/words/package.json": '{ "name": "words", "type": "module", "exports": "./words.js" }',
      "node_modules/words/words.js": "export const word = 1;\n",
    });
    await chmod(join(from, "node_modules/words/words.js"), 0o666);
    expect(await fault("./own")).toContain("everybody on this machine may write to");
  });

  it.each([
    ["throw new Error('no desk today');", /no desk today \(.*own\/steps\.ts:1\)\. Mend it there/u],
    ["export const steps = [;", /own\/steps\.ts:1\)/u],
    ["enum Colour { Red }\nexport const steps = [];", /write no enum/u],
    ["import './absent.ts';", /absent\.ts.*install the package beside the plug-in/u],
    ["import 'nothing-of-that-name';", /nothing-of-that-name/u],
    ["import './lib';", /Import a file, with its ending/u],
  ])("fail when they are imported: %s", async (text, says) => {
    await write({ "own/lib/x.ts": "" });
    const message = await faultOf(text);
    expect(message).toMatch(/^\.\/own cannot be loaded: /u);
    expect(message).toMatch(says);
  });

  it("never come to the end of their loading", async () => {
    await write({ "own/steps.ts": "await new Promise(() => setInterval(() => undefined, 1000).unref());" });
    const clock = new FakeClock();
    const loading = loadPlugins({ steps: ["./own"], from, clock });
    while (clock.pendingTimers === 0) await settle();
    await clock.advance(30_000);
    expect((await loading).faults).toMatchObject([{ message: expect.stringContaining("not loaded after 30 s") }]);
  });

  it.each(["../secret.ts", "FILE"])("import what lies outside: %s", async (specifier) => {
    await write({ "secret.ts": "export const secret = 1;\n" });
    const named = specifier === "FILE" ? `file://${from}/secret.ts` : specifier;
    const message = await faultOf(`import ${JSON.stringify(named)};\n${module()}`);
    expect(message).toContain(`${join(from, "own/steps.ts")} imports ${JSON.stringify(named)}, which lies outside`);
  });

  it("import the program's own files", async () => {
    const file = new URL("../../../../src/platform/errors.ts", import.meta.url).href;
    expect(await faultOf(`import ${JSON.stringify(file)};\n${module()}`)).toContain("which lies outside");
  });
});

describe("step kinds that are not as they should be", () => {
  it.each([
    ["export const kinds = [];", "it has to export `steps`, a list of functions"],
    ["export const steps = [];", "it has to export `steps`"],
    ["export const steps = [{}];", "it has to export `steps`"],
    ["export default [];", "it exports default"],
    ["export const steps = [() => ({ kind: 'acme/fake' })];", "steps[0]: it makes no step kind"],
    ["export const steps = [() => { throw new Error('not now') }];", "steps[0]: it throws when it is called: not now"],
    [
      module().replace("= () =>", "= (deps: { networkPolicy(): unknown }) => deps.networkPolicy() &&"),
      "steps[0]: it throws when it is called",
    ],
  ])("export something else: %s", async (text, says) => {
    expect(await faultOf(text)).toContain(says);
  });

  it.each([
    ["ping", "a kind is called namespace/name"],
    ["Acme/ping", "a kind is called namespace/name"],
    ["acme/a/b", "a kind is called namespace/name"],
    ["command/ping", '"command" is not a namespace of step kinds'],
    ["argocd/ping", '"argocd" belongs to the kinds of Quarterdeck'],
    ["approval/ping", '"approval" belongs to the kinds of Quarterdeck'],
  ])("are called %s", async (name, says) => {
    expect(await faultOf(module({ name }))).toContain(says);
  });

  it.each([
    ['summary: "says something"', "`summary` is to be one sentence"],
    ["notes: undefined", "it has no `notes`"],
    ['notes: { failures: {}, example: "uses: acme/other\\n" }', 'with the line "uses: acme/ping"'],
    ['notes: { ...notes, failures: { Refused: { retry: "never", meaning: "x" } } }', "notes.failures.Refused"],
    ["notes: { ...notes, remarks: [] }", "remarks"],
    ["input: z.strictObject({ at: z.date() })", "`input` describes what JSON cannot carry"],
    ["output: z.strictObject({ at: z.bigint() })", "`output` describes what JSON cannot carry"],
    ["input: z.string()", "`input` has to be an object"],
    ["output: undefined", "`output` is no schema made with `z`"],
    ['stopWith: "argocd/terminat"', 'Did you mean "argocd/terminate"?'],
    ['stopWith: "argocd/wait"', 'stopWith: there is no action "argocd/wait"'],
  ])("say %s", async (more, says) => {
    const message = await faultOf(module({ more }));
    expect(message).toContain("own: acme/ping: ");
    expect(message).toContain(says);
  });

  it("have a name that another one has", async () => {
    await write({ "own/steps.ts": module(), "other/steps.ts": module() });
    expect(await fault("./own", "./other")).toBe(
      "other: acme/ping: own has a kind of that name. Each needs a name of its own",
    );
    await write({ "twice/steps.ts": `${module({ name: "acme/pong" })}steps.push(ping);\n` });
    expect(await fault("./twice")).toContain("acme/pong: it is made twice");
  });

  it("are named twice, or have the name of others", async () => {
    await write({ "own/steps.ts": module(), "b/own/steps.ts": module({ name: "acme/pong" }) });
    expect(await load("./own", "./own")).toMatchObject({
      faults: [{ index: 1, message: "./own is the same as ./own. Name it once" }, { index: 1 }],
    });
    expect(await fault("./own", "./b/own")).toContain('./b/own has the name of ./own, "own"');
  });

  it("are all said at once, each at its own place", async () => {
    await write({ "own/steps.ts": module({ more: 'notes: undefined, summary: "x"' }), "good/steps.ts": module() });
    const { plugins, faults } = await load("./absent", "./own", "./good");
    expect(faults.map(({ index, message }) => [index, message.split(":")[0]])).toEqual([
      [0, expect.stringContaining("there is no folder")],
      [1, "own"],
      [1, "own"],
      [2, "good"],
    ]);
    expect(plugins).toEqual([]);
  });
});

describe("step kinds that were loaded", () => {
  it("are checked as ours are: what they are given and what they put out has to fit, and it is known where they are from", async () => {
    const run = "run: async () => ({ status: 'succeeded', output: { found: 1 } as never })";
    await write({ "own/steps.ts": module({ more: run }) });
    const { plugins } = await load("./own");
    const [kind] = plugins.flatMap(({ make }) => make(idleDeps()));
    if (kind === undefined) throw new Error("no kind");
    const bench = new StepBench(kind);
    expect((await bench.failure({})).message).toContain("found");
    expect((await bench.failure({ absent: 1 })).message).toContain("absent");
    expect(kind.origin).toEqual(plugins[0]?.origin);
  });
});

describe("the example of the documentation", () => {
  it("is loaded as it stands there", async () => {
    const folder = new URL("../../../../docs/examples/acme-steps", import.meta.url).pathname;
    const { plugins, faults } = await load(folder);
    expect(faults).toEqual([]);
    expect(plugins[0]?.kinds).toEqual(["acme/ticket", "acme/ticket-closed"]);
    expect(await readFile(join(folder, "steps.ts"), "utf8")).not.toContain("../");
  });
});
