import type { SearchItem, SearchQuery, StorageSession } from '../storage-client/storage-client.ts';

/** All pages of a search. */
export async function listSearch(session: StorageSession, query: SearchQuery): Promise<SearchItem[]> {
  const items: SearchItem[] = [];
  let after: string | null = null;
  do {
    const page = await session.search({ ...query, limit: 1_000, ...(after === null ? {} : { after }) });
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
