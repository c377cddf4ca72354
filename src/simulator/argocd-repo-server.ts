import { errorText } from "../platform/errors.ts";
import type { Application, Source } from "./argocd-application.ts";
import { type ManifestSource, isFullCommitName, resolveRevision } from "./argocd-manifest-source.ts";
import { type Manifest, Manifest as ManifestSchema, type ObjectRef, refOf } from "./cluster-manifest.ts";

/** One object that Git asks for. */
export interface DesiredObject {
  readonly ref: ObjectRef;
  readonly manifest: Manifest;
}

/** `failed` carries the text as the repo-server's caller sees it: `rpc error: code = Unknown desc = ...`. */
export type Resolved =
  | { readonly kind: "resolved"; readonly revision: string }
  | { readonly kind: "failed"; readonly text: string };

export type Rendered =
  | {
      readonly kind: "rendered";
      /** The full names of the commits, one for each source. */
      readonly revisions: readonly string[];
      readonly objects: readonly DesiredObject[];
    }
  | {
      readonly kind: "failed";
      readonly text: string;
      /** Which of the sources failed, from 1. */
      readonly position: number;
    };

export interface RenderRequest {
  readonly application: Application;
  readonly sources: readonly Source[];
  /** A commit for each source, full or shortened. */
  readonly revisions: readonly string[];
}

type RenderedSource =
  | { readonly kind: "rendered"; readonly commit: string; readonly objects: readonly DesiredObject[] }
  | { readonly kind: "failed"; readonly text: string };

const UNAVAILABLE =
  'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.96.0.17:8081: connect: connection refused"';
const TRACKING_ANNOTATION = "argocd.argoproj.io/tracking-id";

/** Resolves revisions and renders folders of JSON manifests, with the texts of Argo CD's repo-server when it cannot. */
export class RepoServer {
  readonly #source: ManifestSource;
  #isDown = false;

  constructor(source: ManifestSource) {
    this.#source = source;
  }

  setDown(isDown: boolean): void {
    this.#isDown = isDown;
  }

  /** A full commit name is taken as it is, without asking anyone. */
  async resolve(source: Source, revision: string | undefined): Promise<Resolved> {
    const wanted = revision === undefined || revision === "" ? (source.targetRevision ?? "HEAD") : revision;
    if (isFullCommitName(wanted)) return { kind: "resolved", revision: wanted };
    if (this.#isDown) return { kind: "failed", text: UNAVAILABLE };
    try {
      const found = resolveRevision(wanted, await this.#source.references(source.repoURL));
      if (found !== undefined) return { kind: "resolved", revision: found };
      return { kind: "failed", text: `rpc error: code = Unknown desc = unable to resolve '${wanted}' to a commit SHA` };
    } catch (error) {
      return { kind: "failed", text: `rpc error: code = Unknown desc = failed to list refs: ${errorText(error)}` };
    }
  }

  /** What the sources ask for at the given revisions, in the order of the sources. */
  async render({ application, sources, revisions }: RenderRequest): Promise<Rendered> {
    if (this.#isDown) return { kind: "failed", text: UNAVAILABLE, position: 1 };
    const commits: string[] = [];
    const objects: DesiredObject[] = [];
    for (const [index, source] of sources.entries()) {
      const rendered = await this.#renderSource(application, { source, revision: revisions[index] ?? "" });
      if (rendered.kind === "failed") return { ...rendered, position: index + 1 };
      commits.push(rendered.commit);
      objects.push(...rendered.objects);
    }
    return { kind: "rendered", revisions: commits, objects };
  }

  async #renderSource(
    application: Application,
    { source, revision }: { readonly source: Source; readonly revision: string },
  ): Promise<RenderedSource> {
    try {
      const commit = await this.#source.commitName(source.repoURL, revision);
      if (commit === undefined) return failed(unknownCommitText(revision));
      if (source.path === undefined) return { kind: "rendered", commit, objects: [] };
      const files = await this.#source.files({ repoURL: source.repoURL, commit, folder: source.path });
      if (files === undefined)
        return failed(`rpc error: code = Unknown desc = ${source.path}: app path does not exist`);
      const objects: DesiredObject[] = [];
      for (const [name, text] of files) {
        const manifest = tryManifest(text);
        if (typeof manifest === "string") return failed(unreadableText(name, manifest));
        objects.push(tracked(application, manifest));
      }
      return { kind: "rendered", commit, objects };
    } catch (error) {
      return failed(`rpc error: code = Unknown desc = failed to initialize repository resources: ${errorText(error)}`);
    }
  }
}

/** How a failure of the repo-server reads inside a condition or the end of an operation. */
export function loadFailureText(
  failure: { readonly text: string; readonly position: number },
  sources: number,
): string {
  return `Failed to load target state: failed to generate manifest for source ${failure.position} of ${sources}: ${failure.text}`;
}

function unknownCommitText(revision: string): string {
  return `rpc error: code = Unknown desc = failed to initialize repository resources: rpc error: code = Internal desc = ${checkoutText(revision)}`;
}

/** The same without the layers around it, for calls that wrap it themselves. */
export function checkoutText(revision: string): string {
  return `Failed to checkout revision ${revision}: \`git fetch origin ${revision} --tags --force --prune\` failed exit status 128: fatal: remote error: upload-pack: not our ref ${revision}`;
}

function failed(text: string): RenderedSource {
  return { kind: "failed", text };
}

function unreadableText(name: string, problem: string): string {
  return `rpc error: code = FailedPrecondition desc = Failed to unmarshal "${name}": ${problem}`;
}

/** The manifest, or why the text is none. */
function tryManifest(text: string): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `error unmarshaling JSON: ${error instanceof Error ? error.message : "unexpected end"}`;
  }
  const manifest = ManifestSchema.safeParse(value);
  return manifest.success ? manifest.data : "Object 'Kind' is missing";
}

function tracked(application: Application, manifest: Manifest): DesiredObject {
  const ref = refOf(manifest, application.spec.destination.namespace);
  const id = `${application.metadata.name}:${ref.group}/${ref.kind}:${ref.namespace}/${ref.name}`;
  const annotations = { ...manifest.metadata.annotations, [TRACKING_ANNOTATION]: id };
  return { ref, manifest: { ...manifest, metadata: { ...manifest.metadata, annotations } } };
}
