import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { z } from "zod";

import { isoTime } from "../../platform/clock.ts";
import { ADVISORIES, compareVersions } from "./advisories.ts";
import { type ImageContent, readImage } from "./image-content.ts";
import { type ImageAddress, RegistryReader, tryImageAddress } from "./registry-reader.ts";
import { markOf, optionOf, say, type StandIn, type StandInCall } from "./stand-in.ts";

const NAME = "trivy";
const VERSION = "0.74.0";
const MARK = markOf(NAME);
// Older ones get no fixes any more.
const OLDEST_ALPINE = 20;

/** Scans images of Alpine in a registry by what is installed in them, and manifests in JSON by a few rules. */
export const trivy: StandIn = {
  name: NAME,
  async run(call) {
    const { args, out, err } = call;
    if (args[0] === "--version") {
      out(`Version: ${VERSION} ${MARK}\n`);
      return 0;
    }
    try {
      if (args[0] === "image") return await scanImage(call);
      if (args[0] === "config") return await scanFolder(call);
      throw new Error(`unknown command ${JSON.stringify(args[0])}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      say(NAME, err, `FATAL Fatal error run error: image scan error: ${why}`);
      return 1;
    }
  },
};

interface Package {
  readonly name: string;
  readonly version: string;
}

async function scanImage(call: StandInCall): Promise<number> {
  const { args, env, err } = call;
  const reference = args.at(-1) ?? "";
  const address = tryImageAddress(reference);
  if (address === undefined) throw new Error(`${reference} is no image by its digest`);
  const platform = optionOf(args, "--platform") ?? "linux/amd64";
  const registry = new RegistryReader(call, address, env["TRIVY_NON_SSL"] === "true");
  const image = await readImage(registry, { digest: address.digest, platform });
  const { family, version } = systemOf(image);
  const packages = packagesOf(image);
  say(NAME, err, `INFO Detected OS family="${family}" version="${version}"`);
  const found = packages.flatMap(vulnerabilitiesOf);
  const result = {
    Target: `${reference} (${family} ${version})`,
    Class: "os-pkgs",
    Type: family,
    Packages: packages.map((one) => ({ ID: `${one.name}@${one.version}`, Name: one.name, Version: one.version })),
    ...(found.length > 0 && { Vulnerabilities: found }),
  };
  const OS = { Family: family, Name: version, EOSL: isOld(version) };
  printReport(call, {
    ArtifactName: reference,
    ArtifactType: "container_image",
    Metadata: { ...(family !== NO_SYSTEM && { OS }), ...imageMetadata(address, image) },
    Results: packages.length === 0 ? [] : [result],
  });
  return exitCodeOf(call, found.length);
}

function exitCodeOf({ args }: StandInCall, found: number): number {
  return found > 0 ? Number(optionOf(args, "--exit-code") ?? 0) : 0;
}

const NO_SYSTEM = "none";

function imageMetadata({ registry, repository, digest }: ImageAddress, image: ImageContent): object {
  return {
    ImageID: image.configDigest,
    RepoDigests: [`${registry}/${repository}@${digest}`],
    Layers: image.layers.map((layer) => ({ Digest: layer })),
  };
}

function systemOf({ files }: ImageContent): { readonly family: string; readonly version: string } {
  const text = files.get("etc/os-release") ?? "";
  const [, family = NO_SYSTEM] = /^ID="?([a-z]+)"?$/mu.exec(text) ?? [];
  const [, version = ""] = /^VERSION_ID="?([\w.]+)"?$/mu.exec(text) ?? [];
  return { family, version };
}

/** As Alpine's package manager writes them down: `P:musl` and `V:1.1.20-r4`, with an empty line after each package. */
function packagesOf({ files }: ImageContent): readonly Package[] {
  const blocks = (files.get("lib/apk/db/installed") ?? "").split("\n\n");
  return blocks.flatMap((block) => {
    const name = /^P:(.+)$/mu.exec(block)?.[1];
    const version = /^V:(.+)$/mu.exec(block)?.[1];
    return name === undefined || version === undefined ? [] : [{ name, version }];
  });
}

function vulnerabilitiesOf({ name, version }: Package): readonly object[] {
  const known = ADVISORIES.filter((advisory) => advisory.package === name);
  return known.flatMap(({ id, fixed, severity, title }) => {
    if (fixed !== undefined && compareVersions(version, fixed) >= 0) return [];
    return [
      {
        VulnerabilityID: id,
        PkgID: `${name}@${version}`,
        PkgName: name,
        InstalledVersion: version,
        ...(fixed !== undefined && { FixedVersion: fixed }),
        Status: fixed === undefined ? "affected" : "fixed",
        Severity: severity,
        Title: `${MARK} ${name}: ${title}`,
      },
    ];
  });
}

function isOld(version: string): boolean {
  const minor = Number(version.split(".")[1]);
  return Number.isFinite(minor) && minor < OLDEST_ALPINE;
}

const Container = z.looseObject({
  name: z.string(),
  image: z.string().default(""),
  securityContext: z
    .looseObject({ privileged: z.boolean().optional(), runAsNonRoot: z.boolean().optional() })
    .optional(),
});
const Workload = z.looseObject({
  kind: z.string(),
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(Container).default([]) }) }),
  }),
});
type Container = z.infer<typeof Container>;

interface Check {
  readonly id: string;
  readonly severity: string;
  readonly title: string;
  readonly isMet: (container: Container) => boolean;
}

const CHECKS: readonly Check[] = [
  {
    id: "AVD-KSV-0017",
    severity: "HIGH",
    title: "A container is privileged",
    isMet: ({ securityContext }) => securityContext?.privileged !== true,
  },
  {
    id: "AVD-KSV-0012",
    severity: "MEDIUM",
    title: "A container may run as root",
    isMet: ({ securityContext }) => securityContext?.runAsNonRoot === true,
  },
  {
    id: "AVD-KSV-0013",
    severity: "MEDIUM",
    title: "An image is named by the tag latest, or by none",
    isMet: ({ image }) => image.includes("@sha256:") || /:(?!latest$)[^/:]+$/u.test(image),
  },
];

async function scanFolder(call: StandInCall): Promise<number> {
  const { args, err } = call;
  const folder = args.at(-1) ?? "";
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".json")).toSorted();
  say(NAME, err, `INFO [misconfig] ${names.length} files in JSON; others are not read`);
  const results: object[] = [];
  let failures = 0;
  for (const name of names) {
    const workload = Workload.safeParse(tryParsed(await readFile(join(folder, name), "utf8"))).data;
    if (workload === undefined) continue;
    const made = workload.spec.template.spec.containers.flatMap((container) =>
      CHECKS.map((check) => judged(check, container)),
    );
    const failed = made.filter(({ Status }) => Status === "FAIL");
    failures += failed.length;
    results.push({
      Target: relative(".", name),
      Class: "config",
      Type: "kubernetes",
      MisconfSummary: { Successes: made.length - failed.length, Failures: failed.length },
      ...(failed.length > 0 && { Misconfigurations: failed }),
    });
  }
  printReport(call, { ArtifactName: folder, ArtifactType: "filesystem", Metadata: {}, Results: results });
  return exitCodeOf(call, failures);
}

function judged({ id, severity, title, isMet }: Check, container: Container) {
  const Status = isMet(container) ? "PASS" : "FAIL";
  return { ID: id, Title: title, Message: `${MARK} ${title}: ${container.name}`, Severity: severity, Status };
}

function tryParsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function printReport({ out, clock }: StandInCall, report: object): void {
  const head = { SchemaVersion: 2, Trivy: { Version: VERSION }, StandIn: MARK, CreatedAt: isoTime(clock.now()) };
  out(`${JSON.stringify({ ...head, ...report }, null, 2)}\n`);
}
