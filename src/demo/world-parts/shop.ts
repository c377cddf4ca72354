import { type ShopSimulator, startShopSimulator } from "../../simulator/shop-simulator.ts";
import { defineWorldPart, type WorldPart } from "../world-part.ts";

/** The programs of the shop, which answer over HTTP as they are deployed, and a Prometheus that has counted how. */
export const shop: WorldPart<ShopSimulator> = defineWorldPart({
  name: "shop",
  open: async ({ clock, resources }) => {
    const thing = resources.use(await startShopSimulator({ clock }));
    return {
      thing,
      replacements: {
        "https://shop.example.com": thing.url,
        "wss://shop.example.com": thing.url.replace(/^http/u, "ws"),
        "https://prometheus.example.com": thing.url,
        // Whoever tries it does not want to wait for minutes.
        "watch: { type: duration, default: 5m": "watch: { type: duration, default: 10s",
        "soak: { type: duration, default: 10m": "soak: { type: duration, default: 2s",
      },
      onArgocd: (argocd) => thing.connect(argocd.workloads),
    };
  },
});
