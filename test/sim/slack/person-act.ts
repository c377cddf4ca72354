import type { FormChoice } from "./form-filler.ts";
import type { Forgery } from "./forgery.ts";
import type { ButtonKind } from "./shown-buttons.ts";
import type { DeliveryTrouble } from "./slack-deliveries.ts";

/** Something that a person does; plain data, so that a scenario can be kept and made smaller. */
export type PersonAct =
  | {
      readonly kind: "type";
      readonly user: string;
      /** The workspace's first channel when absent. */
      readonly channel?: string;
      /** With its slash, such as `/promote`. */
      readonly command: string;
      readonly text: string;
      /** What is chosen in the form, where the command opens one. */
      readonly fill?: readonly FormChoice[];
      readonly trouble?: DeliveryTrouble;
    }
  | {
      readonly kind: "click";
      /** Everyone who presses it, at the same moment. */
      readonly users: readonly string[];
      readonly button: ButtonKind;
      /** `before` is one that was there and is not any more; `now` when absent. */
      readonly of?: "now" | "before";
      /** Which of those that there are, counted from the newest; taken modulo their number. */
      readonly choice?: number;
      /** Between seeing the button and pressing it, as when Slack asks "are you sure". */
      readonly thinkMs?: number;
      /** How many times it is pressed, a few milliseconds apart; once when absent. */
      readonly times?: number;
      readonly forged?: Forgery;
      /** What is written into the form that asks why, for Reject. */
      readonly reason?: string;
      /** Between the form and its being sent. */
      readonly writeMs?: number;
      readonly trouble?: DeliveryTrouble;
    }
  | { readonly kind: "open-home"; readonly user: string; readonly trouble?: DeliveryTrouble };
