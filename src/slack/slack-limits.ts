/**
 * What Slack takes, in characters (Unicode code points) or pieces; beyond one of these it refuses the whole message.
 * Source: Slack's Block Kit and Web API reference. Where Slack names no number, the one here is ours and well inside.
 */
export const SLACK_LIMITS = {
  blocksPerMessage: 50,
  blocksPerModal: 100,
  /** chat.update answers `msg_too_long` above 4,000. */
  fallbackText: 3900,
  /** All texts of the blocks of a message together; Slack documents no number for `msg_blocks_too_long`. */
  blocksText: 12_000,
  textObject: 3000,
  sectionFields: 10,
  sectionField: 2000,
  header: 150,
  contextElements: 10,
  actionsElements: 25,
  buttonText: 75,
  buttonValue: 2000,
  url: 3000,
  accessibilityLabel: 75,
  actionId: 255,
  blockId: 255,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  placeholder: 150,
  optionText: 75,
  optionValue: 75,
  selectOptions: 100,
  inputLabel: 2000,
  inputHint: 2000,
  plainTextInput: 3000,
  modalTitle: 24,
  modalButton: 24,
  callbackId: 255,
  privateMetadata: 3000,
  viewBytes: 250_000,
  /** Slack documents no number for `metadata_too_large`. */
  metadataBytes: 4000,
  /** Beyond this a card is hard to read; ours, not Slack's. */
  cardLines: 12,
  /** Of the updates at hand, those that progress leaves to changes of state; ours. */
  reservedUpdates: 6,
} as const;

/** How often Slack may be called; a minute is its window. Source: Slack's rate limit reference and its advice of one a second. */
export const SLACK_RATES = {
  /** Postings to one channel, threads included: one a second, short bursts. */
  postsPerChannel: { perSecond: 1, burst: 3 },
  postsPerTeam: { perSecond: 3, burst: 5 },
  /** chat.update is granted about 50 times a minute for the whole workspace, not for each channel. */
  updatesPerTeam: { perSecond: 0.8, burst: 10 },
  /** Tier 3, as conversations.history and conversations.replies are. */
  readsPerTeam: { perSecond: 0.5, burst: 5 },
} as const;
