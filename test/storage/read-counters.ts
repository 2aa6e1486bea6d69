/** Sums of a counter by one label, read from a service's `/metrics`. */
export async function readCounters(opsUrl: string, name: string, label: string): Promise<Map<string, number>> {
  const response = await fetch(new URL('/metrics', opsUrl));
  const sums = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    if (!line.startsWith(`${name}{`)) continue;
    const key = new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1] ?? '';
    sums.set(key, (sums.get(key) ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1)));
  }
  return sums;
}
