import { EventError, isEventError } from '@throughline/events';
import type { OutgoingRecord, RecordProducer } from '@throughline/messaging';
import { toSentHeaders } from '../outbox/header-json.ts';
import { createAlarm } from './alarm.ts';
import { chooseBatch } from './choose-batch.ts';
import { createWatermark, type Watermark } from './create-watermark.ts';
import type { RelayInstruments } from './relay-instruments.ts';
import type { RelaySettings } from './relay-options.ts';
import { releaseKeys } from './release-keys.ts';
import { toRefusedRow } from './retry-schedule.ts';
import { ScanFloors, type SettledLook } from './scan-floors.ts';
import { type SendOutcome, sendInOrder } from './send-in-order.ts';
import { blockKeys, markHeadsSent, markSent, setWaiting, type Writer } from './settle-rows.ts';
import type { ShardLease, ShardLeases } from './shard-leases.ts';
import { isAnyKeyBlocked, takeDueHeads, takeNewRows, type UnsentRow } from './waiting-rows.ts';

export interface RelayLaneOptions {
  readonly index: number;
  readonly owner: string;
  readonly settings: RelaySettings;
  readonly leases: ShardLeases;
  readonly producer: RecordProducer;
  readonly instruments: RelayInstruments;
}

/** Blocked keys are looked at this often: at every step it would cost each batch a statement. */
const BLOCKED_KEYS_INTERVAL_MS = 200;
const FIRST_BROKER_DELAY_MS = 100;
const MAX_BROKER_DELAY_MS = 10_000;

/** One producer and the shards pinned to it: takes, sends and marks, one batch after the other. */
export class RelayLane {
  readonly #options: RelayLaneOptions;
  readonly #alarm = createAlarm();
  readonly #floors = new ScanFloors();
  readonly #watermark: Watermark;
  #isStopping = false;
  #isSettled = true;
  #brokerFailures = 0;
  #turn = 0;
  /** Shards that had rows at the last look: a batch is shared out between them. */
  #busyShards = 0;
  #blockedKeysDueAtMs = 0;
  /** Acknowledged, and not marked because the database was away. */
  #unmarked: { readonly writer: Writer; readonly rows: readonly UnsentRow[] } | undefined;

  constructor(options: RelayLaneOptions) {
    this.#options = options;
    this.#watermark = createWatermark(options.settings);
  }

  wake(): void {
    this.#alarm.ring();
  }

  /** `run` ends after the batch in hand. */
  stop(): void {
    this.#isStopping = true;
    this.#alarm.ring();
  }

  /** No send of this lane can still arrive at the broker. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Until `stop`; never rejects. */
  async run(): Promise<void> {
    const { name, logger } = this.#options.settings;
    let idleSteps = 0;
    while (!this.#isStopping) {
      const left = await this.#step().catch((error: unknown): Left => {
        logger.warn({ err: error }, `Relay ${name} could not read or mark its outbox; it tries again.`);
        return 'nothing-found';
      });
      if (left !== 'nothing-found') idleSteps = 0;
      if (left !== 'more') idleSteps = (await this.#pause(idleSteps)) ? 0 : idleSteps + 1;
    }
  }

  async #step(): Promise<Left> {
    const { index, leases, settings } = this.#options;
    await this.#markLeftOver();
    const surplus = leases.surplus(index);
    if (surplus.length > 0) await leases.giveBack(surplus, { isSettled: this.#isSettled });
    const held = leases.held(index, settings.sendTimeoutMs / 2 + settings.leaseMarginMs);
    if (held.length === 0) return 'nothing-found';
    const hasReleased = await this.#serveBlockedKeys(held);
    const left = await this.#serveNewRows(held);
    if (this.#brokerFailures > 0) return 'nothing-found';
    return hasReleased ? 'more' : left;
  }

  /** What is acknowledged is marked before anything else is sent, or it would all be sent again. */
  async #markLeftOver(): Promise<void> {
    if (this.#unmarked === undefined) return;
    await markSent(this.#options.settings.database, this.#unmarked.writer, this.#unmarked.rows);
    this.#unmarked = undefined;
  }

  async #serveBlockedKeys(held: readonly ShardLease[]): Promise<boolean> {
    const { settings, owner } = this.#options;
    if (settings.now() < this.#blockedKeysDueAtMs) return false;
    if (!(await isAnyKeyBlocked(settings.database))) {
      this.#blockedKeysDueAtMs = settings.now() + BLOCKED_KEYS_INTERVAL_MS;
      return false;
    }
    const heads = await takeDueHeads(settings.database, {
      leases: held,
      maxRows: settings.maxBatchRows,
      maxBytes: settings.maxBatchBytes,
    });
    const outcome = await this.#send(held, heads);
    if (outcome.sent.length > 0) {
      this.#options.instruments.sentRows.inc(await markHeadsSent(settings.database, { owner, leases: held }, outcome.sent));
    }
    await this.#settleRefused(held, outcome);
    const hasReleased = await this.#releaseKeys(held);
    if (!hasReleased) this.#blockedKeysDueAtMs = settings.now() + BLOCKED_KEYS_INTERVAL_MS;
    return hasReleased;
  }

  /** What it lets go is new again, below what was sent since: also when it failed half-way. */
  async #releaseKeys(held: readonly ShardLease[]): Promise<boolean> {
    const { settings, owner } = this.#options;
    let hasReleased = true;
    try {
      hasReleased = await releaseKeys(settings.database, { owner, leases: held }, settings.maxBatchRows);
    } finally {
      if (hasReleased) this.#floors.reset();
    }
    return hasReleased;
  }

  async #serveNewRows(held: readonly ShardLease[]): Promise<Left> {
    const { settings, owner } = this.#options;
    const writer = { owner, leases: held };
    const look = await this.#take(held);
    const { rows } = look;
    const blocked = rows.filter((row) => row.blocked);
    if (blocked.length > 0) await setWaiting(settings.database, writer, blocked);
    const outcome = await this.#send(held, chooseBatch(rows.filter((row) => !row.blocked)));
    if (outcome.sent.length > 0) {
      this.#unmarked = { writer, rows: outcome.sent };
      this.#options.instruments.sentRows.inc(await markSent(settings.database, writer, outcome.sent));
      this.#unmarked = undefined;
    }
    const sent = new Set(outcome.sent);
    const unsettled = rows.filter((row) => !row.blocked && !sent.has(row));
    this.#floors.advance({ ...look, leases: held, unsettled });
    await this.#settleRefused(held, outcome);
    // For the next look; before this one it would make rows wait.
    await this.#watermark.refresh();
    if (rows.length === 0) return 'nothing-found';
    return unsettled.length > 0 || isCut(look) ? 'more' : 'nothing';
  }

  async #take(held: readonly ShardLease[]): Promise<Pick<SettledLook, 'rows' | 'isWhole' | 'watermark' | 'maxRowsPerShard'>> {
    const { database, maxBatchRows, maxBatchBytes } = this.#options.settings;
    const watermark = this.#watermark.seq;
    // Begins elsewhere each time, so that a shard with a backlog cannot keep the others waiting.
    this.#turn += 1;
    const start = this.#turn % held.length;
    const maxRowsPerShard = Math.ceil(maxBatchRows / Math.max(1, this.#busyShards));
    const { rows, isWhole } = await takeNewRows(database, {
      leases: [...held.slice(start), ...held.slice(0, start)],
      maxRows: maxBatchRows,
      maxRowsPerShard,
      maxBytes: maxBatchBytes,
      floorOf: (lease) => this.#floors.of(lease),
    });
    this.#busyShards = new Set(rows.map(({ shard }) => shard)).size;
    return { rows, isWhole, watermark, maxRowsPerShard };
  }

  async #send(held: readonly ShardLease[], rows: readonly UnsentRow[]): Promise<SendOutcome> {
    const outcome = await sendInOrder(rows, (part) => this.#sendOnce(held, part));
    for (const { error } of outcome.refused) this.#options.instruments.countFailure(error);
    if (outcome.brokerError !== undefined) this.#noteBrokerFailure(outcome.brokerError);
    else if (rows.length > 0) this.#brokerFailures = 0;
    return outcome;
  }

  async #sendOnce(held: readonly ShardLease[], rows: readonly UnsentRow[]): Promise<void> {
    const { settings, leases, producer, instruments } = this.#options;
    const timeoutMs = Math.min(settings.sendTimeoutMs, leases.remainingMs(held) - settings.leaseMarginMs);
    if (timeoutMs <= 0) throw new EventError('LEASE_LOST', 'The lease of a shard is over, or nearly.', { retryable: true });
    const stopTimer = instruments.sendDuration.startTimer();
    this.#isSettled = false;
    await producer.send(rows.map(toRecord), { timeoutMs });
    this.#isSettled = true;
    stopTimer();
  }

  #noteBrokerFailure(error: unknown): void {
    const { settings, instruments } = this.#options;
    instruments.countFailure(error);
    if (isEventError(error) && error.code === 'LEASE_LOST') return;
    this.#brokerFailures += 1;
    settings.logger.warn({ err: error }, `Relay ${settings.name} could not send; its rows wait and are tried again.`);
  }

  async #settleRefused(held: readonly ShardLease[], { refused }: SendOutcome): Promise<void> {
    if (refused.length === 0) return;
    const { settings, owner } = this.#options;
    const rows = refused.map((each) => toRefusedRow(each, settings));
    await blockKeys(settings.database, { owner, leases: held }, rows);
    for (const { row, attempts, error } of rows.filter(({ isFailed }) => isFailed)) {
      settings.logger.error(
        `Event ${row.id} (${row.type}) was refused ${attempts} times (${error}); its key waits for a decision.`,
      );
    }
  }

  /** Resolves with whether there is something new. */
  async #pause(idleSteps: number): Promise<boolean> {
    const { minPollMs, maxPollMs, now, random } = this.#options.settings;
    if (this.#brokerFailures === 0) return this.#alarm.pause(Math.min(minPollMs * 2 ** Math.min(idleSteps, 20), maxPollMs));
    const delayMs = Math.min(FIRST_BROKER_DELAY_MS * 2 ** Math.min(this.#brokerFailures - 1, 10), MAX_BROKER_DELAY_MS);
    const until = now() + delayMs * (0.5 + random() / 2);
    // A wake-up does not bring the broker back sooner.
    while (!this.#isStopping && now() < until) await this.#alarm.pause(until - now());
    return true;
  }
}

/** Whether there is more to be sent at once. `nothing`: what was found is sent, and who commits more wakes the lane. */
type Left = 'more' | 'nothing' | 'nothing-found';

function isCut({ rows, isWhole, maxRowsPerShard }: Pick<SettledLook, 'rows' | 'isWhole' | 'maxRowsPerShard'>): boolean {
  if (!isWhole) return true;
  const byShard = Map.groupBy(rows, ({ shard }) => shard);
  return [...byShard.values()].some((own) => own.length >= maxRowsPerShard);
}

function toRecord(row: UnsentRow): OutgoingRecord {
  return { topic: row.topic, key: row.record_key, value: row.payload, headers: toSentHeaders(row.headers) };
}
