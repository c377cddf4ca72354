import { copyFile, chmod, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { ActionContext } from "../../engine/step-kind.ts";
import { tryJson } from "../../platform/try-json.ts";
import { environmentOf, type NotDone, type Session } from "./initialise.ts";
import { readTerraform } from "./terraform-call.ts";
import { earlyArguments } from "./variable-files.ts";

const FILE = "errored.tfstate";

// OpenTofu encrypts the file as it encrypts the state, and its `state push` takes no encrypted one (1.9 to 1.12).
const Encrypted = z.looseObject({ encrypted_data: z.string() });
const DECRYPT =
  'It is encrypted: put it as terraform.tfstate into a copy of the configuration that has backend "local" {} for its own, and bring ' +
  'there what "tofu state pull" says in that copy,';

/**
 * A state that its backend did not take is written beside the configuration, and knows of resources that nothing else knows of. It
 * is brought to the backend once more; where that fails it is kept, and the step says where. Undefined where there is none, or not
 * any more.
 */
export async function unsavedState(session: Session, context: ActionContext): Promise<NotDone | undefined> {
  const { bench, program } = session;
  const file = join(bench.cwd, FILE);
  if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
  if (await push(session, file)) {
    await rm(file);
    return undefined;
  }
  const isEncrypted = Encrypted.safeParse(tryJson(await readFile(file, "utf8"))).success;
  const kept = await keep(session, file, context);
  const message =
    `What was applied could not be written to the state: its backend does not take it. It is kept as ${kept} on the machine that ` +
    `executed the step. ${isEncrypted ? DECRYPT : "Bring it there"} with "${program} state push" before anything is planned again, ` +
    "or resources are made twice";
  return { status: "failed", failure: { code: "terraform.state-unsaved", message, retry: "never", details: { kept } } };
}

async function push(session: Session, file: string): Promise<boolean> {
  const { deps, program, bench } = session;
  // Not the signal of the step, which may have been told to stop: this is what saves what it has done.
  const { signal } = new AbortController();
  const args = ["state", "push", "-no-color", ...earlyArguments(session), file];
  const end = await readTerraform(deps.programs, {
    program,
    args,
    cwd: bench.cwd,
    env: environmentOf(session),
    signal,
  });
  return end.exitCode === 0;
}

/** Puts it where the end of the step does not reach, and into the store as well, unless that is away too. */
async function keep({ bench }: Session, file: string, { artifacts, effect }: ActionContext): Promise<string> {
  const content = await readFile(file);
  await artifacts
    .put({ name: FILE, mediaType: "application/octet-stream", sealed: true, content })
    .catch(() => undefined);
  // In a directory of the machine's own it is where people look for it.
  if (!bench.isFromGit) return file;
  const kept = `${bench.folder}.attempt-${effect.attempt}.tfstate`;
  await copyFile(file, kept);
  await chmod(kept, 0o600);
  return kept;
}
