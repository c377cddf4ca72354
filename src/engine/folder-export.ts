import type { Artifact } from "../domain/artifact.ts";

/** A folder of a repository, as a step needs it where it is executed. */
export interface WantedFolderOfGit {
  readonly repository: string;
  /** The full commit. */
  readonly revision: string;
  /** From the root of the repository; empty for the root itself. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/**
 * Takes a folder out of Git, on the server, into the store: as an archive that `unpackArchive` unpacks. The same
 * folder is the same artifact. Throws `git.*`, among them `git.no-folder`, `git.submodule` and `git.folder-too-large`.
 */
export type ExportFolder = (wanted: WantedFolderOfGit) => Promise<Artifact>;
