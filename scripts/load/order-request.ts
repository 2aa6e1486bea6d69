/** Where orders of a run go, and as whom. */
export interface OrderTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Access tokens, used in turn; none for a server that asks for none. */
  readonly tokens: readonly string[];
}

/** The order ids of a run: each other run has other ones. */
export function orderIdOf(run: string, index: number): string {
  return `${run}-${index}`;
}

/** Which order of the run an id names; undefined for an order of somebody else. */
export function orderIndexOf(run: string, orderId: string): number | undefined {
  if (!orderId.startsWith(`${run}-`)) return undefined;
  const index = Number(orderId.slice(run.length + 1));
  return Number.isInteger(index) ? index : undefined;
}

/** The order of an index, always the same bytes, with a key of its own; the answer of a repeat must therefore name the same event. */
export function orderRequest({ host, port, path, tokens }: OrderTarget, run: string, index: number): string {
  const orderId = orderIdOf(run, index);
  const quantity = 1 + (index % 3);
  const unitCents = 100 + (index % 10_007);
  const body = JSON.stringify({
    orderId,
    amount: (quantity * unitCents) / 100,
    currency: index % 5 === 0 ? 'USD' : 'EUR',
    items: [{ sku: `sku-${index % 97}`, quantity, unitPrice: unitCents / 100 }],
  });
  const token = tokens[index % tokens.length];
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    'Content-Type: application/json',
    `Idempotency-Key: ${orderId}`,
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
