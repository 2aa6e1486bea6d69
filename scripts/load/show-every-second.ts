/** Calls `show` once a second until the returned function is called. */
export function showEverySecond(show: () => void): () => void {
  const timer = setInterval(show, 1_000);
  return () => clearInterval(timer);
}
