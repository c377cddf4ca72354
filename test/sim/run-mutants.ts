export interface MutantsOrder {
  readonly processes: number;
  readonly only: string;
  readonly seconds: number;
}

export async function runMutants(_order: MutantsOrder): Promise<number> {
  return Promise.resolve(1);
}
