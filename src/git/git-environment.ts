/** One line of Git configuration, key and value. */
export type GitSetting = readonly [key: string, value: string];

/** The ways of transport that a call may open; a call that names none cannot reach any other repository. */
export type GitProtocol = "https" | "http" | "ssh" | "file";

/** The variables of the surrounding process that git gets to see; everything else stays behind. */
const PASSED_ON = [
  "PATH",
  "TMPDIR",
  "http_proxy",
  "https_proxy",
  "HTTPS_PROXY",
  "all_proxy",
  "ALL_PROXY",
  "no_proxy",
  "NO_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
] as const;

/** True for every call. What a machine or a person configured is not read at all, so none of it can weaken this. */
const SETTINGS: readonly GitSetting[] = [
  // The data folder may belong to another user id inside a container; its address is always given explicitly.
  ["safe.directory", "*"],
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.askPass", ""],
  ["credential.helper", ""],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["submodule.recurse", "false"],
  ["transfer.bundleURI", "false"],
  ["transfer.credentialsInUrl", "die"],
  ["i18n.logOutputEncoding", "UTF-8"],
  ["log.showSignature", "false"],
];

export interface GitEnvironment {
  /** The surrounding environment, of which only the search path, proxies and certificate locations are used. */
  readonly surrounding: Readonly<Record<string, string | undefined>>;
  /** An empty folder, so that no personal configuration is found. */
  readonly home: string;
  readonly repository?: string;
  readonly settings?: readonly GitSetting[];
  readonly protocols?: readonly GitProtocol[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The whole environment of one `git` process. */
export function gitEnvironment(wanted: GitEnvironment): Record<string, string> {
  const environment: Record<string, string> = { PATH: "/usr/local/bin:/usr/bin:/bin" };
  for (const name of PASSED_ON) {
    const value = wanted.surrounding[name];
    if (value !== undefined && value !== "") environment[name] = value;
  }
  const settings = [...SETTINGS, ...(wanted.settings ?? [])];
  for (const [place, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${place}`] = key;
    environment[`GIT_CONFIG_VALUE_${place}`] = value;
  }
  return {
    ...environment,
    GIT_CONFIG_COUNT: String(settings.length),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    // Known from Git 2.44 on. Older ones have no promisor remote configured outside a fetch, so they cannot fetch lazily either.
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: wanted.protocols?.join(":") || "none",
    HOME: wanted.home,
    XDG_CONFIG_HOME: wanted.home,
    LC_ALL: "C",
    TZ: "UTC",
    ...(wanted.repository === undefined ? {} : { GIT_DIR: wanted.repository }),
    ...wanted.environment,
  };
}
