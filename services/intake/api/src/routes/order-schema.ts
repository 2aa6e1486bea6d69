import Type from 'typebox';
import { isCurrency } from '../adapters/currencies.ts';
import { hasCentsAtMost } from '../domain/amounts.ts';

const MAX_AMOUNT = 1_000_000_000;

const Item = Type.Object({
  sku: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
    description: 'no control characters',
  }),
  quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  unitPrice: Type.Optional(Type.Number({ minimum: 0, maximum: MAX_AMOUNT, description: "In the order's currency." })),
});

export const OrderBody = Type.Object({
  orderId: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9._-]{1,128}$',
      description: '1 to 128 of A–Z a–z 0–9 . _ -, but not . or .. alone; made for the order when it is not given',
    }),
  ),
  amount: Type.Number({
    exclusiveMinimum: 0,
    maximum: MAX_AMOUNT,
    description: 'At most two decimals; what priced items come to.',
  }),
  currency: Type.Optional(
    Type.String({ pattern: '^[A-Z]{3}$', description: 'three capital letters of ISO 4217; EUR when absent' }),
  ),
  items: Type.Optional(Type.Array(Item, { maxItems: 100 })),
});

export const OrderHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Names the request: sent again, with the same body, it is the same order and the same event. 1 to 255 printable ASCII characters.',
    }),
  ),
});

/** What the schema cannot say. */
export const ORDER_CHECKS = {
  // As the last segment of a path they mean another path, and nobody could ask for the order.
  'body/orderId': (orderId: string) => (orderId === '.' || orderId === '..' ? 'must not be . or .. alone' : undefined),
  'body/amount': (amount: number) => (hasCentsAtMost(amount) ? undefined : 'must have at most 2 decimals'),
  'body/currency': (currency: string) => (isCurrency(currency) ? undefined : 'must be a currency that ISO 4217 lists as in use'),
};
