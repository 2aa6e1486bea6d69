/** Keys that are remembered; the one longest unused goes first. */
const MAX_KEYS = 10_000;

/** Something for each key, made when it is first asked for and forgotten when many others were used since. */
export class RecentKeys<Entry> {
  readonly #entries = new Map<string, Entry>();
  readonly #create: () => Entry;
  #latest: string | undefined;

  constructor(create: () => Entry) {
    this.#create = create;
  }

  of(key: string): Entry {
    const entry = this.#entries.get(key) ?? this.#create();
    if (key === this.#latest) return entry;
    this.#latest = key;
    // Deleted first, so that the map's order is that of use.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_KEYS && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}
