import { z } from "zod";

/** The host of a registry, with its port where it is not that of HTTPS: what stands before the first slash of an image. */
export const RegistryHost = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?$/u, {
  error: "this is no host of a registry; write it as `registry.acme.example` or `registry.acme.example:5000`",
});
