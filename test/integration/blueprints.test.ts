import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { loadFiles } from "../../src/app/load-files.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import { BLUEPRINTS } from "../../src/demo/blueprint-list.ts";
import { type DemoWorld, openDemoWorld } from "../../src/demo/demo-world.ts";
import { PLAYS } from "../../src/demo/play-list.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { SecretMask } from "../../src/platform/masking.ts";

const root = (path: string): string => new URL(`../../${path}`, import.meta.url).pathname;

/** The world of the demo for people, which has all of them. */
async function everything(): Promise<DemoWorld> {
  const own = { clock: systemClock, random: systemRandom, surroundings: process.env };
  const world = await openDemoWorld({ ...own, blueprints: BLUEPRINTS });
  onTestFinished(() => world[Symbol.asyncDispose]());
  return world;
}

describe("the blueprints", () => {
  it("are commands of the demo without a mistake, all of them beside one another", async () => {
    const world = await everything();
    const environment = readEnvironment(new SecretMask(), world.environment);
    const { commands } = await loadFiles(environment);
    expect(commands.diagnostics).toEqual([]);
    const ids = commands.commands.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(BLUEPRINTS.flatMap(({ name, files = [name] }) => files)));
  });

  it("reach nothing but this machine from the demo", async () => {
    const { environment } = await everything();
    const folder = environment["QUARTERDECK_COMMANDS"] ?? "";
    for (const name of BLUEPRINTS.flatMap((blueprint) => blueprint.files ?? [blueprint.name])) {
      const text = await readFile(join(folder, `${name}.yaml`), "utf8");
      expect([name, text.match(/[\w.-]*example\.(?:com|org)[^\s"]*/gu)]).toEqual([name, null]);
    }
  });

  it("have a page each that the list of them leads to, and a play", async () => {
    const files = (await readdir(root("blueprints"))).map((name) => name.replace(/\.yaml$/u, ""));
    const index = await readFile(root("docs/blueprints/index.md"), "utf8");
    expect(files.toSorted()).toEqual(BLUEPRINTS.flatMap(({ name, files: own = [name] }) => own).toSorted());
    for (const { name } of BLUEPRINTS) {
      expect(index).toContain(`[${name}](${name}.md)`);
      expect(await readFile(root(`docs/blueprints/${name}.md`), "utf8")).toContain(`npm run demo -- --play ${name}`);
      expect(PLAYS.map((play) => play.name)).toContain(name);
    }
  });
});
