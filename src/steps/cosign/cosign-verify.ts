import { mkdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import type { ExportFolder } from "../../engine/folder-export.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { unpackArchive } from "../../programs/unpack-archive.ts";
import { AppError } from "../../platform/errors.ts";
import { CheckResult } from "../image/check-result.ts";
import { folderOf, GitFile } from "../image/git-folder.ts";
import {
  type ImageByDigest,
  ImageDigest,
  ImageText,
  parseImageByDigest,
  referenceByDigest,
  shortReference,
} from "../image/image-reference.ts";
import { withOwnFolder } from "../image/own-folder.ts";
import { accessSecrets, layOutAccess, RegistryAccess } from "../image/registry-access.ts";
import { callTool } from "../image/tool-call.ts";
import { chosenTool, ToolChoice, type ToolDeps } from "../image/tool-choice.ts";
import { RunLog } from "../tools/run-log.ts";
import { durationInput } from "../timing/duration-input.ts";
import { repositoryFaults, textFaults } from "../written-faults.ts";
import { passing, WantedAttestation, predicateType } from "./attestation-check.ts";
import { cosignFailure } from "./cosign-failure.ts";
import { COSIGN, COSIGN_NOTES } from "./cosign-notes.ts";
import { parseAttestations, parseSignatures, type Signature, signaturesOf } from "./cosign-output.ts";
import { type Signer, SIGNER_INPUT, signerArguments, signerOf, signerText } from "./signer.ts";

const Input = z.strictObject({
  image: ImageText.meta({ description: "`registry/repository@sha256:…`; a tag alone is refused" }),
  ...SIGNER_INPUT,
  attestations: z
    .array(WantedAttestation)
    .max(20)
    .optional()
    .meta({ description: "What must have been asserted of the image, signed by the same" }),
  "trusted-root": GitFile.optional().meta({
    description: "The trusted root of Sigstore as a file in Git, instead of fetching it",
  }),
  "insecure-ignore-tlog": z.boolean().optional().meta({
    description: "Does not ask for an entry in the transparency log; only with a key",
  }),
  "give-up-after": durationInput({ leastMs: 1000, mostMs: 3_600_000 })
    .optional()
    .meta({ description: "How long each verification may take; 3m unless said" }),
  registry: RegistryAccess.optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** The image that is signed, by its digest. */
  image: z.string(),
  digest: ImageDigest,
  /** Who signed, as it was asserted: the digest of the key, or what the certificate says and who vouched for it. */
  identity: z.string(),
  /** How many signatures are good. */
  signatures: z.int(),
  attestations: z.array(z.strictObject({ type: z.string(), count: z.int() })),
  /** For the `checks` of an approval. */
  check: CheckResult,
});
type Output = z.infer<typeof Output>;

const Prepared = z.strictObject({
  tool: ToolChoice.optional(),
  key: Artifact.optional(),
  trustedRoot: Artifact.optional(),
});

const DEFAULT_TIMEOUT_MS = 180_000;
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_FILE_BYTES = 1024 * 1024;

/** Verifies who signed an image, on what Cosign says and never on how it ends alone. */
export function cosignVerify(deps: ToolDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "cosign/verify",
    summary: "Verifies that an image is signed by a key or an identity, and what was asserted of it.",
    input: Input,
    output: Output,
    givenFaults: (given) => [
      ...textFaults({ value: given["image"], path: ["image"] }, parseImageByDigest),
      ...repositoryFaults(given, ["trusted-root", "repository"]),
    ],
    notes: COSIGN_NOTES,
    repeat: "safe",
    prepare:
      preparation &&
      (async ({ key, "trusted-root": root }, { signal }) => ({
        ...chosenTool(preparation, COSIGN.name),
        ...(typeof key === "object" && { key: await exported(preparation.exportFolder, key, signal) }),
        ...(root !== undefined && { trustedRoot: await exported(preparation.exportFolder, root, signal) }),
      })),
    run: (input, context) => run(deps, input, context),
  });
}

function exported(exportFolder: ExportFolder, file: GitFile, signal: AbortSignal): Promise<Artifact> {
  return exportFolder({ ...folderOf(file).folder, signal });
}

async function run(deps: ToolDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const image = parseImageByDigest(input.image);
  const log = new RunLog(accessSecrets(input.registry ?? {}));
  return await withOwnFolder(deps.folders, context, { kind: "cosign/verify", log }, async (folder) => {
    const { tool, key, trustedRoot } = Prepared.parse(context.prepared ?? {});
    const pem = typeof input.key === "object" ? await fileText(input.key, { source: key, folder, context }) : input.key;
    const signer = signerOf(input, pem);
    if (signer.kind === "keyless" && input["insecure-ignore-tlog"] === true) throw needsLog();
    const root = input["trusted-root"];
    const rootText = root === undefined ? undefined : await fileText(root, { source: trustedRoot, folder, context });
    const { registry = {} } = input;
    const session: Session = {
      deps,
      input,
      image,
      context,
      folder,
      log,
      tool,
      signer,
      shared: [
        ...(await signerArguments(signer, folder)),
        ...(rootText === undefined
          ? []
          : [`--trusted-root=${await written(join(folder, "trusted-root.json"), rootText)}`]),
        ...(input["insecure-ignore-tlog"] === true ? ["--insecure-ignore-tlog=true"] : []),
        ...(registry.http === true ? ["--allow-http-registry=true"] : []),
      ],
      env: await layOutAccess(folder, image, registry),
    };
    return { status: "succeeded", output: await verified(session) };
  });
}

interface Session {
  readonly deps: ToolDeps;
  readonly input: Input;
  readonly image: ImageByDigest;
  readonly context: ActionContext;
  readonly folder: string;
  readonly log: RunLog;
  readonly tool: ToolChoice | undefined;
  readonly signer: Signer;
  /** The arguments that both verifications have. */
  readonly shared: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function verified(session: Session): Promise<Output> {
  const { image, signer, input, context } = session;
  const what = shortReference(image);
  const identity = signerText(signer);
  context.progress({ text: `Verifying who signed ${what}` });
  const signatures = good(parseSignatures(await cosign(session, ["verify"])), session);
  const attestations: { type: string; count: number }[] = [];
  for (const wanted of input.attestations ?? []) {
    const type = predicateType(wanted.type);
    context.progress({ text: `Verifying what was asserted of ${what}: ${type}` });
    const stdout = await cosign(session, ["verify-attestation", `--type=${wanted.type}`]);
    attestations.push({ type, count: passing(parseAttestations(stdout, image.digest), { wanted, what }) });
  }
  const more = attestations.length === 0 ? "" : `; asserted: ${attestations.map(({ type }) => type).join(", ")}`;
  const unlogged = input["insecure-ignore-tlog"] === true ? "; without the transparency log" : "";
  const result = `signed by ${identity}${more}${unlogged}`.slice(0, 500);
  return {
    image: referenceByDigest(image, image.digest),
    digest: image.digest,
    identity,
    signatures: signatures.length,
    attestations,
    check: { name: `cosign/verify ${what}`.slice(0, 200), result },
  };
}

/** The signatures of the image itself: Cosign lists everything that the key has signed about it, also what is no signature of it. */
function good(all: readonly Signature[], { image, signer }: Session): readonly Signature[] {
  const what = shortReference(image);
  const own = signaturesOf(all, image.digest);
  if (own.length === 0) {
    const message = `What Cosign verified is no signature of ${what}: it is about another image, or asserts something else about this one`;
    throw new AppError(message, { code: "cosign.unsigned" });
  }
  if (signer.kind === "key") return own;
  // The older format says who signed.
  const others = own.filter(
    ({ optional }) =>
      (optional?.Subject ?? signer.identity) !== signer.identity ||
      (optional?.Issuer ?? signer.issuer) !== signer.issuer,
  );
  if (others.length === 0) return own;
  const message = `${what} is signed by somebody else than ${signerText(signer)}`;
  throw new AppError(message, { code: "cosign.not-verified" });
}

async function cosign(session: Session, args: readonly string[]): Promise<string> {
  const { deps, input, image, context, folder, log, tool, shared, env, signer } = session;
  const timeout = `--timeout=${Math.ceil((input["give-up-after"] ?? DEFAULT_TIMEOUT_MS) / 1000)}s`;
  const end = await callTool(deps.programs, {
    program: COSIGN,
    tool,
    args: [...args, ...shared, "--output=json", timeout, referenceByDigest(image, image.digest)],
    folder,
    env,
    signal: context.signal,
    log,
    keepBytes: MOST_BYTES,
  });
  if (end.exitCode !== 0) throw cosignFailure(end, { what: shortReference(image), signer: signerText(signer), log });
  if (!end.isCut) return end.stdout;
  throw new AppError(`What Cosign printed is longer than ${MOST_BYTES / 1024 / 1024} MiB`, {
    code: "cosign.too-large",
  });
}

interface Source {
  readonly source: Artifact | undefined;
  readonly folder: string;
  readonly context: ActionContext;
}

/** The text of a file from Git. Throws `cosign.no-file`. */
async function fileText(file: GitFile, { source, folder, context }: Source): Promise<string> {
  if (source === undefined) throw new TypeError("the file from Git did not come with the job");
  const files = join(folder, source.digest);
  await mkdir(files, { mode: 0o700, recursive: true });
  const path = join(files, folderOf(file).name);
  if (!(await isFile(path))) await unpackArchive(await context.artifacts.read(source), files);
  const real = await realpath(path).catch(() => "");
  if (real.startsWith(`${await realpath(files)}/`) && (await isFile(real))) return await readFile(real, "utf8");
  const message = `There is no file ${JSON.stringify(file.path)} of at most ${MOST_FILE_BYTES / 1024} KiB in ${file.repository} at ${file.revision.slice(0, 7)}`;
  throw new AppError(message, { code: "cosign.no-file" });
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size <= MOST_FILE_BYTES;
}

async function written(path: string, text: string): Promise<string> {
  await writeFile(path, text, { mode: 0o600, flag: "wx" });
  return path;
}

function needsLog(): AppError {
  const message =
    'A certificate without a key of its own is valid for minutes, and only the transparency log says that it signed within them. Leave "insecure-ignore-tlog" out, or verify by a key';
  return new AppError(message, { code: "cosign.bad-input" });
}
