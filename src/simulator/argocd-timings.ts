/**
 * How long the parts of Argo CD take on a quiet cluster, in milliseconds, as measured on a real one.
 * All of them are divided by the speed of the simulator; none of them decides the order of the frames.
 */
export const TIMINGS = {
  /** From the request of a sync to phase Running. */
  pickUp: 12,
  /** From phase Running to the first object that is applied. */
  render: 200,
  /** From the last object that is applied to the entry in the history. */
  history: 5,
  /** From there to the end of the operation. */
  finish: 12,
  /** Between two looks at a sync that waits for something, where nothing changes. */
  poll: 1000,
  /** Between two looks at a sync that a window holds back: the controller is not told when one opens. */
  blocked: 32_000,
  /** Between a change of the cluster, or a step, and the next look. */
  look: 60,
  /** The pause after each wave that is not the last. */
  wave: 2000,
  /** From the end of an operation to the comparison that it forces. */
  refreshAfterSync: 50,
  /** From a change in the cluster to the comparison that it causes; further changes meanwhile join it. */
  refreshAfterChange: 25,
  /** From a comparison to its result in the Application. */
  write: 8,
  /** Until an ApplicationSet undoes a change of an Application that it owns. */
  ownerRevert: 1000,
  /** From the deletion of an Application to its end. */
  deletion: 120,
  /** Between two comments on a stream that has nothing else to say; not divided by the speed. */
  keepAlive: 15_000,
} as const;
