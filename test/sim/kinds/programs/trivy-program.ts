import type { ImageRegistry, SimulatedImage } from "./image-registry.ts";
import { type Ended, parseArguments, type SimulatedProgram } from "./program-stage.ts";

interface World {
  readonly registry: ImageRegistry;
  readonly isTroubled: () => boolean;
}

/** Trivy, as far as it scans images by their digests. */
export function trivyProgram({ registry, isTroubled }: World): SimulatedProgram {
  return async (call) => {
    const { words, options } = parseArguments(call.order.args, {
      joined: ["format", "exit-code", "cache-dir", "timeout", "scanners", "image-src", "platform"],
    });
    const [command, reference = ""] = words;
    if (command !== "image" || options.get("format") !== "json") throw new RangeError("nobody expects this of trivy");
    await call.pass(500, 8000);
    const luck = isTroubled() ? call.dice.fraction() : 1;
    const code = Number(options.get("exit-code") ?? "0");
    const end = trouble(luck, { reference, code }) ?? scan(registry, { reference, code });
    if (end.isWhole === true) registry.scans.push({ reference, at: call.now() });
    return end;
  };
}

interface Scan {
  readonly reference: string;
  /** What it ends with where it found something. */
  readonly code: number;
}

interface ScanEnd extends Ended {
  readonly isWhole?: boolean;
}

function scan(registry: ImageRegistry, { reference, code }: Scan): ScanEnd {
  const image = registry.find(reference);
  if (image === undefined) return failed("remote error: GET manifests: MANIFEST_UNKNOWN: manifest unknown");
  const { findings } = image;
  const stdout = JSON.stringify(report(reference, findings));
  return { exitCode: findings.length > 0 ? code : 0, stdout, isWhole: true };
}

const MISHAPS: readonly ((scan: Scan) => ScanEnd)[] = [
  () => failed("GET https://registry.test/v2/: dial tcp 192.0.2.7:443: connect: connection refused"),
  () => failed("init error: DB error: failed to download vulnerability DB: OCI artifact error"),
  () => failed("run error: image scan error: scan error: unexpected fault in the analyzer"),
  // It scanned nothing, and says so in a report that looks like one of a clean image.
  ({ reference }) => ({ exitCode: 0, stdout: JSON.stringify({ ...report(reference, []), Results: [] }) }),
  ({ reference }) => ({ exitCode: 0, stdout: JSON.stringify(report(reference, [])).slice(0, 200) }),
  // What it found is lost on the way to its report.
  ({ reference, code }) => ({ exitCode: code, stdout: JSON.stringify(report(reference, [])) }),
];
const MISHAP = 0.05;

function trouble(luck: number, wanted: Scan): ScanEnd | undefined {
  return MISHAPS[Math.floor(luck / MISHAP)]?.(wanted);
}

function failed(why: string): Ended {
  return { exitCode: 1, stderr: `2026-01-01T10:00:00Z\tFATAL\tFatal error\t${why}` };
}

function report(reference: string, findings: SimulatedImage["findings"]): object {
  return {
    SchemaVersion: 2,
    Trivy: { Version: "0.74.0" },
    ArtifactName: reference,
    ArtifactType: "container_image",
    Metadata: { Size: 10_240, OS: { Family: "alpine", Name: "3.22.1" }, RepoDigests: [reference] },
    Results: [
      {
        Target: `${reference} (alpine 3.22.1)`,
        Class: "os-pkgs",
        Type: "alpine",
        Packages: [{ ID: "musl@1.2.5", Name: "musl", Version: "1.2.5" }],
        ...(findings.length > 0 && {
          Vulnerabilities: findings.map((severity, index) => ({
            VulnerabilityID: `CVE-2026-${1000 + index}`,
            PkgName: "musl",
            InstalledVersion: "1.2.5",
            FixedVersion: "1.2.6",
            Severity: severity,
            Title: "something is wrong",
          })),
        }),
      },
    ],
  };
}
