/** One line of an order. */
export interface OrderItem {
  readonly sku: string;
  readonly quantity: number;
  /** In the order's currency. */
  readonly unitPrice?: number;
}

/** What a client asks for. */
export interface OrderRequest {
  readonly orderId?: string;
  readonly amount: number;
  readonly currency?: string;
  readonly items?: readonly OrderItem[];
}

/** The part of an accepted order that makes it this one and no other. */
export interface AcceptedOrder {
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly items?: readonly OrderItem[];
}

const USUAL_CURRENCY = 'EUR';

export function acceptedOrder({ amount, currency = USUAL_CURRENCY, items }: OrderRequest, orderId: string): AcceptedOrder {
  return { orderId, amount, currency, ...(items !== undefined && { items }) };
}
