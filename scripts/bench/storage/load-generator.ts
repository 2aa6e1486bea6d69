import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createAnswerReader, type ReadAnswer } from '../../load/answer-reader.ts';
import { quantile } from '../quantile.ts';
import type { LoadPlan, LoadResult } from './load-plan.ts';

/*
 * A process of its own that keeps `connections` requests under way. Plain sockets: requests are ready-made bytes, bodies of answers
 * land in one reused buffer and are only counted. So it is fair to large bodies: an HTTP client would spend more on them than sendfile does.
 */

interface Tally {
  readonly durationsMs: number[];
  faults: number;
  firstFault: string | undefined;
}

async function generateLoad(plan: LoadPlan): Promise<LoadResult> {
  const body = plan.method === 'PUT' ? randomBytes(plan.objectBytes) : undefined;
  const countFrom = performance.now() + plan.warmUpMs;
  const countTo = countFrom + plan.durationMs;
  const tally: Tally = { durationsMs: [], faults: 0, firstFault: undefined };
  let count = 0;
  const nextHead = () => requestHead(plan, count++ % plan.distinct);
  const cpuBefore = process.cpuUsage();
  const connections = Array.from({ length: plan.connections }, () =>
    keepRequesting({ plan, body, nextHead, tally, countFrom, countTo }),
  );
  await Promise.all(connections);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    requestsPerSecond: tally.durationsMs.length / (plan.durationMs / 1_000),
    requests: tally.durationsMs.length,
    medianMs: quantile(tally.durationsMs, 0.5),
    p99Ms: quantile(tally.durationsMs, 0.99),
    faults: tally.faults,
    firstFault: tally.firstFault,
    generatorCpu: (user + system) / 1_000 / (plan.warmUpMs + plan.durationMs),
  };
}

function keepRequesting(options: {
  plan: LoadPlan;
  body: Buffer | undefined;
  nextHead: () => string;
  tally: Tally;
  countFrom: number;
  countTo: number;
}): Promise<void> {
  const { plan, body, nextHead, tally, countFrom, countTo } = options;
  return new Promise((resolve, reject) => {
    let startedAt = 0;
    const sendNext = () => {
      startedAt = performance.now();
      if (startedAt >= countTo) {
        socket.destroy();
        resolve();
        return;
      }
      socket.write(nextHead());
      if (body !== undefined) socket.write(body);
    };
    const read = createAnswerReader((answer) => {
      if (answer.status === 100) return;
      const endedAt = performance.now();
      const fault = faultOf(plan, answer);
      if (fault !== undefined) {
        tally.faults += 1;
        tally.firstFault ??= fault;
      } else if (endedAt >= countFrom && endedAt < countTo) {
        tally.durationsMs.push(endedAt - startedAt);
      }
      sendNext();
    });
    const socket = openSocket(plan, read);
    socket.once('connect', sendNext);
    socket.once('error', reject);
    socket.once('end', () => reject(new Error('the server closed a connection that it was to keep')));
  });
}

function openSocket({ host, port }: LoadPlan, read: (chunk: Buffer) => void): Socket {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const callback = (size: number) => {
    read(buffer.subarray(0, size));
    return true;
  };
  return connect({ host, port, noDelay: true, onread: { buffer, callback } });
}

function requestHead(plan: LoadPlan, n: number): string {
  const lines = [
    `${plan.method} ${plan.pathTemplate.replace('{n}', String(n))} HTTP/1.1`,
    `Host: ${plan.host}:${plan.port}`,
    ...(plan.token === undefined ? [] : [`Authorization: Bearer ${plan.token}`]),
    ...(plan.method === 'PUT' ? ['Content-Type: application/octet-stream', `Content-Length: ${plan.objectBytes}`] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function faultOf(plan: LoadPlan, { status, bodyBytes, head }: ReadAnswer): string | undefined {
  const isExpected = plan.method === 'GET' ? status === 200 && bodyBytes === plan.objectBytes : status >= 200 && status < 300;
  return isExpected ? undefined : head.slice(0, 400);
}

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
process.stdout.write(`${JSON.stringify(await generateLoad(plan))}\n`);
