/**
 * A signal that aborts once this process is asked to stop: Ctrl-C, SIGTERM, a closed terminal, or the end of the
 * process that started it. Later requests change nothing, because every step of the stop has its own deadline.
 */
export function onStopRequest(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort(signal));
  if (process.connected) {
    process.on('disconnect', () => abort.abort('disconnect'));
    process.channel?.unref();
  }
  // A closed terminal must not end the stop with a failed write.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return abort.signal;
}
