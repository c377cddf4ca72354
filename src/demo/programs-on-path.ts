import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { playFailure } from "./finding.ts";
import { STAND_INS } from "./stand-ins/run-stand-in.ts";

/** Programs that the commands of a world run. */
export type ProgramName = "terraform" | "ansible-playbook" | "trivy" | "cosign";

export interface WantedPrograms {
  readonly names: readonly ProgramName[];
  /** An empty folder for those that are played. */
  readonly folder: string;
  readonly path: string;
  /** Whether also those are played that are installed. */
  readonly isPlayed: boolean;
}

export interface ProgramsOnPath {
  /** For the server and its workers. */
  readonly environment: Readonly<Record<string, string>>;
  /** One for each program: whether it is the real one, and which version. */
  readonly lines: readonly string[];
}

/** Puts a stand-in on the path for each program that is not installed. */
export async function putOnPath({ names, folder, path, isPlayed }: WantedPrograms): Promise<ProgramsOnPath> {
  if (names.length === 0) return { environment: {}, lines: [] };
  await mkdir(folder, { recursive: true });
  const lines = await Promise.all([...new Set(names)].map((name) => putOne(name, { folder, path, isPlayed })));
  return { environment: { PATH: `${folder}${delimiter}${path}` }, lines };
}

async function putOne(name: ProgramName, { folder, path, isPlayed }: Omit<WantedPrograms, "names">): Promise<string> {
  const file = isPlayed ? undefined : await tryFind(name, path);
  if (file !== undefined) return `${name}: the real one, ${await versionOf(name, file)}`;
  const other = IN_PLACE[name];
  const otherFile = isPlayed || other === undefined ? undefined : await tryFind(other, path);
  if (other !== undefined && otherFile !== undefined) {
    await symlink(otherFile, join(folder, name));
    return `${name}: ${other} in its place, ${await versionOf(name, otherFile)}`;
  }
  await writeStandIn(name, folder);
  return `${name}: a stand-in, ${isPlayed ? "as was asked for" : "as it is not installed"}`;
}

// What does the same with what the demo has.
const IN_PLACE: Readonly<Partial<Record<ProgramName, string>>> = { terraform: "tofu" };

async function tryFind(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter((each) => each !== "")) {
    const file = join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}

const VERSION_ARGUMENTS: Readonly<Record<ProgramName, readonly string[]>> = {
  terraform: ["version"],
  "ansible-playbook": ["--version"],
  trivy: ["--version"],
  cosign: ["version"],
};

async function versionOf(name: ProgramName, file: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, VERSION_ARGUMENTS[name], { timeout: 20_000 });
    return /\d+\.\d+[\w.-]*/u.exec(stdout)?.[0] ?? "of a version that it does not say";
  } catch {
    return "which does not say its version";
  }
}

const ENTRY = new URL("stand-ins/run-stand-in.ts", import.meta.url);

/** The folder of a server's own programs has no Node in it that is sure to be found, so each names its own. */
async function writeStandIn(name: ProgramName, folder: string): Promise<void> {
  if (!STAND_INS.some((known) => known.name === name)) {
    throw playFailure(`There is no ${name} here, and nothing that can stand in for it. Install it.`);
  }
  const module = join(folder, `.${name}.mjs`);
  const text = `import { runStandIn } from ${JSON.stringify(ENTRY.href)};\nawait runStandIn(${JSON.stringify(name)}, process);\n`;
  await writeFile(module, text);
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(module)} "$@"\n`;
  await writeFile(join(folder, name), script, { mode: 0o755 });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
