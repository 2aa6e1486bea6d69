/** One line of an order. */
export interface OrderItem {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice?: number;
}

/** `OrderCreated.v1`, as far as its contract goes. */
export interface OrderCreatedPayload {
  readonly orderId: string;
  readonly amount: number;
  /** (Default: EUR) */
  readonly currency?: string;
  readonly items?: readonly OrderItem[];
  /** What the client's request was known by. */
  readonly requestId?: string;
  /** RFC 3339. (Default: the event's time) */
  readonly acceptedAt?: string;
}

/** An order as an event tells it. */
export interface NewOrder {
  readonly ownerId: string;
  readonly orderId: string;
  readonly requestId: string | null;
  readonly eventId: string;
  /** In units of the currency, at most two decimals. */
  readonly amount: number;
  readonly currency: string;
  readonly items: readonly OrderItem[] | null;
  /** RFC 3339 */
  readonly acceptedAt: string;
}
