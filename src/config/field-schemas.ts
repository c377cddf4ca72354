import { z } from "zod";

import { durationText, tryDuration } from "../platform/duration.ts";

/** The name of a service, an environment, a server or a role: it stands in Slack commands, lock keys and step paths. */
export const Name = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/u, {
  error: ({ input }) =>
    `${quoted(input)} is no name; a name has up to 63 lower-case letters, digits, dots, dashes and underscores, and begins and ends with a letter or digit`,
});

/** The name of a service. */
export const ServiceName = Name.refine((name) => name !== "help", {
  // `/promote help` explains the command.
  error: '"help" is a word of the commands; choose another name',
});

/** A Kubernetes object's name. */
export const KubernetesName = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/u, {
  error: ({ input }) =>
    `${quoted(input)} is no Kubernetes name; it has lower-case letters, digits, dots and dashes, and begins and ends with a letter or digit`,
});

/** Somebody's Slack id, such as `U0123ABCD`. Names are not accepted: people change them. */
export const SlackUser = z.string().regex(/^[UW][A-Z0-9]{2,20}$/u, {
  error: ({ input }) =>
    `${quoted(input)} is no Slack user id; open the person's profile, take "Copy member ID", and write it as U0123ABCD`,
});

/** The id of a Slack user group, such as `S0123ABCD`. Handles are not accepted: who may edit a group may take over a handle. */
export const SlackGroup = z.string().regex(/^S[A-Z0-9]{2,20}$/u, {
  error: ({ input }) =>
    `${quoted(input)} is no Slack user group id; open the group under People > User groups, take "Copy group ID", and write it as S0123ABCD`,
});

export const SlackTeam = z.string().regex(/^[TE][A-Z0-9]{2,20}$/u, {
  error: ({ input }) =>
    `${quoted(input)} is no Slack workspace id; it is the part of the workspace's address that looks like T0123ABCD`,
});

/** A channel by id (`C0123ABCD`) or name (`#deploys`). */
export const SlackChannel = z.string().regex(/^(?:[CG][A-Z0-9]{2,20}|#[\p{Ll}\p{Lo}\p{N}_-]{1,80})$/u, {
  error: ({ input }) =>
    `${quoted(input)} is no channel; write "#deploys" in quotes, or the channel's id such as C0123ABCD`,
});

// Slack refuses an app command that has the name of one of its own.
const SLACK_OWN = new Set(
  "/active /archive /away /apps /call /canvas /collapse /dm /dnd /expand /feed /feedback /help /huddle /invite /join /keys /leave /list /me /msg /mute /open /part /people /prefs /remind /remove /rename /search /shortcuts /shrug /star /status /topic /unarchive /who".split(
    " ",
  ),
);

/** A slash command as it is typed, such as `/promote`. */
export const SlashCommand = z
  .string()
  .regex(/^\/[a-z0-9][a-z0-9_-]{0,30}$/u, {
    error: ({ input }) =>
      `${quoted(input)} is no slash command; it begins with / and has up to 32 lower-case letters, digits, dashes and underscores`,
  })
  .refine((command) => !SLACK_OWN.has(command), {
    error: ({ input }) => `${quoted(input)} is one of Slack's own commands; choose another name`,
  });

/** A time such as `20s` or `1h30m`, read as milliseconds; from `leastMs` to `mostMs`, both included. */
export function duration({
  leastMs,
  mostMs,
}: {
  readonly leastMs: number;
  readonly mostMs: number;
}): z.ZodType<number, string> {
  return z
    .string({ error: ({ input }) => notA(input, "a duration such as 30s, 15m or 2h") })
    .transform((text, context) => {
      const durationMs = tryDuration(text);
      if (durationMs !== undefined && durationMs >= leastMs && durationMs <= mostMs) return durationMs;
      const range = `${durationText(leastMs)} to ${durationText(mostMs)}`;
      const message =
        durationMs === undefined
          ? `${quoted(text)} is no duration; write one such as 30s, 15m or 2h`
          : `${quoted(text)} is out of range; it goes from ${range}`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    });
}

const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1_000_000, GB: 1_000_000_000 };

/** A size such as `500MB` or `2GB`, read as bytes. */
export const Size = z
  .string({ error: ({ input }) => notA(input, "a size such as 500MB or 2GB") })
  .transform((text, context) => {
    const [, amount, unit] = /^([1-9]\d{0,5})(MB|GB)$/u.exec(text) ?? [];
    if (amount !== undefined) return Number(amount) * (UNIT_BYTES[unit ?? ""] ?? Number.NaN);
    context.addIssue({ code: "custom", message: `${quoted(text)} is no size; write one such as 500MB or 2GB` });
    return z.NEVER;
  });

/** A path on this machine. The loader makes it absolute: a relative one counts from the configuration file's folder. */
export const FilePath = z.string().min(1).max(4096);

/** A reference to a secret: the name under `secrets` that holds it. The value itself never stands in the file. */
export interface SecretReference {
  readonly secret: string;
}

const SECRET_FORM = /^\$\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}$/u;

/** A field that takes a secret: exactly `${{ secrets.NAME }}`. What was found instead is never repeated: it may be the secret. */
export const SecretField: z.ZodType<SecretReference, string> = z
  .string({ error: () => NO_SECRET })
  .transform((text, context) => {
    const [, secret] = SECRET_FORM.exec(text) ?? [];
    if (secret !== undefined) return { secret };
    context.addIssue({ code: "custom", message: NO_SECRET });
    return z.NEVER;
  });

const NO_SECRET =
  "a secret never stands in this file; write ${{ secrets.NAME }}, and under `secrets` say which variable or file holds it";

/** The address of a server: http or https, without user, password, query or fragment; kept without a trailing slash. */
export const ServerUrl = z
  .string({ error: ({ input }) => notA(input, "an address such as https://argocd.example.com") })
  .transform((text, context) => {
    const problem = urlProblem(text, ["https:", "http:"]);
    if (problem === undefined) return text.replace(/\/+$/u, "");
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  });

/** Says what is wrong with an address, without repeating a password that stands in it; undefined when nothing is. */
export function urlProblem(text: string, protocols: readonly string[]): string | undefined {
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol)) {
    const wanted = protocols.map((protocol) => `${protocol}//`).join(" or ");
    return text.includes("@")
      ? `this is no address that begins with ${wanted}`
      : `${quoted(text)} is no address; it begins with ${wanted}`;
  }
  if (url.password !== "" || (url.username !== "" && url.protocol !== "ssh:")) {
    return "an address has no user or password in it here; the credential has its own field, with a reference to a secret";
  }
  if (url.search !== "" || url.hash !== "")
    return "an address has no query or fragment here; leave out what follows ? or #";
  return undefined;
}

/** A value as it is quoted in a message: on one line, at most 60 characters; of a list or block, in which a secret may stand, only the sort. */
export function quoted(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a block of keys";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function notA(input: unknown, wanted: string): string {
  return input === undefined ? `is missing; it is ${wanted}` : `${quoted(input)} is not ${wanted}`;
}
