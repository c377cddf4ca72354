import { createServer, type Server } from "node:http";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import type { GitRepositories, GitRepositoriesDeps } from "../../src/git/git-repositories.ts";
import type { RepositoryAccess } from "../../src/git/repository-access.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { listen } from "../../src/platform/listen.ts";
import { createDemoRepository, DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import { GitHost } from "../../src/simulator/git-host.ts";
import type { GitRepository } from "../../src/simulator/git-repository.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { GitWorkbench } from "../support/git-workbench.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";
import { openTlsFront, type TlsFront } from "../support/tls-front.ts";
import { eventually } from "../support/eventually.ts";

const TOKEN = "canary-t0ken-4711";

describe("a repository", () => {
  let bench: GitWorkbench;
  let repository: GitRepository;
  let host: GitHost;
  let guarded: GitHost;
  let count = 0;
  const servers: (Server | TlsFront["server"])[] = [];

  beforeAll(async () => {
    bench = await GitWorkbench.create();
    repository = await createDemoRepository(join(bench.folder, "deploy.git"));
    const repositories = { "acme/deploy.git": repository.folder };
    host = await GitHost.start({ clock: systemClock, repositories });
    guarded = await GitHost.start({ clock: systemClock, repositories, token: TOKEN });
  });
  afterEach(() => host.setFault({ kind: "none" }));
  afterAll(async () => {
    for (const server of servers) server.close();
    await host[Symbol.asyncDispose]();
    await guarded[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  /** Fresh mirrors each time, since their names depend on the address only. */
  const open = (deps: Partial<GitRepositoriesDeps> = {}): GitRepositories =>
    bench.open({ folder: join(bench.folder, `mirrors-${(count += 1)}`), ...deps });
  const openWith = (url: string, access: RepositoryAccess, deps: Partial<GitRepositoriesDeps> = {}): GitRepositories =>
    open({ rules: [{ url, access }], ...deps });
  const serve = async (answer: Parameters<typeof createServer>[1]): Promise<string> => {
    const server = createServer(answer);
    servers.push(server);
    const { port } = await listen(server);
    return `http://127.0.0.1:${port}`;
  };
  const token = (value = TOKEN): RepositoryAccess => ({ kind: "token", username: "oauth2", token: value });
  const url = (from: GitHost): string => from.repositoryUrl("acme/deploy.git");

  describe("over HTTP", () => {
    test("is read without credentials when it is public, and not asked again for what it does not have", async () => {
      const git = open({ rules: [] });
      const ask = (text: string) => git.resolveRevision({ repository: url(host), text, allowedBranches: ["main"] });
      expect(await ask("abc123")).toMatchObject({ kind: "resolved", sha: DEMO_COMMITS.target });
      const before = host.requests;
      expect(
        await git.commitsBetween({
          repository: url(host),
          from: DEMO_COMMITS.checkoutLive,
          to: DEMO_COMMITS.target,
          paths: ["checkout"],
        }),
      ).toMatchObject({ kind: "forward" });
      expect(await ask(DEMO_COMMITS.target)).toMatchObject({ kind: "resolved" });
      expect(host.requests).toBe(before);
    });

    test("is read with a token", async () => {
      const git = openWith(guarded.url, token());
      await expect(bench.fetch(git, url(guarded))).resolves.toBeUndefined();
    });

    test("refuses a wrong token and no token, without a word of it in the error", async () => {
      for (const git of [openWith(guarded.url, token("canary-wr0ng-4711")), open({ rules: [] })]) {
        const error = await appErrorOf(bench.fetch(git, url(guarded)));
        expect(error.code).toBe("git.authentication");
        expect(error.message).toContain("refused the credentials");
        expect(JSON.stringify([error.message, error.stack, error.details])).not.toContain("canary");
      }
    });

    test("gives its token neither to the command line nor to the files of the mirror", async () => {
      const log = join(bench.folder, "argv");
      const program = await bench.script("git-logged", `printf '%s\\n' "$@" >> '${log}'\nexec git "$@"`);
      const git = openWith(guarded.url, token(), { program });
      await bench.fetch(git, url(guarded));
      expect(await readFile(log, "utf8")).not.toContain("canary");
      const { stdout } = await execa("grep", ["-rl", "canary", join(bench.folder, `mirrors-${count}`)], {
        reject: false,
      });
      expect(stdout).toBe("");
    });

    test.each([
      ["at once", false],
      ["once it has seen the token", true],
    ])("does not get the token of another host that redirects to it %s", async (_when, asksFirst) => {
      const seen: (string | undefined)[] = [];
      const thief = await serve((request, response) => {
        seen.push(request.headers.authorization);
        response.writeHead(401, { "www-authenticate": 'Basic realm="thief"' }).end();
      });
      const redirecting = await serve((request, response) => {
        const asks = asksFirst && request.headers.authorization === undefined;
        if (asks) response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
        else response.writeHead(302, { location: `${thief}${request.url ?? ""}` }).end();
      });
      const git = openWith(redirecting, token());
      const error = await appErrorOf(bench.fetch(git, `${redirecting}/acme/deploy.git`));
      expect(error.code).toBe("git.authentication");
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.filter((value) => value !== undefined)).toEqual([]);
    });

    test("is not read from a file to which its server redirects", async () => {
      const redirecting = await serve(
        (_request, response) => void response.writeHead(302, { location: `file://${repository.folder}` }).end(),
      );
      const error = await appErrorOf(bench.fetch(open({ rules: [] }), `${redirecting}/x`));
      expect(error.code).toMatch(/^git\./u);
    });

    test.each([
      ["down", { kind: "down" }, "git.unreachable"],
      ["failing", { kind: "error" }, "git.unreachable"],
      ["refusing", { kind: "unauthorized" }, "git.authentication"],
    ] as const)("says that its server is %s", async (_what, fault, code) => {
      host.setFault(fault);
      expect((await appErrorOf(bench.fetch(open({ rules: [] }), url(host)))).code).toBe(code);
    });

    test("is given up when its server hangs", async () => {
      const accepted = Promise.withResolvers<void>();
      const hanging = await serve(() => accepted.resolve());
      const clock = new FakeClock();
      const git = open({ rules: [], clock, limits: { fetchTimeoutMs: 5000 } });
      const outcome = appErrorOf(bench.fetch(git, `${hanging}/acme/deploy.git`));
      await accepted.promise;
      await clock.advance(6000);
      expect(await outcome).toMatchObject({ code: "git.timeout", retry: "backoff" });
    });

    test("is told apart from a page, from nothing and from a wrong path", async () => {
      const page = await serve((request, response) => {
        const body = request.url?.startsWith("/lines") === true ? "<html>\nlogin\n</html>\n" : "";
        response.writeHead(200, { "content-type": "text/html" }).end(body);
      });
      const codeOf = async (address: string): Promise<string> =>
        (await appErrorOf(bench.fetch(open({ rules: [] }), address))).code;
      expect(await codeOf(`${page}/lines`)).toBe("git.not-a-repository");
      expect(await codeOf(`${page}/nothing`)).toBe("git.empty");
      expect(await codeOf(`${host.url}/acme/other.git`)).toBe("git.not-a-repository");
    });

    test("loses no branch while something else answers in its place", async () => {
      let isPage = false;
      const front = await serve((request, response) => {
        if (isPage) response.writeHead(200, { "content-type": "text/html" }).end("<html>login</html>");
        else response.writeHead(307, { location: `${host.url}${request.url ?? ""}` }).end();
      });
      const git = open({ rules: [] });
      const address = `${front}/acme/deploy.git`;
      const ask = (text: string) => git.resolveRevision({ repository: address, text, allowedBranches: ["main"] });
      expect(await ask("main")).toMatchObject({ kind: "resolved" });
      isPage = true;
      expect((await appErrorOf(ask("main"))).code).toBe("git.empty");
      expect(await ask(DEMO_COMMITS.target)).toMatchObject({ kind: "resolved" });
    });

    test("whose port is closed is unreachable", async () => {
      const server = createServer();
      const { port } = await listen(server);
      await new Promise((resolve) => void server.close(resolve));
      expect((await appErrorOf(bench.fetch(open({ rules: [] }), `http://127.0.0.1:${port}/x`))).code).toBe(
        "git.unreachable",
      );
    });

    test("refuses a token with a line end, which could smuggle a line into Git's credential protocol", async () => {
      const git = openWith(guarded.url, token("abcdefgh\nhost=evil.example"));
      expect((await appErrorOf(bench.fetch(git, url(guarded)))).code).toBe("git.access");
    });
  });

  describe("over TLS with an authority of its own", () => {
    let address: string;
    let caFile: string;

    beforeAll(async () => {
      const certificate = createSelfSignedCertificate("own");
      caFile = join(bench.folder, "own.crt");
      await writeFile(caFile, certificate.cert);
      const { server, port } = await openTlsFront(certificate, Number(new URL(host.url).port));
      servers.push(server);
      address = `https://127.0.0.1:${port}/acme/deploy.git`;
    });

    test("is read with the authority's file", async () => {
      const git = openWith(address, { kind: "public", caFile });
      await expect(bench.fetch(git, address)).resolves.toBeUndefined();
    });

    test("is refused without it, with another and with a file that is not there", async () => {
      const other = join(bench.folder, "other.crt");
      await writeFile(other, createSelfSignedCertificate("other").cert);
      for (const wrong of [undefined, other, join(bench.folder, "missing.crt")]) {
        const error = await appErrorOf(bench.fetch(openWith(address, { kind: "public", caFile: wrong }), address));
        expect(error.code).toBe("git.certificate");
        expect(error.message).toContain("caFile");
      }
    });
  });

  describe("over SSH", () => {
    const access = (): RepositoryAccess => ({
      kind: "ssh-key",
      keyFile: join(bench.folder, "deploy key"),
      knownHostsFile: join(bench.folder, "known hosts"),
    });
    const openSsh = async (script: string): Promise<GitRepositories> =>
      openWith("git@git.example.com", access(), { sshProgram: await bench.script("ssh stub", script) });
    const address = (): string => `ssh://git@git.example.com${encodeURI(repository.folder)}`;

    test("is read with the key and the known hosts, as ssh gets them", async () => {
      const log = join(bench.folder, "ssh-argv");
      // The last argument is what the other machine would run.
      const stub = await bench.script(
        "ssh stub",
        `printf '%s\\n' "$@" > '${log}'\nfor last in "$@"; do :; done\nunset GIT_DIR\neval "exec $last"`,
      );
      const git = openWith("ssh://git@git.example.com", access(), { sshProgram: stub });
      const answer = await git.resolveRevision({ repository: address(), text: "abc123", allowedBranches: ["main"] });
      expect(answer).toMatchObject({ kind: "resolved", sha: DEMO_COMMITS.target });
      const args = (await readFile(log, "utf8")).split("\n");
      expect(args).toEqual(
        expect.arrayContaining([
          `IdentityFile="${join(bench.folder, "deploy key")}"`,
          "BatchMode=yes",
          "git@git.example.com",
        ]),
      );
      expect(args).toContain(`UserKnownHostsFile="${join(bench.folder, "known hosts")}"`);
    });

    test.each([
      [
        "an unknown host",
        "echo 'No ED25519 host key is known for git.example.com and you have requested strict checking.' >&2; echo 'Host key verification failed.' >&2; exit 255",
        "git.host-key",
        /known_hosts/u,
      ],
      [
        "a refused key",
        "echo 'git@git.example.com: Permission denied (publickey).' >&2; exit 255",
        "git.authentication",
        /mode 0600/u,
      ],
      [
        "a closed port",
        "echo 'ssh: connect to host git.example.com port 22: Connection refused' >&2; exit 255",
        "git.unreachable",
        /address/u,
      ],
    ])("says what is wrong with %s", async (_what, script, code, advice) => {
      const error = await appErrorOf(bench.fetch(await openSsh(script), "git@git.example.com:acme/deploy.git"));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(advice);
    });

    test("is given up with its ssh when it hangs", async () => {
      const pidFile = join(bench.folder, "ssh-pid");
      const stub = await bench.script(
        "ssh stub",
        `echo $$ > '${pidFile}.part'; mv '${pidFile}.part' '${pidFile}'\nexec sleep 60`,
      );
      const clock = new FakeClock();
      const git = openWith("git@git.example.com", access(), {
        sshProgram: stub,
        clock,
        limits: { fetchTimeoutMs: 5000 },
      });
      const outcome = appErrorOf(bench.fetch(git, "git@git.example.com:acme/deploy.git"));
      const pid = await eventually(async () => (await readFile(pidFile, "utf8")).trim());
      await clock.advance(6000);
      expect((await outcome).code).toBe("git.timeout");
      const state = (): Promise<string> => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone Z");
      await eventually(async () => expect(await state()).toContain("Z"));
    });

    test("needs a rule", async () => {
      expect((await appErrorOf(bench.fetch(open({ rules: [] }), "git@git.example.com:acme/deploy.git"))).code).toBe(
        "git.access",
      );
    });
  });
});
