import { ticketClosed } from "./ticket-closed.ts";
import { ticketOpen } from "./ticket-open.ts";

/** What Quarterdeck loads: a list of functions that each make a step kind. */
export const steps = [ticketOpen, ticketClosed];
