import { z } from "zod";

import { AppError } from "../platform/errors.ts";
import type { SecretMask } from "../platform/masking.ts";
import { isLoopback } from "./loopback.ts";

/** The environment variables by name, as a process gets them. */
export type Variables = Readonly<Record<string, string | undefined>>;

const SECRETS = [
  "SLACK_BOT_TOKEN",
  "SLACK_APP_TOKEN",
  "SLACK_SIGNING_SECRET",
  "REDIS_URL",
  "QUARTERDECK_SECRET",
] as const;

const slackToken = (prefix: string, what: string) =>
  z.string().superRefine((token, context) => {
    if (token.startsWith(prefix) && token.length > prefix.length + 8) return;
    context.addIssue({ code: "custom", message: `${tokenProblem(token)}; ${what} begins with ${prefix}` });
  });

const address = (protocols: readonly string[]) =>
  z.string().superRefine((text, context) => {
    const url = URL.parse(text);
    if (url !== null && protocols.includes(url.protocol)) return;
    const wanted = protocols.map((protocol) => `${protocol}//`).join(" or ");
    context.addIssue({ code: "custom", message: `is no address that begins with ${wanted}` });
  });

const Schema = z.object({
  SLACK_BOT_TOKEN: slackToken("xoxb-", "a bot token (the app's page, OAuth & Permissions)").optional(),
  SLACK_APP_TOKEN: slackToken("xapp-", "an app-level token (the app's page, Basic Information)").optional(),
  SLACK_SIGNING_SECRET: z.string().min(16, "is too short; copy it from the app's page, Basic Information").optional(),
  SLACK_API_URL: address(["https:", "http:"])
    .refine((text) => isSafe(text), "would carry tokens unencrypted; use https://")
    .transform((text) => (text.endsWith("/") ? text : `${text}/`))
    .prefault("https://slack.com/api/"),
  REDIS_URL: address(["redis:", "rediss:"]).optional(),
  QUARTERDECK_CONFIG: z.string().default("quarterdeck.yaml"),
  QUARTERDECK_DATA: z.string().default("data"),
  QUARTERDECK_COMMANDS: z.string().default("commands"),
  QUARTERDECK_PUBLIC_URL: address(["https:", "http:"])
    .refine((text) => isBare(text), "has a user, query or fragment; only https://host/path belongs here")
    .transform((text) => text.replace(/\/+$/u, ""))
    .optional(),
  QUARTERDECK_SECRET: z.string().optional(),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/u, "is no host name or IP address")
    .default("127.0.0.1"),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/u, "is no port number; a port goes from 0 to 65535")
    .transform(Number)
    .refine((port) => port <= 65_535, "is no port number; a port goes from 0 to 65535")
    .prefault("8080"),
});

/** What the surroundings of the process say, checked. */
export interface Environment {
  readonly slackBotToken: string | undefined;
  readonly slackAppToken: string | undefined;
  readonly slackSigningSecret: string | undefined;
  /** Ends in a slash. */
  readonly slackApiUrl: string;
  readonly redisUrl: string | undefined;
  readonly configurationFile: string;
  readonly dataFolder: string;
  readonly commandsFolder: string;
  /** Where people reach this server; without a slash at the end. */
  readonly publicUrl: string | undefined;
  /** As it is set; see `ensureInstanceSecret`. */
  readonly instanceSecret: string | undefined;
  readonly host: string;
  readonly port: number;
  /** All variables, for secrets that the configuration keeps in one, and for programs that are started. */
  readonly variables: Variables;
}

/**
 * Reads the environment variables; one that is set to nothing counts as absent. Secret ones are masked from then on.
 * Throws `environment.invalid`, naming every variable that is wrong and what would be right, never its value.
 */
export function readEnvironment(mask: SecretMask, variables: Variables = process.env): Environment {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
  for (const name of SECRETS) if (set[name] !== undefined) mask.add(set[name].trim());
  // Said alone by others, such as in the refusal of a server.
  for (const password of passwordsOf(set["REDIS_URL"])) mask.add(password);
  const result = Schema.safeParse(
    Object.fromEntries(Object.entries(set).map(([name, value]) => [name, value?.trim()])),
  );
  if (!result.success) {
    const lines = result.error.issues.map((issue) => `${issue.path.map(String).join(".")} ${issue.message}`);
    throw new AppError(lines.join("\n"), { code: "environment.invalid" });
  }
  const values = result.data;
  return {
    slackBotToken: values.SLACK_BOT_TOKEN,
    slackAppToken: values.SLACK_APP_TOKEN,
    slackSigningSecret: values.SLACK_SIGNING_SECRET,
    slackApiUrl: values.SLACK_API_URL,
    redisUrl: values.REDIS_URL,
    configurationFile: values.QUARTERDECK_CONFIG,
    dataFolder: values.QUARTERDECK_DATA,
    commandsFolder: values.QUARTERDECK_COMMANDS,
    publicUrl: values.QUARTERDECK_PUBLIC_URL,
    instanceSecret: values.QUARTERDECK_SECRET,
    host: values.HOST,
    port: values.PORT,
    variables,
  };
}

/** The password in an address, as it is written and as it is meant. */
function passwordsOf(redisUrl: string | undefined): readonly string[] {
  const written = URL.parse(redisUrl ?? "")?.password ?? "";
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}

/** Says what a token that is in the wrong place looks like, without repeating it. */
function tokenProblem(token: string): string {
  const kinds: readonly (readonly [string, string])[] = [
    ["xoxb-", "holds a bot token"],
    ["xapp-", "holds an app-level token"],
    ["xoxp-", "holds a user token"],
    ["xoxe", "holds a token that rotates; switch token rotation off for the app"],
  ];
  const [prefix, text] = kinds.find(([start]) => token.startsWith(start)) ?? [
    "",
    "holds something else than a Slack token",
  ];
  return prefix !== "" && token.length <= prefix.length + 8 ? "is cut off" : text;
}

function isSafe(text: string): boolean {
  const url = URL.parse(text);
  return url === null || url.protocol === "https:" || isLoopback(url.hostname);
}

function isBare(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === "" && url.password === "" && url.search === "" && url.hash === "");
}
