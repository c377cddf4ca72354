import { z } from "zod";

/** What expressions see of GitLab. Texts that a sort of event does not have are empty. */
export const GitlabEvent = z.strictObject({
  kind: z.enum(["push", "pipeline"]).meta({ description: "What happened; a push of a tag is a `push` with a `tag`" }),
  repository: z.string().meta({ description: "The project with its groups, such as `acme/shop/checkout`" }),
  branch: z.string().meta({ description: "The branch without `refs/heads/`" }),
  tag: z.string().meta({ description: "The tag without `refs/tags/`" }),
  commit: z.string().meta({ description: "The commit in full" }),
  conclusion: z.string().meta({ description: "`success`, `failed`, `canceled` or `skipped`: how the pipeline ended" }),
  startedBy: z.string().meta({ description: "What started the pipeline: `push`, `web`, `schedule`, `api`…" }),
  pipeline: z.string().meta({ description: "The id of the pipeline" }),
  pipelineName: z.string().meta({ description: "The name that `workflow:name` gives the pipeline" }),
  sender: z.string().meta({ description: "Who caused it, by GitLab user name" }),
});
export type GitlabEvent = z.infer<typeof GitlabEvent>;
