import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { SERVER_FLAGS } from "../../src/demo/server-process.ts";
import { ROOT, tryGitLines } from "../support/tracked-files.ts";

const Manifest = z.looseObject({
  scripts: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
  overrides: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()),
});
const Lock = z.looseObject({ packages: z.record(z.string(), z.looseObject({ resolved: z.string().optional() })) });

const tracked = tryGitLines("ls-files") ?? [];
const isClone = tracked.length > 0;
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const manifest = Manifest.parse(JSON.parse(read("package.json")));

/** Recordings and pictures hold what they hold. */
const isOurs = (file: string): boolean => !/^test\/fixtures\/|\.(?:png|jpe?g|ico)$/u.test(file);

// Skipped, and counted as skipped, in a copy that is no clone.
describe.skipIf(!isClone)("what is in the repository", () => {
  it("speaks of no machine: no path of somebody's home or checkout, no registry of one's own", () => {
    const machine = /(?:^|[\s"'`(=:])\/(?:root|home|Users|work|mnt|private\/var)\/[\w.-]/u;
    const registry = /^\s*(?:@[\w-]+:)?registry\s*=|"resolved":/mu;
    const found = tracked.filter(isOurs).filter((file) => {
      const text = read(file);
      return machine.test(text) || (/(?:^|\/)(?:\.npmrc|package-lock\.json)$/u.test(file) && registry.test(text));
    });
    expect(found).toEqual([]);
  });

  it("can be started where it is meant to be", () => {
    const programs = [".ci/run", ...Object.values(manifest.bin)];
    expect(programs.filter((file) => (statSync(join(ROOT, file)).mode & 0o111) === 0)).toEqual([]);
    const modes = new Map((tryGitLines("ls-files", "--stage") ?? []).map((line) => [line.split("\t")[1], line]));
    expect(programs.filter((file) => modes.get(file)?.startsWith("100755 ") !== true)).toEqual([]);
  });

  it("holds nothing that Git is told to ignore", () => {
    expect(tryGitLines("ls-files", "--cached", "--ignored", "--exclude-standard")).toEqual([]);
  });
});

describe("package.json", () => {
  it("starts a server as its tests and the unit of systemd do", () => {
    const flags = SERVER_FLAGS.join(" ");
    expect(manifest.scripts["start"]).toBe(`node ${flags} --env-file-if-exists=.env src/launch.js serve`);
    expect(read("docs/operating.md")).toContain(`/node ${flags} src/launch.js serve\n`);
  });

  it("pins every package to one version", () => {
    const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
    const wanted = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies, ...overrides });
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/u.test(version))).toEqual([]);
  });

  it("goes with a lock file that any registry can serve", () => {
    const { packages } = Lock.parse(JSON.parse(read("package-lock.json")));
    expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it("names scripts whose files are there", () => {
    const files = Object.values(manifest.scripts).flatMap((script) => script.match(/\b(?:src|test)\/[\w./-]+/gu) ?? []);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

const documents = [
  "README.md",
  "CHANGELOG.md",
  "src/README.md",
  "docs/set-up.md",
  "docs/configuration.md",
  "docs/operating.md",
  "docs/messages.md",
  "docs/commands.md",
  "docs/workers.md",
  "docs/step-kinds.md",
  "docs/http.md",
  "docs/audit.md",
];

describe.each(documents)("%s", (document) => {
  const text = read(document);

  it("names npm scripts that exist", () => {
    const scripts = Array.from(text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/gu), ([, run, own]) => run ?? own);
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name ?? ""))).toEqual([]);
  });

  it("names roles of the program that exist", () => {
    const usage = read("src/cli.ts");
    const roles = Array.from(text.matchAll(/\bnpx quarterdeck ([a-z]+)/gu), ([, role]) => role ?? "");
    expect(roles.filter((role) => !usage.includes(`\n  ${role} `))).toEqual([]);
  });

  it("links to files that are there", () => {
    const links = Array.from(text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/gu), ([, link]) => link ?? "");
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(document), link)))).toEqual([]);
  });
});
