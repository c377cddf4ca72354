import type { FileChange } from "../../git/branch-copy.ts";
import { AppError, errorCode, errorMessage } from "../../platform/errors.ts";
import type { FileEdit } from "./commit-input.ts";
import type { GitWriting } from "./git-writing.ts";

type Editing = Pick<GitWriting, "setValue" | "setImage">;

/** What has to be wrong with an edit by itself, whatever the file holds. Throws `step.input`. */
export function checkEdits(edits: readonly FileEdit[]): void {
  for (const { file, set, image, content, delete: isDeleted } of edits) {
    const said = [set, image, content, isDeleted].filter((each) => each !== undefined);
    if (said.length !== 1) {
      throw wrongInput(`${file}: say one of "set", "image", "content" and "delete", and not ${said.length} of them`);
    }
    if (image !== undefined && (image.digest === undefined) === (image.tag === undefined)) {
      throw wrongInput(`${file}: an image is set either to a "digest" or to a "tag"`);
    }
  }
}

/** The files of edits, each once, and whether what they hold is needed. */
export function editedFiles(
  edits: readonly FileEdit[],
): readonly { readonly path: string; readonly isRead: boolean }[] {
  const read = new Map<string, boolean>();
  for (const { file, set, image } of edits) {
    read.set(file, read.get(file) === true || set !== undefined || image !== undefined);
  }
  return Array.from(read, ([path, isRead]) => ({ path, isRead }));
}

/**
 * What the files hold after all edits, in their order. Throws `git.file-missing`, and as `git.not-yaml`, `git.path-missing` and
 * others what cannot be set.
 */
export function appliedEdits(
  edits: readonly FileEdit[],
  files: ReadonlyMap<string, string | undefined>,
  editing: Editing,
): readonly FileChange[] {
  const texts = new Map<string, string | undefined>(files);
  const changed = new Set<string>();
  for (const edit of edits) {
    texts.set(edit.file, applied(edit, texts.get(edit.file), editing));
    changed.add(edit.file);
  }
  return Array.from(changed, (path) => ({ path, content: texts.get(path) }));
}

function applied(edit: FileEdit, text: string | undefined, editing: Editing): string | undefined {
  const { file, content } = edit;
  if (edit.delete === true) return undefined;
  if (content !== undefined) return content;
  if (text === undefined) {
    const message = `There is no file ${file}, so nothing can be set in it. Check the path, from the root of the repository`;
    throw new AppError(message, { code: "git.file-missing" });
  }
  try {
    return withValues(edit, text, editing);
  } catch (error) {
    throw inFile(file, error);
  }
}

function withValues({ set = {}, image, document, create = false }: FileEdit, text: string, editing: Editing): string {
  if (image !== undefined) {
    const { name, digest, tag = "" } = image;
    return editing.setImage(text, { name, value: digest === undefined ? { tag } : { digest }, create });
  }
  return Object.entries(set).reduce(
    (before, [path, value]) => editing.setValue(before, { path, value, create, document }),
    text,
  );
}

const CODES: Readonly<Record<string, string>> = {
  "yaml.broken": "git.not-yaml",
  "yaml.path-missing": "git.path-missing",
  "yaml.bad-path": "git.bad-path",
  "yaml.through-alias": "git.path-alias",
  "yaml.other-kind": "git.other-kind",
  "yaml.which-document": "git.which-document",
  "yaml.too-large": "git.file-too-large",
};

function inFile(file: string, error: unknown): unknown {
  const code = CODES[errorCode(error)];
  return code === undefined ? error : new AppError(`${file}: ${errorMessage(error)}`, { code, cause: error });
}

function wrongInput(message: string): AppError {
  return new AppError(message, { code: "step.input" });
}
