import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { DemoGit } from "../../src/demo/demo-git.ts";
import { openParts } from "../../src/demo/open-parts.ts";
import { defineWorldPart, type Opened, type PartContext, type WorldPart } from "../../src/demo/world-part.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { runGit } from "../../src/simulator/git-program.ts";
import { systemRandom } from "../../src/platform/ids.ts";

function part(name: string, given: Omit<Opened<string>, "thing"> = {}, needs: readonly WorldPart[] = []) {
  return defineWorldPart({ name, needs, open: () => Promise.resolve({ thing: `the ${name}`, ...given }) });
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-parts-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function context(): Promise<PartContext> {
  const folder = await temporaryFolder();
  const resources = new AsyncDisposableStack();
  onTestFinished(() => resources.disposeAsync());
  const git = resources.use(await DemoGit.open({ clock: systemClock, folder }));
  return { clock: systemClock, random: systemRandom, speed: 1, folder, git, world: { parts: {} }, resources };
}

it("opens each part once, after what it needs, in a folder of its own", async () => {
  const seen: string[] = [];
  const base = part("base");
  const shop = defineWorldPart({
    name: "shop",
    needs: [base],
    open: ({ world, folder: own }) => {
      seen.push(base.of(world), own);
      return Promise.resolve({ thing: 1 });
    },
  });
  const given = { ...(await context()), folder: await temporaryFolder() };
  await openParts([shop, base, shop], given);
  expect(seen).toEqual(["the base", join(given.folder, "shop")]);
  expect((await readdir(given.folder)).toSorted()).toEqual(["base", "shop"]);
  expect(shop.of(given.world)).toBe(1);
});

it("knows a part only of the world that it was opened for", async () => {
  const shop = part("shop");
  await openParts([shop], await context());
  expect(() => shop.of({ parts: {} })).toThrow("This world has no shop.");
});

it("puts together what all parts add, and refuses two that contradict one another", async () => {
  const one = part("one", { environment: { TOKEN: "1" }, configuration: { secrets: ["TOKEN"] } });
  const two = part("two", { environment: { OTHER: "2" }, configuration: { services: [{ name: "fleet" }] } });
  const opened = await openParts([one, two], await context());
  expect(opened.environment).toEqual({ TOKEN: "1", OTHER: "2" });
  expect(opened.configuration).toMatchObject({ secrets: ["TOKEN"], services: [{ name: "fleet" }], environments: [] });
  const three = part("three", { environment: { TOKEN: "3" } });
  await expect(openParts([one, three], await context())).rejects.toThrow("Two parts of this world give a TOKEN.");
});

it("has further repositories on its Git server for the parts that want them", async () => {
  const { git } = await context();
  const { repository, url } = await git.create("infra");
  const author = { name: "Ana", email: "ana@example.com" };
  const sha = await repository.commit({ author, message: "Begin", files: { "main.tf": "" } });
  expect(await runGit(["ls-remote", url, "main"])).toBe(`${sha}\trefs/heads/main\n`);
  expect(Object.keys(git.byAddress())).toEqual([git.deploy.url, url]);
});
