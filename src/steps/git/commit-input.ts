import { z } from "zod";

import { JsonValue } from "../../domain/outcome.ts";
import { filePathProblem } from "../../platform/file-path.ts";
import { ImageDigest } from "../image/image-reference.ts";

const MOST_CHANGES = 50;

const FilePath = z.string().superRefine((path, context) => {
  const problem = filePathProblem(path);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

const Branch = z
  .string()
  .regex(
    /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\.lock$|\.$|\/$))[^\s~^:?*[\\\p{Cc}]{1,200}$/u,
    "this is no name of a branch",
  );

const KustomizeImage = z.strictObject({
  name: z.string().min(1).max(500).meta({ description: "As it stands under `images`" }),
  digest: ImageDigest.optional().meta({ description: "`sha256:...`; a tag that stands there is taken away" }),
  tag: z.string().min(1).max(200).optional().meta({ description: "Instead of a digest, which is taken away" }),
});

const Document = z.strictObject({
  kind: z.string().min(1).max(200).optional(),
  name: z.string().min(1).max(300).optional().meta({ description: "`metadata.name`" }),
});

const FileEdit = z.strictObject({
  file: FilePath.meta({ description: "Its path from the root of the repository" }),
  set: z.record(z.string().min(1).max(500), JsonValue).optional().meta({
    description:
      'Values by their paths, in YAML or JSON: `image.tag`, `containers[name=web].image`, `annotations["example.com/team"]`. Everything else in the file stays as it is, remarks included',
  }),
  image: KustomizeImage.optional().meta({ description: "An image of a kustomization" }),
  create: z.boolean().optional().meta({
    description: "Makes the keys that are missing on the way of `set`, and the image; without it they are a failure",
  }),
  document: Document.optional().meta({ description: "Which of several documents of the file `set` means" }),
  content: z
    .string()
    .max(64 * 1024)
    .optional()
    .meta({ description: "All that the file holds from then on; it is made where it is not there" }),
  delete: z.literal(true).optional().meta({ description: "Deletes the file" }),
});
export type FileEdit = z.infer<typeof FileEdit>;

export const CommitInput = z.strictObject({
  repository: z.string().min(1).max(2000).optional().meta({
    description: "Address of the repository; the configuration has to say `write: true` of it",
  }),
  app: z.string().max(500).optional().meta({
    description: "Instead of `repository`: `server/namespace/name` of an application that reads it",
  }),
  branch: Branch.optional().meta({
    description: "The branch that gets the commit; that which `app` follows unless said",
  }),
  from: Branch.optional().meta({ description: "The branch at which `branch` begins where it is not there yet" }),
  changes: z
    .array(FileEdit)
    .min(1)
    .max(MOST_CHANGES)
    .meta({ description: "What is changed, file by file, in this order" }),
  message: z.string().min(1).max(5000).meta({ description: "The message; who asked for the run is added" }),
  revision: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/u, "a full commit")
    .optional()
    .meta({ description: "A full commit: it is a failure where one of the files was changed after it" }),
});
export type CommitInput = z.infer<typeof CommitInput>;

export const CommitOutput = z.strictObject({
  revision: z
    .string()
    .meta({ description: "The full commit; the newest one of the branch where nothing was to change" }),
  repository: z.string().meta({ description: "Address of the repository" }),
  branch: z.string(),
  changed: z.boolean().meta({ description: "False where everything was so already, and no commit was made" }),
  files: z.array(z.string()).meta({ description: "The files that the commit changes" }),
  notes: z.array(z.string()).meta({ description: "What people are told of it" }),
});
export type CommitOutput = z.infer<typeof CommitOutput>;
