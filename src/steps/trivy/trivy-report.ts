import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";
import { visible } from "../../platform/visible-text.ts";
import type { Severity } from "./severity.ts";

const Rating = z.enum(["CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"]).transform((text): Severity => LOWER[text]);

const LOWER: Readonly<Record<string, Severity>> & Record<"CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | "UNKNOWN", Severity> =
  { CRITICAL: "critical", HIGH: "high", MEDIUM: "medium", LOW: "low", UNKNOWN: "unknown" };

const Vulnerability = z.looseObject({
  VulnerabilityID: z.string().min(1),
  PkgName: z.string(),
  InstalledVersion: z.string().default(""),
  FixedVersion: z.string().default(""),
  Severity: Rating,
  Title: z.string().default(""),
});

const Misconfiguration = z.looseObject({
  ID: z.string().min(1),
  Title: z.string().default(""),
  Message: z.string().default(""),
  Severity: Rating,
  Status: z.enum(["FAIL", "PASS", "EXCEPTION"]),
});

const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);

const Result = z.looseObject({
  Target: z.string(),
  Class: z.string(),
  Packages: listOf(z.looseObject({})),
  Vulnerabilities: listOf(Vulnerability),
  MisconfSummary: z.looseObject({ Successes: z.int().default(0), Failures: z.int().default(0) }).nullish(),
  Misconfigurations: listOf(Misconfiguration),
});

const SCHEMA_VERSION = 2;

/** What Trivy prints with `--format json`, as far as it decides something. */
export const TrivyReport = z.looseObject({
  SchemaVersion: z.literal(SCHEMA_VERSION),
  ArtifactName: z.string(),
  ArtifactType: z.string(),
  Metadata: z
    .looseObject({
      OS: z
        .looseObject({ Family: z.string(), Name: z.string().default(""), EOSL: z.boolean().default(false) })
        .nullish(),
      RepoDigests: listOf(z.string()),
    })
    .prefault({}),
  Results: listOf(Result),
});
export type TrivyReport = z.infer<typeof TrivyReport>;

/** Something that Trivy found. `where` is the package or the file. */
export interface Finding {
  readonly id: string;
  readonly where: string;
  readonly severity: Severity;
  readonly title: string;
  /** Empty where it does not apply or is not known. */
  readonly installed: string;
  readonly fixed: string;
}

/** Reads a report. Throws `trivy.unreadable-output` for everything that is not one, as for nothing at all. */
export function parseReport(text: string): TrivyReport {
  if (text.trim() === "") throw unreadable("there is nothing");
  const value = tryJson(text);
  if (value === undefined) throw unreadable("it is no JSON");
  const read = TrivyReport.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw unreadable(`${issue?.path.join(".") ?? "it"} is not as it should be`);
}

export function unreadable(why: string): AppError {
  const message = `The report of Trivy cannot be relied on: ${why}. Use a version that is known to work, or report it with the log`;
  return new AppError(message, { code: "trivy.unreadable-output" });
}

export function vulnerabilitiesOf(report: TrivyReport): readonly Finding[] {
  return report.Results.flatMap((result) =>
    result.Vulnerabilities.map((one) => ({
      id: shown(one.VulnerabilityID, 100),
      where: shown(one.PkgName, 200),
      severity: one.Severity,
      title: shown(one.Title, 200),
      installed: shown(one.InstalledVersion, 100),
      fixed: shown(one.FixedVersion, 100),
    })),
  );
}

export function misconfigurationsOf(report: TrivyReport): readonly Finding[] {
  return report.Results.flatMap(({ Target, Misconfigurations }) =>
    Misconfigurations.filter(({ Status }) => Status !== "PASS").map((one) => ({
      id: shown(one.ID, 100),
      where: shown(Target, 500),
      severity: one.Severity,
      title: shown(one.Message || one.Title, 200),
      installed: "",
      fixed: "",
    })),
  );
}

function shown(text: string, longest: number): string {
  return visible(text).replaceAll(/\s+/gu, " ").slice(0, longest);
}
