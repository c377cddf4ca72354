import { z } from "zod";

/**
 * A text that is a secret. In the input of a step kind it takes a secret of the configuration (`${{ secrets.NAME }}`), a secret
 * output of a step before it, or a text; the kind gets the text itself, where it is executed. In an output it is sealed before it
 * leaves the worker: the log, the messages and the jobs hold what only an input that is declared with this can open.
 */
export const SecretText = z.string().meta({ secret: true });
