import { describe, expect, it } from "vitest";

import {
  applicationLink,
  conditionsLink,
  diffLink,
  historyLink,
  linkUrl,
  operationLink,
  resourceLink,
  treeLink,
} from "../../../src/argocd/deep-links.ts";
import { anApplication } from "./application-builder.ts";

const base = { url: "https://argocd.example.com/argo/", namespace: "team a", name: "web" };
const page = "https://argocd.example.com/argo/applications/team%20a/web";

describe("deep links", () => {
  it("lead to the namespaced page of the application below the base path", () => {
    expect(applicationLink(base)).toBe(page);
    expect(treeLink(base)).toBe(`${page}?view=tree`);
    expect(treeLink(base, "Degraded")).toBe(`${page}?view=tree&resource=health%3ADegraded`);
    expect(operationLink(base)).toBe(`${page}?operation=true`);
    expect(historyLink(base)).toBe(`${page}?rollback=0`);
    expect(conditionsLink(base)).toBe(`${page}?conditions=true`);
    expect(diffLink(base)).toBe(`${page}?node=argoproj.io%2FApplication%2Fteam%20a%2Fweb%2F0&tab=diff`);
  });

  it("lead to a resource, whose group may be empty", () => {
    const pod = { group: "", kind: "Pod", namespace: "prod", name: "web-1" };
    expect(resourceLink(base, pod, "logs")).toBe(`${page}?node=%2FPod%2Fprod%2Fweb-1%2F0&tab=logs`);
    expect(resourceLink(base, { ...pod, group: "apps", kind: "Deployment" })).toBe(
      `${page}?node=apps%2FDeployment%2Fprod%2Fweb-1%2F0&tab=summary`,
    );
  });

  it("prefer the instance that an application names as its own", () => {
    const annotations = { "argocd.argoproj.io/managed-by-url": "https://other.example.com" };
    expect(linkUrl(anApplication(), "https://argocd.example.com")).toBe("https://argocd.example.com");
    expect(linkUrl(anApplication({ metadata: { annotations } }), "https://argocd.example.com")).toBe(
      "https://other.example.com",
    );
  });
});
