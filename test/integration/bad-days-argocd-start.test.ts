import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { Application as ArgocdApplication } from "../../src/simulator/argocd-application.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";
import { demoAccounts } from "../../src/simulator/argocd-demo-world.ts";
import { BadDay } from "../support/bad-day.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";

const PROMOTE = "/promote checkout abc123 to prod";
const READ_PROD = "GET /api/v1/applications/checkout-prod";

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

afterEach(() => day.noFaults());

/** The private answer to a promotion that is refused, which the log keeps, and which starts nothing. */
async function refusal(code: string, text = PROMOTE): Promise<string> {
  const before = day.runCount;
  const answer = await day.ask(text);
  expect(day.runCount).toBe(before);
  expect(day.settled().code).toBe(code);
  return answer;
}

/** An application in the place of checkout-prod, with these sources. */
async function create(sources: Pick<ArgocdApplication["spec"], "source">): Promise<void> {
  await day.remove("checkout-prod");
  const spec = { project: "shop", destination: { namespace: "checkout-prod" }, ...sources };
  await day.argocd.control({ action: "create-application", definition: { name: "checkout-prod", spec } });
}

describe("a promotion that Argo CD does not let begin", () => {
  it("401: names the token, and what to look at", async () => {
    await day.argocd.control({ action: "set-token", account: "quarterdeck", state: "expired" });
    onTestFinished(() => day.argocd.control({ action: "set-token", account: "quarterdeck", state: "valid" }));
    const answer = await refusal("argocd.auth");
    expect(answer).toMatch(/staging: .*Argo CD does not accept the token\. Check that the account has an API key/u);
    expect(answer).toMatch(/Nothing was started\./u);
    expect(answer).not.toContain(day.rig.world.environment["ARGOCD_TOKEN"]);
  });

  it("403: prints the policy line that is missing", async () => {
    const said =
      "permission denied: applications, get, shop/checkout-prod, sub: quarterdeck, iat: 2026-01-01T00:00:00Z";
    await day.fault({ kind: "status", matching: READ_PROD, status: 403, message: said, code: 7 });
    expect(await refusal("argocd.rbac")).toContain(
      "prod: read argocd/checkout-prod: the account may not get shop/checkout-prod. Missing policy line: p, quarterdeck, applications, get, shop/checkout-prod, allow",
    );
  });

  it("403 for what does not exist: says that it may be missing or hidden", async () => {
    onTestFinished(() => day.renew("checkout-prod"));
    await day.remove("checkout-prod");
    const answer = await refusal("argocd.hidden");
    expect(answer).toMatch(
      /prod: .*it does not exist, or the account may not see it, or its namespace is not enabled/u,
    );
  });

  it("404: says that it does not exist, and to check its name", async () => {
    const message = 'applications.argoproj.io "checkout-prod" not found';
    await day.fault({ kind: "status", matching: READ_PROD, status: 404, message, code: 5 });
    expect(await refusal("argocd.gone")).toContain("it does not exist in Argo CD (any more). Check its name");
  });

  it("a page of a proxy: says what stands in between, and what to configure", async () => {
    await day.fault({ kind: "html", matching: READ_PROD, status: 200 });
    const answer = await refusal("argocd.not-json");
    expect(answer).toMatch(/got an HTML page .* put the address of the Argo CD API itself into the configuration\./u);
    expect(answer).not.toMatch(/<|&lt;|token/u);
  });

  it("an answer that is cut off once: is read again, and nobody hears of it", async () => {
    await day.fault({ kind: "truncated", matching: READ_PROD, times: 1 });
    onTestFinished(async () => {
      await day.endRuns();
      await day.renew("checkout-staging");
    });
    await day.start(PROMOTE);
  });

  it("an answer that is always cut off: says that the connection breaks off, and to try again", async () => {
    await day.fault({ kind: "truncated", matching: READ_PROD });
    expect(await refusal("argocd.unreachable")).toMatch(
      /the connection to Argo CD broke off .*Nothing was started; try again in a moment\./u,
    );
  });

  it.each([500, 503])("%i for as long as it is asked: says so, and to try again", async (status) => {
    await day.fault({ kind: "status", matching: READ_PROD, status, message: "etcdserver: request timed out", code: 2 });
    const answer = await refusal(status === 500 ? "argocd.server" : "argocd.transient");
    expect(answer).toMatch(/etcdserver: request timed out.*Nothing was started; try again in a moment\./u);
  });

  it("silence: gives up after a quarter of a minute", async () => {
    await day.fault({ kind: "hang", matching: READ_PROD });
    expect(await refusal("argocd.timeout")).toMatch(
      /Argo CD did not answer within 15 s\. Nothing was started; try again/u,
    );
  });

  it("auto-sync that is further on, before anybody is asked to approve: names the choices", async () => {
    onTestFinished(() => day.renew("checkout-prod"));
    await day.patch("checkout-prod", { syncPolicy: { automated: {} } });
    await day.until("prod to be synced by itself", () => day.deployments("checkout-prod").length > 1);
    const answer = await refusal("revision.older");
    expect(answer).toContain("Argo CD syncs checkout-prod by itself from main, which does not go back.");
    expect(answer).toContain("Revert the commits on main; or switch auto-sync off for checkout-prod, then roll back.");
    expect(day.deployments("checkout-staging")).toEqual([DEMO_COMMITS.checkoutLive]);
  });

  it("the annotation that stops reconciliation: says to remove it", async () => {
    onTestFinished(() => day.renew("checkout-prod"));
    const skip = { "argocd.argoproj.io/skip-reconcile": "true" };
    await day.argocd.control({ action: "annotate", application: "checkout-prod", annotations: skip });
    expect(await refusal("argocd.skip-reconcile")).toMatch(
      /accept the sync and never run it\. Remove the annotation\./u,
    );
  });

  it("environments that read different repositories: names both", async () => {
    onTestFinished(() => day.renew("checkout-prod"));
    const repoURL = "http://127.0.0.1:1/elsewhere.git";
    await create({ source: { repoURL, path: "checkout/prod", targetRevision: "main" } });
    const answer = await refusal("argocd.repositories-differ");
    expect(answer).toMatch(
      /staging: http.*deploy\.git; prod: http.*elsewhere\.git.*Point them at the same repository/u,
    );
  });

  it("the same repository, written in two ways: is one", async () => {
    onTestFinished(() => day.renew("checkout-staging", "checkout-prod"));
    const { repoURL = "" } = day.application("checkout-prod").spec.source ?? {};
    const source = { repoURL: repoURL.replace(/\.git$/u, "/"), path: "checkout/prod", targetRevision: "main" };
    await create({ source });
    const answer = await refusal("revision.unknown", "/promote checkout 9999999 to prod");
    expect(answer).toContain("is no branch, tag or commit");
  });

  it("a chart of a Helm repository: says that there is no commit", async () => {
    onTestFinished(() => day.renew("checkout-prod"));
    await create({ source: { repoURL: "https://charts.example.com", chart: "checkout", targetRevision: "1.2.3" } });
    expect(await refusal("argocd.no-git-source")).toContain(
      "prod: checkout-prod has no Git source, so there is no commit to deploy. Nothing was started.",
    );
  });

  it("a password in the address of the repository: is named as the fault, and not repeated", async () => {
    onTestFinished(() => day.renew("checkout-prod"));
    const repoURL = "https://bot:s3cr3t-password@git.example.com/deploy.git";
    await create({ source: { repoURL, path: "checkout/prod", targetRevision: "main" } });
    const answer = await refusal("git.address");
    expect(answer).toMatch(/prod: .*it carries a user name or password for git\.example\.com\. Write it without/u);
    expect(answer).not.toContain("s3cr3t");
  });

  it("an older commit than what is live: refuses, and gives the command that goes back", async () => {
    const answer = await refusal("revision.older", "/promote checkout 14272e6 to prod");
    expect(answer).toContain("14272e6 is older than what is live in staging (2b4337b), so this would go back.");
    expect(answer).toContain("`/rollback checkout in staging to 14272e6 --unproven`");
  });

  it("nothing proven to go back to: says how to name a revision", async () => {
    const answer = await refusal("rollback.nothing-proven", "/rollback checkout in prod");
    expect(answer).toMatch(
      /no earlier revision that was proven in prod.*Name one: add "to" and a commit, and --unproven\./u,
    );
  });
});

describe("an Argo CD with another authority", () => {
  async function secure(): Promise<{ argocd: ArgocdSimulator; cert: string }> {
    const { cert, key } = createSelfSignedCertificate("argocd.example.com");
    const argocd = await startArgocdSimulator({
      clock: systemClock,
      gitRepositories: {},
      applications: [],
      accounts: demoAccounts(),
      tls: { cert, key },
    });
    onTestFinished(() => argocd.stop());
    return { argocd, cert };
  }

  it("is not trusted: the answer says which setting names the authority", async () => {
    const { argocd } = await secure();
    const configure = (text: string): string => text.replace(/url: http:.*\n(\s+token)/u, `url: ${argocd.url}\n$1`);
    await using other = await BadDay.open({ configure });
    const answer = await other.ask(PROMOTE);
    expect(answer).toMatch(
      /the TLS connection failed \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Give the certificate authority as ca/u,
    );
    expect(other.settled().code).toBe("argocd.tls");
    const warnings = other.rig.log.filter(({ level }) => level !== "info");
    expect(warnings).toContainEqual(expect.objectContaining({ code: "argocd.tls", argocd: "main" }));
  });
});
