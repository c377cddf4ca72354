import { AppError } from "../platform/errors.ts";

export interface SshCommandOptions {
  /** The program, `ssh` unless the operator has another. */
  readonly program: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

/** The text of GIT_SSH_COMMAND: only this key, only these host keys, no question asked, nothing read from the machine's own configuration. */
export function sshCommand(options: SshCommandOptions): string {
  const settings = [
    "BatchMode=yes",
    // Not -i: when that file is missing, ssh falls back to the keys of the user that it runs as.
    `IdentityFile=${sshPath(options.keyFile)}`,
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "PreferredAuthentications=publickey",
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${sshPath(options.knownHostsFile)}`,
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "ConnectTimeout=20",
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
    "ControlMaster=no",
    "ControlPath=none",
    "ForwardAgent=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
  ];
  const words = [options.program, "-F", "/dev/null", ...settings.flatMap((setting) => ["-o", setting])];
  return words.map(shellWord).join(" ");
}

/**
 * A path inside an ssh setting: quoted, since ssh splits the value at white space. ssh puts values in the place of `%d`
 * and `${HOME}`: a percent sign of our own is doubled, the other cannot be escaped.
 */
function sshPath(path: string): string {
  if (/["\p{Cc}]|\$\{/u.test(path)) {
    throw new AppError(
      `The path ${JSON.stringify(path)} cannot be given to ssh. Use one without quotes and without \${`,
      { code: "git.access" },
    );
  }
  return `"${path.replaceAll("%", "%%")}"`;
}

/** One word for the shell by which git starts ssh. */
function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
