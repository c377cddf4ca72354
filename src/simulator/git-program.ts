import { execa } from "execa";

/** Makes Git behave the same on every machine: no system or personal configuration, no prompt, any owner of the folder accepted. */
export const GIT_ENVIRONMENT: Readonly<Record<string, string>> = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_CONFIG_COUNT: "3",
  GIT_CONFIG_KEY_0: "safe.directory",
  GIT_CONFIG_VALUE_0: "*",
  GIT_CONFIG_KEY_1: "uploadpack.allowFilter",
  GIT_CONFIG_VALUE_1: "true",
  GIT_CONFIG_KEY_2: "uploadpack.allowAnySHA1InWant",
  GIT_CONFIG_VALUE_2: "true",
};

/** The standard output of the `git` program, unchanged; throws when it fails. */
export async function runGit(
  args: readonly string[],
  input?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await execa("git", args, {
    env: { ...GIT_ENVIRONMENT, ...environment },
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
  });
  return stdout;
}

/** The same for output that is not text. */
export async function runGitBytes(args: readonly string[], input: string): Promise<Buffer> {
  const { stdout } = await execa("git", args, {
    env: GIT_ENVIRONMENT,
    encoding: "buffer",
    input,
    stripFinalNewline: false,
  });
  return Buffer.from(stdout);
}
