import type { CiJob } from "../../simulator/forge-ci.ts";
import { ForgeSimulator } from "../../simulator/forge-simulator.ts";
import { DEMO_COMMITS } from "../../simulator/git-demo-repository.ts";
import { defineWorldPart, type WorldPart } from "../world-part.ts";

/** The repository of the shop, as the forge calls it. */
export const FORGE_REPOSITORY = "harbor/deploy";

const TOKEN = "demo-github-token-0001";
const UNIT_TESTS: CiJob = { name: "unit tests", afterMs: 2500, conclusion: "success" };
const MANIFESTS: CiJob = { name: "manifests", afterMs: 1200, conclusion: "success" };

/** The host of the shop's repository, with a CI that tests each commit when it is first asked about. */
export const forge: WorldPart<ForgeSimulator> = defineWorldPart({
  name: "forge",
  open: async ({ clock, git, resources }) => {
    const thing = resources.use(
      await ForgeSimulator.start({
        clock,
        repositories: { [FORGE_REPOSITORY]: git.deploy.repository.folder },
        tokens: { [TOKEN]: { user: "quarterdeck", rights: ["read", "write"] } },
        ci: testsOf,
      }),
    );
    return {
      thing,
      configuration: { secrets: ["GITHUB_TOKEN"] },
      environment: { GITHUB_TOKEN: TOKEN },
      replacements: {
        "https://github.com/acme/deploy": `${thing.url}/${FORGE_REPOSITORY}`,
        // Its jobs end in seconds.
        "interval: 10s": "interval: 1s",
      },
    };
  },
});

/** One commit cannot be read as manifests; the tests of another one fail, and do not when they are run again. */
function testsOf(sha: string): readonly CiJob[] {
  const failure = { conclusion: "failure" };
  if (sha === DEMO_COMMITS.webBroken) return [UNIT_TESTS, { ...MANIFESTS, ...failure }];
  return sha === DEMO_COMMITS.webPrices ? [{ ...UNIT_TESTS, ...failure }, MANIFESTS] : [UNIT_TESTS, MANIFESTS];
}
