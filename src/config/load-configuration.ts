import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { type Diagnostic, inFileOrder, InvalidFileError } from "../platform/diagnostic.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { withAbsolutePaths } from "./absolute-paths.ts";
import { accessFaults } from "./access-faults.ts";
import { Configuration } from "./configuration.ts";
import { credentialFaults } from "./credential-faults.ts";
import { discoveryFaults } from "./discovery-faults.ts";
import { anchorFaults } from "./anchor-faults.ts";
import type { Fault } from "./fault.ts";
import { promotionFaults } from "./promotion-faults.ts";
import { checkSchema } from "./schema-faults.ts";
import { slackFaults } from "./slack-faults.ts";
import { type DataPath, readYaml, type YamlDocument } from "./yaml-document.ts";

export interface ConfigurationSource {
  readonly text: string;
  /** The file's name as it is shown in diagnostics; relative paths in it count from its folder. */
  readonly file: string;
}

export type ConfigurationResult =
  | { readonly kind: "valid"; readonly configuration: Configuration }
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/** Finds what only shows when the configuration is seen together with other files. */
export type FurtherFaults = (configuration: Configuration) => readonly Fault[];

/** Reads `quarterdeck.yaml`. Throws InvalidFileError (`configuration.invalid`) with every mistake, or `configuration.unreadable`. */
export async function loadConfiguration(file: string, furtherFaults?: FurtherFaults): Promise<Configuration> {
  return parseConfiguration({ text: await readConfigurationText(file), file }, furtherFaults);
}

/** The same of a text that was read already. Throws InvalidFileError (`configuration.invalid`). */
export function parseConfiguration(source: ConfigurationSource, furtherFaults?: FurtherFaults): Configuration {
  const result = checkConfiguration(source, furtherFaults);
  if (result.kind === "invalid") throw new InvalidFileError("configuration.invalid", result.diagnostics);
  return result.configuration;
}

/** The same without reading a file and without throwing. Secrets are not looked up. */
export function checkConfiguration(
  source: ConfigurationSource,
  furtherFaults: FurtherFaults = () => [],
): ConfigurationResult {
  const yaml = readYaml(source);
  if (yaml.kind === "broken") return { kind: "invalid", diagnostics: yaml.diagnostics };
  const checked = checkSchema(Configuration, yaml.document.value ?? {});
  const faults =
    checked.kind === "valid" ? [...crossFaults(checked.value), ...furtherFaults(checked.value)] : checked.faults;
  if (checked.kind === "valid" && faults.length === 0) {
    return { kind: "valid", configuration: withAbsolutePaths(checked.value, dirname(source.file)) };
  }
  const diagnostics = faults.map((fault) => diagnosticOf(fault, yaml.document, source.file));
  return { kind: "invalid", diagnostics: inFileOrder(diagnostics) };
}

/** What only shows when the parts are seen together. */
function crossFaults(configuration: Configuration): readonly Fault[] {
  return [
    ...slackFaults(configuration),
    ...promotionFaults(configuration),
    ...discoveryFaults(configuration),
    ...accessFaults(configuration),
    ...credentialFaults(configuration),
    ...anchorFaults(configuration),
  ];
}

function diagnosticOf(fault: Fault, document: YamlDocument, file: string): Diagnostic {
  const { line, column } = document.placeOf(fault.path, fault.part);
  const about = pathText(fault.part === "key" ? fault.path.slice(0, -1) : fault.path);
  return { file, line, column, message: about === "" ? fault.message : `${about}: ${fault.message}` };
}

/** `services[0].environments.prod` */
function pathText(path: DataPath): string {
  return path
    .map((member) => (typeof member === "number" ? `[${member}]` : `.${String(member)}`))
    .join("")
    .replace(/^\./u, "");
}

/** The text of `quarterdeck.yaml`. Throws `configuration.unreadable`. */
export async function readConfigurationText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const message = `The configuration ${file} cannot be read (${errorText(error)}). Copy quarterdeck.example.yaml to ${file}, or set QUARTERDECK_CONFIG to where it is`;
    throw new AppError(message, { code: "configuration.unreadable", cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const message = `The configuration ${file} is not UTF-8 text. Save it as UTF-8`;
    throw new AppError(message, { code: "configuration.unreadable", cause: error });
  }
}
