import { ANA, BEN } from "../../../src/demo/people.ts";
import { DEMO_COMMITS } from "../../../src/simulator/git-demo-repository.ts";
import type { Scene } from "../scene.ts";

const ALL = ["checkout-staging", "checkout-prod", "web-staging", "web-prod", "payments-staging", "payments-qa"];

/** One application falls ill after a promotion has brought it there, and recovers. */
const incident: Scene = {
  name: "incident",
  async play({ story, shoot, control }) {
    for (const revision of ["abc1236", DEMO_COMMITS.revertDegrading.slice(0, 7)]) {
      await story.type(ANA, `/promote checkout ${revision} to staging`);
      await story.ended(await story.card(new RegExp(revision, "u")));
    }
    await control({ action: "set-pods", application: "checkout-staging", state: "degraded" });
    const alert = await story.post(/checkout in staging is Degraded/u);
    await shoot(alert, "incident-alert");
    await control({ action: "set-pods", application: "checkout-staging", state: "ready" });
    await shoot(await story.says(alert, /healthy again/u), "incident-recovered");
  },
};

/** Many at once. */
const storm: Scene = {
  name: "storm",
  async play({ story, shoot, control }) {
    for (const application of ALL) await control({ action: "set-pods", application, state: "degraded" });
    const group = await story.post(/became unhealthy together/u);
    await control({ action: "set-pods", application: "checkout-prod", state: "ready" });
    await story.application("checkout-prod", "healthy", ({ health }) => health === "Healthy");
    await story.passes(3000);
    await shoot(group, "incident-storm");
  },
};

/** What is ill already when the server starts for the first time. */
const firstSight: Scene = {
  name: "first-sight",
  async before({ story, control }) {
    for (const application of ["web-prod", "checkout-prod"]) {
      await control({ action: "set-pods", application, state: "degraded" });
      await story.application(application, "Degraded", ({ health }) => health === "Degraded");
    }
  },
  async play({ story, shoot }) {
    await shoot(await story.post(/when Quarterdeck first saw them/u), "incident-first-sight");
  },
};

/** Quarterdeck only looks on. */
const observe: Scene = {
  name: "observe",
  settings: { mode: "observe" },
  async play({ story, ask, control }) {
    await ask({ user: ANA, text: "/promote checkout abc123 to staging", says: /observ/iu }, "refusal-observe");
    const revisions = [DEMO_COMMITS.target];
    await control({ action: "start-operation", application: "checkout-staging", revisions, username: "bob" });
    await story.application("checkout-staging", "live", ({ liveRevision }) => liveRevision === DEMO_COMMITS.target);
    await story.passes(2000);
    await ask({ user: BEN, text: "/qd history checkout", says: /bob/u }, "history-observed");
  },
};

export const INCIDENTS: readonly Scene[] = [incident, storm, firstSight, observe];
