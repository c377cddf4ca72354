import { isAbsolute } from "node:path";

import { z } from "zod";

/** A path below the root of a repository: no way up, and none of its own. */
const PathInRepository = z
  .string()
  .max(500)
  .refine((path) => !isAbsolute(path) && !path.includes("\0") && !path.split("/").includes(".."), {
    error: "a path in the repository, without .. and not absolute",
  });

/** A folder of a repository at a full commit. */
export const GitFolder = z.strictObject({
  repository: z.string().min(1).max(2000).meta({ description: "Address of the repository" }),
  revision: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/u, "a full commit")
    .meta({ description: "The full commit" }),
  path: PathInRepository.default("").meta({ description: "From the root of the repository, which it is unless said" }),
});
export type GitFolder = z.infer<typeof GitFolder>;

/** `deploy of https://git.example.com/checkout.git at 4f2a6c1` */
export function folderText({ repository, revision, path }: GitFolder): string {
  return `${path === "" ? "the root" : path} of ${repository} at ${revision.slice(0, 7)}`;
}

/** One file of a repository at a full commit. */
export const GitFile = z.strictObject({
  ...GitFolder.shape,
  path: PathInRepository.min(1).meta({ description: "From the root of the repository" }),
});
export type GitFile = z.infer<typeof GitFile>;

/** The folder that a file is in, and its name there. */
export function folderOf({ repository, revision, path }: GitFile): {
  readonly folder: GitFolder;
  readonly name: string;
} {
  const slash = path.lastIndexOf("/");
  return { folder: { repository, revision, path: path.slice(0, Math.max(0, slash)) }, name: path.slice(slash + 1) };
}
