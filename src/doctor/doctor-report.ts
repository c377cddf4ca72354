import type { Area, Finding } from "./finding.ts";

/** What `quarterdeck doctor` prints and ends with. */
export interface DoctorReport {
  readonly text: string;
  readonly json: {
    /** False when anything does not work; warnings do not count. */
    readonly ok: boolean;
    readonly problems: number;
    readonly warnings: number;
    readonly findings: readonly Finding[];
  };
  /** 1 when there is a problem. */
  readonly exitStatus: 0 | 1;
}

const HEADS: Readonly<Record<Area, string>> = {
  program: "Program",
  configuration: "Configuration",
  data: "Data folder",
  slack: "Slack",
  argocd: "Argo CD",
  git: "Git",
  redis: "Redis",
  audit: "Anchors of the log",
};
const MARKS = { ok: "ok     ", warning: "warning", problem: "PROBLEM" } as const;

/** The findings for people, by area, and for programs. */
export function doctorReport(findings: readonly Finding[]): DoctorReport {
  const count = (level: Finding["level"]): number => findings.filter((finding) => finding.level === level).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  const areas = Object.entries(HEADS).flatMap(([area, head]) => {
    const own = findings.filter((finding) => finding.area === area);
    return own.length === 0 ? [] : [[head, ...own.map((finding) => findingText(finding))].join("\n")];
  });
  const sum = `${counted(problems, "problem")}, ${counted(warnings, "warning")}, ${count("ok")} ok`;
  return {
    text: [...areas, sum].join("\n\n"),
    json: { ok: problems === 0, problems, warnings, findings },
    exitStatus: problems === 0 ? 0 : 1,
  };
}

function findingText({ subject, level, what, why, mend }: Finding): string {
  const lines = [`  ${MARKS[level]}  ${subject}: ${oneLine(what)}`];
  if (why !== undefined) lines.push(`           why:  ${oneLine(why)}`);
  if (mend !== undefined) lines.push(`           mend: ${oneLine(mend)}`);
  return lines.join("\n");
}

// What other servers say may have line ends, and whatever else moves a cursor.
function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
