import { chmod, mkdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

import { z } from "zod";

import type { Artifact } from "../../domain/artifact.ts";
import type { Artifacts } from "../../engine/artifacts.ts";
import type { StepContext } from "../../engine/step-kind.ts";
import { unpackArchive } from "../../programs/unpack-archive.ts";
import { AppError } from "../../platform/errors.ts";
import { emptyFolder } from "../../programs/empty-folder.ts";
import { allowedDirectory, isBelow } from "../tools/allowed-directory.ts";
import type { RunLog } from "../tools/run-log.ts";
import type { TerraformDeps } from "./terraform-deps.ts";
import { isInside } from "./terraform-input.ts";

/** Where a step of this family works, laid out in its work folder. */
export interface Workbench {
  /** The work folder itself, of which nothing is left when the step has ended. */
  readonly folder: string;
  /** Where the configuration stands. */
  readonly cwd: string;
  /** Below which everything lies that belongs to the configuration. */
  readonly root: string;
  readonly isFromGit: boolean;
}

interface Layout {
  readonly folder: string;
  readonly place: Place;
  readonly artifacts: Pick<Artifacts, "read">;
}

/** Where a configuration stands, for whoever executes the step: a folder from Git and the way in it, or a directory of the machine. */
export type Place =
  | { readonly kind: "git"; readonly source: Artifact; readonly path: string }
  | { readonly kind: "local"; readonly path: string };

/** The configuration's own way below the folder that is taken along. Throws `terraform.path` where it lies beside it. */
export function pathInRoot(path: string, root: string): string {
  const way = relative(root, path);
  if (way === "" || isInside(way)) return way;
  throw new AppError(`The configuration ${JSON.stringify(path)} is not below its root ${JSON.stringify(root)}`, {
    code: "terraform.path",
  });
}

interface Wanted {
  /** Of the work folder. */
  readonly name: string;
  readonly place: Place;
  readonly log: RunLog;
}

/** Lets `work` have a work folder that is empty but for the configuration; nothing is left of it afterwards but the log. */
export async function withWorkbench<Value>(
  deps: Pick<TerraformDeps, "folders" | "terraform">,
  { signal, artifacts }: Pick<StepContext, "signal" | "artifacts">,
  { name, place, log }: Wanted,
  work: (bench: Workbench) => Promise<Value>,
): Promise<Value> {
  return await deps.folders.use({ name, signal }, async (folder) => {
    try {
      return await work(await layOut(deps, { folder, place, artifacts }));
    } finally {
      await emptyFolder(folder);
      // That a log could not be kept changes nothing of what was done.
      await log.put(artifacts).catch(() => undefined);
    }
  });
}

async function layOut({ terraform }: Pick<TerraformDeps, "terraform">, wanted: Layout): Promise<Workbench> {
  const { folder, place, artifacts } = wanted;
  await emptyFolder(folder);
  await chmod(folder, 0o700);
  await mkdir(join(folder, "data"), { mode: 0o700 });
  if (place.kind === "local") {
    const cwd = await allowedDirectory({
      path: place.path,
      roots: terraform?.roots ?? [],
      variable: "QUARTERDECK_TERRAFORM_ROOTS",
      code: "terraform.path",
    });
    return { folder, cwd, root: cwd, isFromGit: false };
  }
  const root = join(folder, "source");
  await mkdir(root, { mode: 0o700 });
  await unpackArchive(await artifacts.read(place.source), root);
  const cwd = await realpath(join(root, place.path)).catch(() => undefined);
  if (cwd !== undefined && isBelow(cwd, await realpath(root)) && (await stat(cwd)).isDirectory()) {
    return { folder, cwd, root: await realpath(root), isFromGit: true };
  }
  throw new AppError(`There is no folder ${JSON.stringify(place.path)} in what was taken from Git`, {
    code: "terraform.path",
  });
}

/** Writes a file that only this user can read, and says where. */
export async function writePrivate(path: string, content: string | Uint8Array): Promise<string> {
  await writeFile(path, content, { mode: 0o600, flag: "wx" });
  return path;
}

/** The absolute path of a file that belongs to the configuration. Throws `terraform.path` for one that lies elsewhere, also by a link. */
export async function fileOf({ cwd, root }: Workbench, path: string): Promise<string> {
  const real = isInside(path) ? await realpath(resolve(cwd, path)).catch(() => undefined) : undefined;
  if (real !== undefined && isBelow(real, root) && (await stat(real)).isFile()) return real;
  throw new AppError(`There is no file ${JSON.stringify(path)} in the directory of the configuration`, {
    code: "terraform.path",
  });
}

/** Whether providers had to be installed, whose versions a lock file would fix. */
export async function hasProviders({ folder }: Workbench): Promise<boolean> {
  return (await stat(join(folder, "data", "providers")).catch(() => undefined)) !== undefined;
}

/** The lock file of the configuration, with the exact versions of its providers; undefined where it has none. */
export async function readLockFile({ cwd }: Workbench): Promise<string | undefined> {
  return await readFile(join(cwd, LOCK_FILE), "utf8").catch(() => undefined);
}

export const LOCK_FILE = ".terraform.lock.hcl";

const BackendFile = z.looseObject({
  backend: z.looseObject({ type: z.string(), config: z.looseObject({ path: z.string().nullish() }).nullish() }),
});

/** Whether the state would lie in the work folder, and be lost with it. */
export async function isStateLost({ folder, cwd, isFromGit }: Workbench): Promise<boolean> {
  if (!isFromGit) return false;
  const text = await readFile(join(folder, "data", "terraform.tfstate"), "utf8").catch(() => undefined);
  if (text === undefined) return true;
  const file = BackendFile.parse(JSON.parse(text));
  if (file.backend.type !== "local") return false;
  const path = file.backend.config?.path ?? "terraform.tfstate";
  return isBelow(resolve(cwd, path), await realpath(folder));
}
