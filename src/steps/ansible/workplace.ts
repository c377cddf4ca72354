import { chmod, mkdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { Artifact } from "../../domain/artifact.ts";
import type { ActionContext } from "../../engine/step-kind.ts";
import { unpackArchive } from "../../programs/unpack-archive.ts";
import type { JsonMap } from "../../platform/canonical-json.ts";
import { AppError } from "../../platform/errors.ts";
import { emptyFolder } from "../../programs/empty-folder.ts";
import { allowedDirectory, isBelow } from "../tools/allowed-directory.ts";
import type { Directory, GivenInventory, PlaybookInput } from "./ansible-input.ts";
import type { AnsibleSettings } from "./ansible-settings.ts";
import { literalYaml } from "./literal-yaml.ts";
import type { Rest } from "./play-record.ts";

/** A play that is ready to be begun: its arguments and environment, in which no secret stands, only where each is. */
export interface ReadyPlay {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Wanted {
  readonly folder: string;
  readonly input: PlaybookInput;
  /** What came out of Git; undefined for a directory of this machine. */
  readonly source: Artifact | undefined;
  readonly rest: Rest;
}

/** Lays everything out in an empty work folder. Throws `ansible.path`, and what reading and unpacking the folder from Git throws. */
export async function layOut(
  settings: AnsibleSettings | undefined,
  { artifacts }: Pick<ActionContext, "artifacts">,
  { folder, input, source, rest }: Wanted,
): Promise<ReadyPlay> {
  await emptyFolder(folder);
  await chmod(folder, 0o700);
  const cwd = await placeOf(input.directory, { folder, source, artifacts, settings });
  const files = new PrivateFiles(folder);
  const { inventory } = input;
  const args = [
    "--inventory",
    typeof inventory === "string"
      ? await insideOf(cwd, inventory)
      : await files.write("inventory.yaml", literalYaml(inventoryOf(inventory))),
    "--extra-vars",
    `@${await files.write("variables.yaml", literalYaml(variablesOf(input)))}`,
    ...(await limitArguments(files, input, rest)),
    ...(input.tags === undefined ? [] : ["--tags", input.tags.join(",")]),
    ...(input.forks === undefined ? [] : ["--forks", String(input.forks)]),
    ...(input.become === true ? ["--become"] : []),
    ...(input.check === true ? ["--check", "--diff"] : []),
    await insideOf(cwd, input.playbook),
  ];
  return { cwd, args, env: await environmentOf(files, input, rest) };
}

class PrivateFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A file that only this user can read. */
  async write(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content, { mode: 0o600, flag: "wx" });
    return path;
  }

  async makeFolder(name: string): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(path, { mode: 0o700 });
    return path;
  }
}

async function limitArguments(
  files: PrivateFiles,
  { limit }: PlaybookInput,
  { hosts }: Rest,
): Promise<readonly string[]> {
  // What is left has the limit of the step in it already.
  if (hosts !== undefined) return ["--limit", `@${await files.write("left", `${hosts.join("\n")}\n`)}`];
  return limit === undefined ? [] : ["--limit", limit];
}

const PLUG_IN = new URL("quarterdeck_events.py", import.meta.url);

async function environmentOf(
  files: PrivateFiles,
  input: PlaybookInput,
  { owed }: Rest,
): Promise<Readonly<Record<string, string>>> {
  const plugIns = await files.makeFolder("plug-ins");
  await files.write(join("plug-ins", "quarterdeck_events.py"), await readFile(PLUG_IN, "utf8"));
  await files.write(join("plug-ins", "owed.json"), JSON.stringify(input.check === true ? [] : owed));
  const home = await files.makeFolder("home");
  const { "vault-secret": vault, "ssh-key": key, "known-hosts": known } = input;
  return {
    HOME: home,
    LC_ALL: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
    ANSIBLE_HOME: join(home, ".ansible"),
    ANSIBLE_LOCAL_TEMP: join(home, "tmp"),
    ANSIBLE_CALLBACK_PLUGINS: plugIns,
    ANSIBLE_STDOUT_CALLBACK: "quarterdeck_events",
    ANSIBLE_FORCE_HANDLERS: "True",
    ANSIBLE_HOST_KEY_CHECKING: "True",
    ANSIBLE_INVENTORY_UNPARSED_FAILED: "True",
    ANSIBLE_RETRY_FILES_ENABLED: "False",
    ANSIBLE_NOCOLOR: "True",
    ...connectionSharing(home),
    ...(typeof input.inventory === "string" ? {} : { ANSIBLE_INVENTORY_ENABLED: "yaml" }),
    ...(vault !== undefined && { ANSIBLE_VAULT_PASSWORD_FILE: await files.write("vault-secret", lastLineOf(vault)) }),
    ...(key !== undefined && { ANSIBLE_PRIVATE_KEY_FILE: await files.write("ssh-key", lastLineOf(key)) }),
    ...(known !== undefined && {
      ANSIBLE_SSH_EXTRA_ARGS: `-o "UserKnownHostsFile=${await files.write("known-hosts", lastLineOf(known))}"`,
    }),
  };
}

/** With its line end, without which a key is refused. */
function lastLineOf(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

// The path of a socket takes 104 bytes, and ssh adds a name of 10 and an ending of 17 to the folder.
const LONGEST_SOCKET_FOLDER = 104 - 30;

function connectionSharing(home: string): Readonly<Record<string, string>> {
  const folder = join(home, "cp");
  if (folder.length <= LONGEST_SOCKET_FOLDER) return { ANSIBLE_SSH_CONTROL_PATH_DIR: folder };
  return { ANSIBLE_SSH_ARGS: "-C -o ControlMaster=no" };
}

function variablesOf({ variables = {}, "secret-variables": secrets = {} }: PlaybookInput): JsonMap {
  // Extra variables come before what an inventory says: the keys of hosts are checked whatever that is.
  return { ...variables, ...secrets, ansible_host_key_checking: true, ansible_ssh_host_key_checking: true };
}

function inventoryOf({ hosts, groups = {} }: GivenInventory): JsonMap {
  const children = Object.entries(groups).map(([name, { hosts: members = [], vars = {} }]) => [
    name,
    { hosts: named(members), vars },
  ]);
  return { all: { hosts: Array.isArray(hosts) ? named(hosts) : hosts, children: Object.fromEntries(children) } };
}

function named(names: readonly string[]): JsonMap {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

interface Place {
  readonly folder: string;
  readonly source: Artifact | undefined;
  readonly artifacts: Pick<ActionContext["artifacts"], "read">;
  readonly settings: AnsibleSettings | undefined;
}

async function placeOf(directory: Directory, { folder, source, artifacts, settings }: Place): Promise<string> {
  if ("local" in directory) {
    const [path, roots] = [directory.local, settings?.roots ?? []];
    return await allowedDirectory({ path, roots, variable: "QUARTERDECK_ANSIBLE_ROOTS", code: "ansible.path" });
  }
  if (source === undefined) throw new TypeError("the folder from Git did not come with the job");
  const root = join(folder, "source");
  await mkdir(root, { mode: 0o700 });
  await unpackArchive(await artifacts.read(source), root);
  return await realpath(root);
}

async function insideOf(cwd: string, path: string): Promise<string> {
  const real = await realpath(resolve(cwd, path)).catch(() => undefined);
  if (real !== undefined && isBelow(real, cwd) && (await stat(real)).size >= 0) return real;
  throw new AppError(`There is no ${JSON.stringify(path)} in the directory of the playbook`, { code: "ansible.path" });
}
