import { describe, expect, it } from "vitest";

import { applicationLink, linkUrl } from "../../../src/argocd/deep-links.ts";
import { anApplication } from "./application-builder.ts";

const base = { url: "https://argocd.example.com/argo/", namespace: "team a", name: "web" };
const page = "https://argocd.example.com/argo/applications/team%20a/web";

describe("deep links", () => {
  it("lead to the namespaced page of the application below the base path", () => {
    expect(applicationLink(base)).toBe(page);
  });

  it("are made of a name with half a character in it, which Kubernetes has not and a hostile server may send", () => {
    const { metadata } = anApplication({ metadata: { name: "web\uDC07", namespace: "\uD83D" } });
    expect(applicationLink({ ...base, ...metadata })).toContain("/applications/%EF%BF%BD/web%EF%BF%BD");
  });

  it("prefer the instance that an application names as its own", () => {
    const annotations = { "argocd.argoproj.io/managed-by-url": "https://other.example.com" };
    expect(linkUrl(anApplication(), "https://argocd.example.com")).toBe("https://argocd.example.com");
    expect(linkUrl(anApplication({ metadata: { annotations } }), "https://argocd.example.com")).toBe(
      "https://other.example.com",
    );
  });
});
