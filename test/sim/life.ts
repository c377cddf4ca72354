/** One process of the simulation. What is dead reaches nothing any more, although its code may still run to its end in memory. */
export class Life {
  readonly name: string;
  #isDead = false;
  readonly #onDeath: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  onDeath(action: () => void): void {
    this.#onDeath.push(action);
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const action of this.#onDeath.splice(0)) action();
  }
}
