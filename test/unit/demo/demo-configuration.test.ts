import { expect, it } from "vitest";

import { parseConfiguration } from "../../../src/config/load-configuration.ts";
import { demoConfiguration } from "../../../src/demo/demo-configuration.ts";

const ADDRESSES = { argocdUrl: "http://127.0.0.1:4001", repositoryUrl: "http://127.0.0.1:4002/harbor/deploy.git" };
const NOTHING = { environments: [], services: [], programs: {}, secrets: [], repositories: [], others: {} };

function parsed(text: string) {
  return parseConfiguration({ text, file: "quarterdeck.yaml" }, () => []);
}

it("is a configuration that the application takes", () => {
  const { environments, network } = parsed(demoConfiguration(ADDRESSES));
  expect(environments.map(({ name }) => name)).toEqual(["staging", "qa", "prod"]);
  expect(network.allow).toEqual([]);
});

it("has what the parts of the world add, and lets steps call this machine then", () => {
  const text = demoConfiguration({
    ...ADDRESSES,
    verbs: ["provision"],
    parts: {
      ...NOTHING,
      environments: [{ name: "eu-1", approval: "none" }],
      services: [{ name: "shop", environments: { "eu-1": "shop-eu-1" } }],
      programs: { lint: { path: "/usr/bin/lint" } },
      secrets: ["REGISTRY_PASSWORD"],
      repositories: [{ url: "http://127.0.0.1:4002/harbor/infra.git", branches: ["main"] }],
      roles: {},
      grants: [],
      others: { artifacts: {} },
    },
  });
  const configuration = parsed(text);
  expect(configuration.environments.at(-1)?.name).toBe("eu-1");
  expect(configuration.services.at(-1)?.name).toBe("shop");
  expect(configuration.programs["lint"]?.path).toBe("/usr/bin/lint");
  expect(configuration.secrets["REGISTRY_PASSWORD"]).toEqual({ env: "REGISTRY_PASSWORD" });
  expect(configuration.git.repositories).toHaveLength(2);
  expect(configuration.network.allow).toEqual(["127.0.0.0/8"]);
  expect(configuration.grants[0]?.verbs).toContain("provision");
});
