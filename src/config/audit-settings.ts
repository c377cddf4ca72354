import { z } from "zod";

import { duration, FilePath, quoted, SecretField, ServerUrl, SlackChannel } from "./field-schemas.ts";
import { RepositoryAddress } from "./git-settings.ts";

const MINUTE_MS = 60_000;
const WEEK_MS = 604_800_000;

const BranchName = z
  .string()
  .regex(/^(?![-./])(?!.*(?:\.\.|\/\/|\/\.|@\{))[^\s~^:?*[\\\p{Cc}]{1,200}(?<![./]|\.lock)$/u, {
    error: ({ input }) => `${quoted(input)} is no name of a branch`,
  });

const AnchorTarget = z.strictObject({
  slack: SlackChannel.optional().meta({
    description: "Channel in which each anchor is a message; best one in which nobody can delete any",
  }),
  folder: FilePath.optional().meta({
    description: "Folder in which each anchor is a file that is never written again, such as a mounted bucket",
  }),
  git: RepositoryAddress.optional().meta({
    description:
      "Repository in which each anchor is a commit on a branch of its own; `git.repositories` says with which credential, which must be allowed to write",
  }),
  branch: BranchName.optional().meta({ description: "That branch; `quarterdeck-anchors` when absent" }),
  url: ServerUrl.optional().meta({
    description: "Address below which each anchor is put as an object of its own, by HTTP PUT",
  }),
  token: SecretField.optional().meta({ description: "Bearer token for that, as a reference to a secret" }),
});

const anchors = z
  .strictObject({
    every: duration({ leastMs: MINUTE_MS, mostMs: WEEK_MS })
      .prefault("1h")
      .meta({ description: "How long something may have happened before it is anchored" }),
    events: z.int().min(10).max(1_000_000).optional().meta({
      description: "After how many events the log is anchored although `every` has not passed",
    }),
    targets: z
      .array(AnchorTarget)
      .min(1)
      .meta({ description: "Where to; each entry is one of `slack`, `folder`, `git` and `url`" }),
  })
  .transform(({ every, ...rest }) => ({ ...rest, everyMs: every }));

/** How the log is made provable to others. */
export const AuditSettings = z.strictObject({
  anchors: anchors.optional().meta({
    description:
      "Writes the signed head of the log to places outside, from time to time and at the end of the server; nothing is when absent",
  }),
});
