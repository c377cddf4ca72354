import { access, constants, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { errorText } from "../platform/errors.ts";
import { type Finding, Subject } from "./finding.ts";

export interface DataFolderQuestion {
  readonly folder: string;
  /** The server that has the folder, in words; undefined when none has. */
  readonly server: string | undefined;
}

const LOW_BYTES = 2_000_000_000;
const TOO_LOW_BYTES = 200_000_000;

/** Whether the data folder can be written, is its owner's alone and has room. Leaves nothing in it, whether or not a server runs. */
export async function dataFolder({ folder, server }: DataFolderQuestion): Promise<readonly Finding[]> {
  const about = new Subject("data", folder);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return [await missing(about, folder)];
  if (!found.isDirectory()) {
    const mend = "name a folder with QUARTERDECK_DATA";
    return [about.problem({ what: "it is no folder", why: "the log has no place", mend })];
  }
  const held = about.ok(server === undefined ? "no server is running on it" : `a server runs on it: ${server}`);
  return [await writable(about, folder), ...modeFindings(about, found.mode), await room(about, folder), held];
}

async function missing(about: Subject, folder: string): Promise<Finding> {
  const parent = dirname(resolve(folder));
  const isPossible = await access(parent, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (isPossible) return about.ok("it is not there yet; the first start makes it");
  const mend = `make it, owned by the user that runs Quarterdeck, or name another one with QUARTERDECK_DATA`;
  return about.problem({ what: `it is not there, and cannot be made in ${parent}`, why: "the log has no place", mend });
}

async function writable(about: Subject, folder: string): Promise<Finding> {
  const file = join(folder, `.doctor-${process.pid}`);
  try {
    await writeFile(file, "", { flag: "wx", mode: 0o600 });
    return about.ok("it can be written");
  } catch (error) {
    const mend = "give it to the user that runs Quarterdeck, or mend the disk";
    return about.problem({
      what: `it cannot be written (${errorText(error)})`,
      why: "nothing can be recorded, so nothing is done",
      mend,
    });
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

function modeFindings(about: Subject, mode: number): readonly Finding[] {
  if ((mode & 0o077) === 0) return [];
  const why = "the log and the names of people are in it";
  return [about.warning({ what: "others may look into it", why, mend: "run: chmod 700 on it" })];
}

async function room(about: Subject, folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const bytes = bavail * bsize;
  const what = `${(bytes / 1_000_000_000).toFixed(1)} GB are free on its disk`;
  const why = "with a full disk nothing can be recorded, so nothing is done";
  const mend = "make room; mirrors of repositories in `git` inside it may be deleted while the server is stopped";
  if (bytes < TOO_LOW_BYTES) return about.problem({ what, why, mend });
  return bytes < LOW_BYTES ? about.warning({ what, why, mend }) : about.ok(what);
}

export interface SecretQuestion {
  readonly folder: string;
  /** `QUARTERDECK_SECRET`. */
  readonly configured: string | undefined;
  /** Workers elsewhere have to have the same secret. */
  readonly hasWorkers: boolean;
}

const SHORTEST = 32;

/** Whether the secret of this installation is long enough and its owner's alone. */
export async function instanceSecret({ folder, configured, hasWorkers }: SecretQuestion): Promise<readonly Finding[]> {
  const about = new Subject("data", "QUARTERDECK_SECRET");
  const why = "jobs and links are signed with it";
  if (configured !== undefined) {
    const isShort = configured.split(/\s+/u).some((secret) => secret !== "" && secret.length < SHORTEST);
    if (!isShort) return [about.ok("it is set")];
    const what = `it is shorter than ${SHORTEST} characters`;
    return [about.problem({ what, why, mend: "make one with: openssl rand -base64 32" })];
  }
  const file = join(folder, "secret");
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && (found.mode & 0o077) !== 0) {
    const what = `the secret in ${file} can be read by others`;
    return [about.problem({ what, why, mend: `run: chmod 600 ${file}` })];
  }
  if (hasWorkers) {
    const what = "it is not set, and workers cannot read the one in the data folder";
    const mend = "set the same QUARTERDECK_SECRET for the server and all workers";
    return [about.problem({ what, why: "a worker takes no job whose signature it cannot check", mend })];
  }
  return [about.ok(found === undefined ? "the first start makes one in the data folder" : `it is in ${file}`)];
}
