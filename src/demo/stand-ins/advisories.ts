/** What is known of a package of Alpine. */
export interface Advisory {
  readonly id: string;
  readonly package: string;
  /** The first version without it; undefined where there is none yet. */
  readonly fixed?: string;
  readonly severity: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW";
  readonly title: string;
}

// A few, as their authors published them; a real scanner knows hundreds of thousands.
export const ADVISORIES: readonly Advisory[] = [
  {
    id: "CVE-2019-14697",
    package: "musl",
    fixed: "1.1.20-r5",
    severity: "CRITICAL",
    title: "x87 stack imbalance in the floating-point functions",
  },
  {
    id: "CVE-2022-37434",
    package: "zlib",
    fixed: "1.2.12-r2",
    severity: "CRITICAL",
    title: "buffer overflow by a large extra field of a gzip header",
  },
  {
    id: "CVE-2023-0464",
    package: "libssl3",
    fixed: "3.0.8-r1",
    severity: "HIGH",
    title: "excessive use of resources while policies of certificates are verified",
  },
  {
    id: "CVE-2019-1549",
    package: "libssl1.1",
    fixed: "1.1.1d-r0",
    severity: "MEDIUM",
    title: "parent and child share the random numbers after a fork",
  },
];

/** Negative where the left version of a package is the older one. */
export function compareVersions(left: string, right: string): number {
  const [all, others] = [partsOf(left), partsOf(right)];
  for (let at = 0; at < Math.max(all.length, others.length); at += 1) {
    const [one = "", other = ""] = [all[at], others[at]];
    if (one === other) continue;
    const isNumeric = /^\d+$/u.test(one) && /^\d+$/u.test(other);
    if (isNumeric) return Number(one) - Number(other);
    return one < other ? -1 : 1;
  }
  return 0;
}

function partsOf(version: string): readonly string[] {
  return version.match(/\d+|[a-z]+/gu) ?? [];
}
