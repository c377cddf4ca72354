import { KafkaTriggers, type KafkaTriggersDeps } from "../triggers/kafka/kafka-triggers.ts";

/** The topics that triggers read. The library is loaded only where there is one. */
export function openKafka(
  deps: Omit<KafkaTriggersDeps, "open">,
  resources: AsyncDisposableStack,
): { open(): void; refresh(): void } {
  const kafka = resources.use(
    new KafkaTriggers({
      ...deps,
      open: async (wanted) => {
        const { openPlatformaticSource } = await import("../triggers/kafka/platformatic-source.ts");
        return await openPlatformaticSource(wanted);
      },
    }),
  );
  let isOpen = false;
  const refresh = (): void => {
    if (isOpen) void kafka.refresh();
  };
  const open = (): void => {
    isOpen = true;
    refresh();
  };
  return { open, refresh };
}
