const COMPACT_AFTER = 4096;

/** First in, first out, without the cost of `Array.shift` on long queues. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item, left where it is; undefined when empty. */
  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  /** The oldest item, or undefined when empty. */
  take(): Item | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head > COMPACT_AFTER && this.#head * 2 > this.#items.length) this.#compact();
    return item;
  }

  /** Gives back what was taken: it is the oldest again. */
  putBack(item: Item): void {
    if (this.#head === 0) this.#items.unshift(item);
    else {
      this.#head -= 1;
      this.#items[this.#head] = item;
    }
  }

  /** All items, oldest first; it is empty afterwards. */
  drain(): Item[] {
    const items = this.#items.slice(this.#head) as Item[];
    this.clear();
    return items;
  }

  clear(): void {
    this.#items.length = 0;
    this.#head = 0;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
