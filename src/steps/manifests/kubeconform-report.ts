import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";
import { visible } from "../../platform/visible-text.ts";
import type { ManifestFinding } from "./manifest-finding.ts";

const Resource = z.looseObject({
  filename: z.string(),
  kind: z.string().default(""),
  name: z.string().default(""),
  status: z.enum(["statusValid", "statusInvalid", "statusError", "statusSkipped", "statusEmpty"]),
  msg: z.string().default(""),
  validationErrors: z.array(z.looseObject({ path: z.string(), msg: z.string() })).nullish(),
});
type Resource = z.infer<typeof Resource>;

const Report = z.looseObject({ resources: z.array(Resource) });

/** A file that was handed over, and what is in it. */
export interface CheckedFile {
  readonly file: string;
  readonly where: string;
}

const NO_SCHEMA = /^could not find schema for /u;

/**
 * What kubeconform found, with `-verbose -output json`. Each file has to be in it, and have a word said about it that is known here:
 * what it leaves out, passes over or does not know is a finding, except the kinds that may be without a schema. Throws
 * `manifests.unreadable-output`.
 */
export function schemaFindings(
  stdout: string,
  { files, allowed }: { readonly files: readonly CheckedFile[]; readonly allowed: ReadonlySet<string> },
): readonly ManifestFinding[] {
  const report = Report.safeParse(tryJson(stdout)).data;
  if (report === undefined) throw unreadable("it is no report");
  return files.flatMap(({ file, where }) => {
    const own = report.resources.filter(({ filename }) => filename === file);
    if (own.length === 0) throw unreadable(`it says nothing about ${where}`);
    return own.flatMap((resource) => {
      const { status, msg } = resource;
      if (status === "statusValid") return [];
      if (status === "statusError" && NO_SCHEMA.test(msg) && allowed.has(resource.kind)) return [];
      return [{ where, rule: "schema", problem: problemText(resource) }];
    });
  });
}

function problemText({ status, msg, validationErrors }: Resource): string {
  if (status === "statusSkipped" || status === "statusEmpty") return "it was passed over and not checked";
  if (NO_SCHEMA.test(msg)) return 'there is no schema for it. Add one, or name its kind under "without-schema"';
  const places = (validationErrors ?? []).map((error) => `${error.path}: ${error.msg}`).join("; ");
  return (
    visible(places || msg)
      .replaceAll(/\s+/gu, " ")
      .slice(0, 500) || "it is invalid"
  );
}

function unreadable(why: string): AppError {
  const message = `What kubeconform printed cannot be relied on: ${why}. Use a version that is known to work, or report it with the log`;
  return new AppError(message, { code: "manifests.unreadable-output" });
}
