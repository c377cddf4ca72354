import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { ArgocdAccess } from "../../argocd/argocd-server.ts";
import { tryManifest } from "../../argocd/manifest-object.ts";
import { Artifact } from "../../domain/artifact.ts";
import { JsonValue } from "../../domain/outcome.ts";
import { type ActionContext, defineAction, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import { unpackArchive } from "../../programs/unpack-archive.ts";
import { AppError } from "../../platform/errors.ts";
import { isNestedDeeper } from "../../platform/nesting.ts";
import { CheckResult } from "../image/check-result.ts";
import { GitFolder } from "../image/git-folder.ts";
import { withOwnFolder } from "../image/own-folder.ts";
import { callTool, lastWords } from "../image/tool-call.ts";
import { chosenTool, ToolChoice, type ToolDeps } from "../image/tool-choice.ts";
import { readApp } from "../locate.ts";
import { RunLog } from "../tools/run-log.ts";
import { gitFolderFaults } from "../written-faults.ts";
import { schemaFindings } from "./kubeconform-report.ts";
import type { ManifestFinding } from "./manifest-finding.ts";
import { imagesIn, type RenderedObject } from "./manifest-images.ts";
import { brokenRules, ManifestRule } from "./manifest-rule.ts";
import { KUBECONFORM, MANIFESTS_NOTES } from "./manifests-notes.ts";
import { renderedManifests } from "./rendered-manifests.ts";

const Input = z.strictObject({
  /** `server/namespace/name` of the Application. */
  app: z.string(),
  revision: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/u, "a full commit")
    .meta({ description: "The full commit at which Argo CD renders them" }),
  schemas: GitFolder.optional().meta({
    description:
      "A folder in Git with JSON schemas, laid out as kubernetes-json-schema or, for custom resources, as GROUP/KIND_VERSION.json. Nothing is fetched from elsewhere",
  }),
  "kubernetes-version": z
    .string()
    .regex(/^\d+\.\d+\.\d+$/u, "a version such as 1.34.1")
    .optional()
    .meta({ description: "Whose schemas of the folder are used; `master` unless said" }),
  "without-schema": z
    .array(z.string().min(1))
    .optional()
    .meta({ description: "Kinds that may have no schema; any other without one is a finding" }),
  rules: z.array(ManifestRule).max(100).optional(),
});
type Input = z.infer<typeof Input>;

const Output = z.strictObject({
  /** How many objects there are. */
  objects: z.int(),
  /** The images that they name, once each; `digest` is empty for one that is named by its tag. */
  images: z.array(z.strictObject({ image: z.string(), digest: z.string(), where: z.string() })),
  report: Artifact,
  /** For the `checks` of an approval. */
  check: CheckResult,
});
type Output = z.infer<typeof Output>;

const Prepared = z.strictObject({ tool: ToolChoice.optional(), schemas: Artifact.optional() });

export interface ManifestsDeps extends ToolDeps {
  readonly servers: ReadonlyMap<string, ArgocdAccess>;
}

/** Looks at what Argo CD would apply at a revision: against schemas and rules, and for the images in it. */
export function manifestsValidate(deps: ManifestsDeps): StepKind {
  const { preparation } = deps;
  return defineAction({
    kind: "manifests/validate",
    summary: "Checks the manifests that Argo CD renders at a revision, and says which images they name.",
    input: Input,
    output: Output,
    givenFaults: gitFolderFaults("schemas"),
    notes: MANIFESTS_NOTES,
    repeat: "safe",
    prepare:
      preparation &&
      (async ({ schemas }, { signal }) => ({
        ...chosenTool(preparation, KUBECONFORM.name),
        ...(schemas !== undefined && { schemas: await preparation.exportFolder({ ...schemas, signal }) }),
      })),
    run: (input, context) => validate(deps, input, context),
  });
}

async function validate(deps: ManifestsDeps, input: Input, context: ActionContext): Promise<StepResult<Output>> {
  const { app, revision, rules = [], schemas } = input;
  const { signal, artifacts } = context;
  context.progress({ text: `Rendering ${app} at ${revision.slice(0, 7)}` });
  const { application, location } = await readApp(deps.servers, { app, signal });
  const texts = await renderedManifests(location, { application, revision, signal });
  const objects = texts.map(objectOf);
  if (objects.length === 0) throw nothing(input);
  const bySchema = schemas === undefined ? [] : await checkSchemas(deps, { input, context, objects });
  const findings = [...bySchema, ...brokenRules(objects, rules)];
  const images = imagesIn(objects);
  const content = Buffer.from(JSON.stringify({ app, revision, findings, images }, undefined, 1));
  const report = await artifacts.put({ name: "manifests-report.json", mediaType: "application/json", content });
  if (findings.length > 0) return failed(input, findings);
  const against = schemas === undefined ? "not checked against schemas" : "valid by their schemas";
  const kept = rules.length === 0 ? "" : `, ${counted(rules.length, "rule")} kept`;
  const result = `${counted(objects.length, "object")}, ${against}${kept}; ${counted(images.length, "image")}`;
  context.progress({ text: result });
  const check = { name: `manifests/validate ${revision.slice(0, 7)}`, result };
  return { status: "succeeded", output: { objects: objects.length, images: [...images], report, check } };
}

function objectOf(text: string, index: number): RenderedObject {
  const object = tryManifest(text);
  const value = isNestedDeeper(object) ? undefined : JsonValue.safeParse(object).data;
  if (object === undefined || object.kind === "" || value === undefined) {
    throw new AppError(`What Argo CD rendered as object ${index + 1} is none`, { code: "manifests.unreadable" });
  }
  return { kind: object.kind, where: `${object.kind}/${object.metadata.name || object.metadata.generateName}`, value };
}

interface Checking {
  readonly input: Input;
  readonly context: ActionContext;
  readonly objects: readonly RenderedObject[];
}

const MOST_BYTES = 32 * 1024 * 1024;

async function checkSchemas(deps: ManifestsDeps, work: Checking): Promise<readonly ManifestFinding[]> {
  const { input, context, objects } = work;
  const { tool, schemas } = Prepared.parse(context.prepared ?? {});
  if (schemas === undefined) throw new TypeError("the folder from Git did not come with the job");
  const log = new RunLog([]);
  return await withOwnFolder(deps.folders, context, { kind: "manifests/validate", log }, async (folder) => {
    await mkdir(join(folder, "schemas"), { mode: 0o700 });
    await unpackArchive(await context.artifacts.read(schemas), join(folder, "schemas"));
    const files = await writeObjects(folder, objects);
    context.progress({ text: `Checking ${objects.length} objects against their schemas` });
    const end = await callTool(deps.programs, {
      program: KUBECONFORM,
      tool,
      args: schemaArguments(input),
      folder,
      env: {},
      signal: context.signal,
      log,
      keepBytes: MOST_BYTES,
    });
    // 1 says that something is invalid, and errors too.
    if ((end.exitCode !== 0 && end.exitCode !== 1) || end.isCut || end.stdout.trim() === "") {
      const message = `kubeconform could not check the manifests: ${lastWords(end, log)}`;
      throw new AppError(message, { code: "manifests.failed" });
    }
    const found = schemaFindings(end.stdout, { files, allowed: new Set(input["without-schema"]) });
    if (end.exitCode === 0 || isExplained(end.stdout)) return found;
    const message = "What kubeconform printed cannot be relied on: it failed and names nothing that is wrong";
    throw new AppError(message, { code: "manifests.unreadable-output" });
  });
}

function isExplained(stdout: string): boolean {
  return /"status(?:Invalid|Error)"/u.test(stdout);
}

/** Only what lies in the folder: without a location of its own the program would fetch schemas from the Internet. */
function schemaArguments(input: Input): readonly string[] {
  const version = input["kubernetes-version"];
  return [
    "-strict",
    "-verbose",
    "-output=json",
    "-schema-location=schemas",
    "-schema-location=schemas/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json",
    "-schema-location=schemas/{{.ResourceKind}}{{.KindSuffix}}.json",
    ...(version === undefined ? [] : [`-kubernetes-version=${version}`]),
    "manifests",
  ];
}

async function writeObjects(
  folder: string,
  objects: readonly RenderedObject[],
): Promise<readonly { readonly file: string; readonly where: string }[]> {
  await mkdir(join(folder, "manifests"), { mode: 0o700 });
  const files = [];
  for (const [index, { where, value }] of objects.entries()) {
    const file = `manifests/${String(index + 1).padStart(4, "0")}.json`;
    await writeFile(join(folder, file), JSON.stringify(value), { mode: 0o600, flag: "wx" });
    files.push({ file, where });
  }
  return files;
}

const MOST_NAMED = 5;
const MOST_DETAILS = 50;

function failed({ app, revision }: Input, findings: readonly ManifestFinding[]): StepResult<Output> {
  const named = findings.slice(0, MOST_NAMED).map(({ where, rule, problem }) => `${where} (${rule}): ${problem}`);
  const more = findings.length > MOST_NAMED ? `; and ${findings.length - MOST_NAMED} more` : "";
  const message = `The manifests of ${app} at ${revision.slice(0, 7)} are not as they must be: ${named.join("; ")}${more}`;
  const details = {
    findings: findings.slice(0, MOST_DETAILS).map(({ where, rule, problem }) => ({ where, rule, problem })),
  };
  return { status: "failed", failure: { code: "manifests.invalid", message, retry: "never", details } };
}

function nothing({ app, revision }: Input): AppError {
  const message = `Argo CD renders nothing for ${app} at ${revision.slice(0, 7)}, so nothing is known about it`;
  return new AppError(message, { code: "manifests.none" });
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
