/** The slots of a run. Their names are kept in the log, so they never change their meaning. */
export function cardSlot(run: string): string {
  return `${run}/card`;
}

export function stepSlot(run: string, path: string): string {
  return `${run}/step/${path}`;
}

/** `opening` counts from 0: a gate that is asked anew gets a message of its own, because edits notify nobody. */
export function gateSlot(run: string, path: string, opening: number): string {
  return `${run}/gate/${opening}/${path}`;
}

/** Whether a slot is the request for approval of that gate, in any of its openings. */
export function isGateSlot(slot: string, run: string, path: string): boolean {
  return slot.startsWith(`${run}/gate/`) && slot.slice(`${run}/gate/`.length).replace(/^\d+\//u, "") === path;
}

/** `number` counts from 0: a run that was retried and fails again calls people again, which an edit would not. */
export function alertSlot(run: string, number = 0): string {
  return number === 0 ? `${run}/alert` : `${run}/alert/${number}`;
}

/** What a step of the run posted by itself. */
export function messageSlot(run: string, path: string): string {
  return `${run}/message/${path}`;
}

/** A file in the thread of the run; each attempt of its step shows one of its own. */
export function fileSlot(run: string, path: string, attempt: number): string {
  return `${run}/file/${attempt}/${path}`;
}

/** The message that tells the requester how people ended the run. */
export function stoppedSlot(run: string): string {
  return `${run}/stopped`;
}

/** The direct message that tells the requester that the card could not be posted. */
export function strayedSlot(run: string): string {
  return `${run}/strayed`;
}

/** The alert about an incident, or about several of them in one message. */
export function incidentSlot(id: string): string {
  return `${id}/alert`;
}

/** What is said of an incident in the thread of the run's alert that told of it. */
export function incidentEndSlot(incident: string): string {
  return `${incident}/end`;
}

/** The run that a slot belongs to. */
export function runOfSlot(slot: string): string {
  return slot.slice(0, slot.indexOf("/"));
}
