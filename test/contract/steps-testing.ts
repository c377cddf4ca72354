/**
 * What authors of plug-ins import as `quarterdeck/steps/testing`, in tests with Vitest: the suites that our own kinds pass, and what
 * they are played with.
 */
export { actionContract, type ActionScene, stepKindContract, TOKEN } from "./step-kind.contract.ts";
export { waitContract, type WaitScene } from "./wait-kind.contract.ts";
export { FakeClock } from "../support/fake-clock.ts";
export { idleDeps } from "../support/idle-deps.ts";
export { MemoryArtifacts } from "../support/memory-artifacts.ts";
export { StepBench } from "../support/step-bench.ts";
