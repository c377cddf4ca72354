import type { Play } from "./play.ts";
import { autosync } from "./plays/autosync.ts";
import { cancel } from "./plays/cancel.ts";
import { ciDeploy } from "./plays/ci-deploy.ts";
import { ciGreen } from "./plays/ci-green.ts";
import { degraded } from "./plays/degraded.ts";
import { expire } from "./plays/expire.ts";
import { fleet } from "./plays/fleet.ts";
import { nightlyDrift } from "./plays/nightly-drift.ts";
import { observe } from "./plays/observe.ts";
import { outage } from "./plays/outage.ts";
import { imageRelease } from "./plays/image-release.ts";
import { promoteProbed } from "./plays/promote-probed.ts";
import { promote } from "./plays/promote.ts";
import { provision } from "./plays/provision.ts";
import { queue } from "./plays/queue.ts";
import { race } from "./plays/race.ts";
import { reject } from "./plays/reject.ts";
import { retry } from "./plays/retry.ts";
import { rollback } from "./plays/rollback.ts";
import { scheduled } from "./plays/scheduled.ts";
import { threePlaces } from "./plays/three-places.ts";

/** Every play that can be asked for, in the order in which they are told to people. */
export const PLAYS: readonly Play[] = [
  promote,
  reject,
  expire,
  race,
  queue,
  threePlaces,
  cancel,
  retry,
  rollback,
  autosync,
  degraded,
  observe,
  outage,
  promoteProbed,
  fleet,
  provision,
  nightlyDrift,
  ciDeploy,
  ciGreen,
  imageRelease,
  scheduled,
];
