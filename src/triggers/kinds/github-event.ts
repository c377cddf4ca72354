import { z } from "zod";

import { EventImage, NO_IMAGE } from "./image-event.ts";
import { OptionalText } from "./vendor-fields.ts";

/** What expressions see of GitHub. Texts that a sort of event does not have are empty. */
export const GithubEvent = z.strictObject({
  kind: z.enum(["push", "workflow_run", "check_suite", "release", "package"]).meta({
    description: "What happened; `registry_package` and `package` are both `package`",
  }),
  action: z
    .string()
    .meta({ description: "What GitHub calls it, such as `completed` or `published`; empty for a push" }),
  repository: z.string().meta({ description: "The repository, such as `acme/checkout`" }),
  branch: z.string().meta({ description: "The branch without `refs/heads/`; of a release what it was made from" }),
  tag: z.string().meta({ description: "The Git tag of a push of a tag, and of a release" }),
  commit: z.string().meta({
    description: "The commit in full; empty for a release of a branch, and for an image without a label that names it",
  }),
  conclusion: z.string().meta({ description: "`success`, `failure`, `cancelled`…: of a workflow run or check suite" }),
  workflow: z.string().meta({ description: "The name of the workflow, or of the app whose check suite it is" }),
  startedBy: z.string().meta({ description: "What started the workflow run: `push`, `schedule`, `pull_request`…" }),
  run: z.string().meta({ description: "The id of the workflow run or check suite" }),
  attempt: z.int().meta({ description: "Which attempt of the workflow run; 0 for everything else" }),
  sender: z.string().meta({ description: "Who caused it, by GitHub login" }),
  prerelease: z.boolean().meta({ description: "Whether the release is marked as one" }),
  image: EventImage.meta({ description: "The image of a `package`" }),
});
export type GithubEvent = z.infer<typeof GithubEvent>;

export const NO_GITHUB_EVENT: Omit<GithubEvent, "kind"> = {
  action: "",
  repository: "",
  branch: "",
  tag: "",
  commit: "",
  conclusion: "",
  workflow: "",
  startedBy: "",
  run: "",
  attempt: 0,
  sender: "",
  prerelease: false,
  image: NO_IMAGE,
};

export const GithubRepository = z.looseObject({ full_name: z.string().min(1).max(300) });

/** The login of whoever caused an event. */
export const GithubSender = z
  .looseObject({ login: OptionalText })
  .nullish()
  .transform((sender) => sender?.login ?? "");
