import { z } from "zod";

import { Artifact } from "../../domain/artifact.ts";
import type { Failure } from "../../domain/outcome.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { CheckResult } from "../image/check-result.ts";
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
import { chosenTool, ToolChoice, type ToolDeps } from "../image/tool-choice.ts";
import { RunLog } from "../tools/run-log.ts";
import {
  DEFAULT_TIMEOUT_MS,
  expiredEntries,
  type Judged,
  judgeFindings,
  SCAN_INPUT,
  SCAN_OUTPUT,
  tooMany,
} from "./judge-findings.ts";
import { textFaults } from "../written-faults.ts";
import { scan, type Scanned } from "./trivy-call.ts";
import { IMAGE_NOTES } from "./trivy-notes.ts";
import { type TrivyReport, unreadable, vulnerabilitiesOf } from "./trivy-report.ts";

const Repository = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,300}$/u, "a repository such as registry.example.com/trivy-db:2");

const Input = z.strictObject({
  image: ImageText.meta({ description: "`registry/repository@sha256:…`; a tag alone is refused" }),
  ...SCAN_INPUT,
  "fixable-only": z.boolean().optional().meta({ description: "Only what a newer package mends counts" }),
  platform: z
    .string()
    .regex(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/u, "a platform such as linux/amd64")
    .optional()
    .meta({
      description: "Which image of an index is scanned; what Trivy takes by itself, which is linux/amd64, unless said",
    }),
  database: z
    .strictObject({
      offline: z.boolean().optional().meta({ description: "Uses what is there already, and asks nobody" }),
      repository: Repository.optional().meta({ description: "A mirror of the database" }),
      "java-repository": Repository.optional().meta({ description: "A mirror of the database for Java" }),
    })
    .optional(),
  "from-scratch": z.boolean().optional().meta({
    description: "The image has no operating system. Without this, one that cannot be told is never clean",
  }),
  "end-of-life": z.enum(["refuse", "allow"]).optional().meta({
    description:
      "Whether an operating system may be too old to get fixes, of which nobody collects what is wrong with it; `refuse` unless said",
  }),
  registry: RegistryAccess.optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** The image that was scanned, by its digest. */
  image: z.string(),
  digest: ImageDigest,
  ...SCAN_OUTPUT,
  /** The operating system in it; empty texts for an image from scratch. */
  system: z.strictObject({ family: z.string(), version: z.string(), endOfLife: z.boolean() }),
  report: Artifact,
  /** For the `checks` of an approval. */
  check: CheckResult,
});
type Output = z.infer<typeof Output>;

const Prepared = z.strictObject({ tool: ToolChoice.optional() });

/** Looks for known vulnerabilities in an image, by its digest. */
export function trivyImage(deps: ToolDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "trivy/image",
    summary: "Looks for known vulnerabilities in an image, and fails where there are more than there may be.",
    input: Input,
    output: Output,
    givenFaults: ({ image }) => textFaults({ value: image, path: ["image"] }, parseImageByDigest),
    notes: IMAGE_NOTES,
    repeat: "safe",
    prepare: preparation && (() => Promise.resolve(chosenTool(preparation, "trivy"))),
    run: (input, context) => run(deps, input, context),
  });
}

async function run(deps: ToolDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const expiry = expiredEntries(input.ignore, deps.clock.now());
  if (expiry !== undefined) return { status: "failed", failure: expiry };
  const image = parseImageByDigest(input.image);
  const { registry = {} } = input;
  const log = new RunLog(accessSecrets(registry));
  const wanted = { kind: "trivy/image", log };
  return await withOwnFolder(deps.folders, context, wanted, (folder) =>
    scanImage(deps, { input, image, context, folder, log }),
  );
}

interface Work {
  readonly input: Input;
  readonly image: ImageByDigest;
  readonly context: ActionContext;
  readonly folder: string;
  readonly log: RunLog;
}

async function scanImage(deps: ToolDeps, work: Work): Promise<StepResult<Output>> {
  const { input, image, context, folder, log } = work;
  const { registry = {}, database = {}, platform } = input;
  const reference = referenceByDigest(image, image.digest);
  const name = shortReference(image);
  const { tool } = Prepared.parse(context.prepared ?? {});
  const access = await layOutAccess(folder, image, registry);
  context.progress({ text: `Scanning ${name}` });
  const one = platform === undefined ? [] : [`--platform=${platform}`];
  const wanted = {
    what: name,
    args: ["image", "--scanners=vuln", "--image-src=remote", ...one, reference],
    tool,
    database,
    timeoutMs: input["give-up-after"] ?? DEFAULT_TIMEOUT_MS,
    folder,
    env: { ...access, ...(registry.http === true && { TRIVY_NON_SSL: "true" }) },
    log,
  };
  const { report, file } = await scan(deps, wanted, context);
  refuseOther(report, { reference, digest: image.digest });
  const unclear = unclearSystem(report, input, name);
  if (unclear !== undefined) return { status: "failed", failure: unclear };
  const found = vulnerabilitiesOf(report).filter(({ fixed }) => input["fixable-only"] !== true || fixed !== "");
  const judged = judgeFindings(found, input);
  context.progress({ text: `${name}: ${judged.text}` });
  const failure = tooMany(name, judged);
  if (failure !== undefined) return { status: "failed", failure };
  return { status: "succeeded", output: outputOf(image, { report, file, judged }) };
}

function outputOf(image: ImageByDigest, { report, file, judged }: Scanned & { readonly judged: Judged }): Output {
  const { counts, ignored, worst, text } = judged;
  const system = systemOf(report);
  const old = system.endOfLife ? ` (${system.family} ${system.version} gets no fixes any more)` : "";
  const check = { name: `trivy/image ${shortReference(image)}`.slice(0, 200), result: `${text}${old}`.slice(0, 500) };
  const reference = referenceByDigest(image, image.digest);
  return { image: reference, digest: image.digest, counts, ignored, worst, system, report: file, check };
}

function systemOf({ Metadata: { OS } }: TrivyReport): Output["system"] {
  if (OS === undefined || OS === null) return { family: "", version: "", endOfLife: false };
  return { family: OS.Family, version: OS.Name, endOfLife: OS.EOSL };
}

/** A report about something else says nothing about this image. */
function refuseOther(report: TrivyReport, wanted: { readonly reference: string; readonly digest: string }): void {
  const { ArtifactName, ArtifactType, Metadata } = report;
  if (ArtifactType !== "container_image") throw unreadable("it is not about an image");
  const isSame = Metadata.RepoDigests.some((text) => text.endsWith(`@${wanted.digest}`));
  if (ArtifactName !== wanted.reference || !isSame) throw unreadable("it is about another image");
}

/** Why a scan says too little about an image to be taken for a clean one, whatever it found. */
function unclearSystem(report: TrivyReport, input: Input, name: string): Failure | undefined {
  const { Results, Metadata } = report;
  if (Results.every(({ Packages, Vulnerabilities }) => Packages.length + Vulnerabilities.length === 0)) {
    const message = `Trivy found no package at all in ${name}, so nothing is known about it`;
    return { code: "trivy.nothing-scanned", message, retry: "never" };
  }
  const hasPackages = Results.some(({ Class }) => Class === "os-pkgs");
  const { family, version, endOfLife } = systemOf(report);
  const isKnown = Metadata.OS !== undefined && family !== "" && family !== "none";
  if (!isKnown && !hasPackages && input["from-scratch"] === true) return undefined;
  if (!isKnown || !hasPackages) {
    return unknownSystem({ name, system: isKnown ? `${family} ${version}` : undefined, hasPackages });
  }
  if (!endOfLife || input["end-of-life"] === "allow") return undefined;
  const message = `${family} ${version} in ${name} gets no fixes any more, and nobody collects what is wrong with it. Take a newer one, or say "end-of-life: allow"`;
  return { code: "trivy.end-of-life", message, retry: "never" };
}

function unknownSystem(seen: {
  readonly name: string;
  readonly system: string | undefined;
  readonly hasPackages: boolean;
}): Failure {
  const { name, system, hasPackages } = seen;
  if (system !== undefined) {
    return unknown(`Trivy found no packages of ${system}, which is in ${name}, so nothing is known about them`);
  }
  const unclear = `Trivy cannot tell which operating system is in ${name}`;
  if (hasPackages) return unknown(`${unclear}, and its packages were not compared with anything`);
  return unknown(
    `${unclear}, so its packages were not looked for. If it has none because it is made from scratch, say "from-scratch: true"`,
  );
}

function unknown(message: string): Failure {
  return { code: "trivy.unknown-system", message, retry: "never" };
}
