import { parseArgs } from 'node:util';
import { waitUntil } from './demo/wait-until.ts';
import { isEntranceReady } from './installation/is-entrance-ready.ts';
import { openLocalInstallation } from './installation/local-installation.ts';
import { numberOption } from './load/number-option.ts';
import { showEverySecond } from './load/show-every-second.ts';
import { onStopRequest } from './stack/on-stop-request.ts';
import { newUser } from './storage-client/new-user.ts';
import { checkUploads } from './storage-load/check-uploads.ts';
import { areKept } from './storage-load/judge-uploads.ts';
import { openObjectTrial } from './storage-load/object-trial.ts';
import { offerUploads } from './storage-load/offer-uploads.ts';
import { createUploadLedger } from './storage-load/upload-ledger.ts';
import { type UploadReport, uploadReportLines } from './storage-load/upload-report.ts';

const READY_TIMEOUT_MS = 10_000;
/** Before the next upload, where one was not acknowledged: a service that is away is not the better for being asked without end. */
const PAUSE_MS = 200;

const HELP = `npm run load:storage -- [options]

Uploads small objects side by side against the running stack (npm start), each under a name of its own, as a user and into a bucket of its own; after an upload that was
not acknowledged it goes on with another name. Then looks for every acknowledged object: in the search, once, with one version, and downloadable with its bytes.

  --seconds <number>      for how long, default 10; Ctrl-C ends the uploads sooner, and the objects are still looked for
  --concurrency <number>  uploads under way at once, default 16
  --rate <number>         uploads a second at most, default as many as are answered
  --timeout-ms <number>   how long an answer is waited for, default 15000
  --patience <seconds>    how long the search and the downloads may stand still before acknowledged objects count as not there, default 60
  --url <url>             the edge, default that of the running stack, else http://localhost:8080
  --data-dir <path>       data directory of the running stack, default .throughline
  --json                  the report as JSON
  --help                  this text

Ends with 1 when an acknowledged object is lost or not found, or one is there twice. An upload of unknown outcome (no answer, 503 of the edge) may be there or not.
`;

const OPTIONS = {
  seconds: { type: 'string', default: '10' },
  concurrency: { type: 'string', default: '16' },
  rate: { type: 'string' },
  'timeout-ms': { type: 'string', default: '15000' },
  patience: { type: 'string', default: '60' },
  url: { type: 'string' },
  'data-dir': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

interface Settings {
  readonly edgeUrl: string;
  readonly durationMs: number;
  readonly concurrency: number;
  /** Undefined: as many as are answered. */
  readonly rate: number | undefined;
  readonly timeoutMs: number;
  readonly patienceMs: number;
}

// What people read while it runs must not get into the JSON.
const say = (line: string) => console.error(line);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const settings: Settings = {
    edgeUrl: openLocalInstallation({ dataDir: values['data-dir'], edgeUrl: values.url, env: process.env }).edgeUrl,
    durationMs: numberOption('--seconds', values.seconds, 0.1) * 1_000,
    concurrency: numberOption('--concurrency', values.concurrency, 1),
    rate: values.rate === undefined ? undefined : numberOption('--rate', values.rate, 0.1),
    timeoutMs: numberOption('--timeout-ms', values['timeout-ms'], 1),
    patienceMs: numberOption('--patience', values.patience, 1) * 1_000,
  };
  const isReady = async () => (await isEntranceReady(settings.edgeUrl)) || undefined;
  await waitUntil(`what runs behind ${settings.edgeUrl} to be ready (is it running?)`, isReady, READY_TIMEOUT_MS);
  const report = await run(settings);
  console.log(values.json ? JSON.stringify(report, null, 2) : uploadReportLines(report).join('\n'));
  if (!areKept(report.objects)) process.exitCode = 1;
}

async function run(settings: Settings): Promise<UploadReport> {
  const { edgeUrl, durationMs, concurrency, rate, timeoutMs, patienceMs } = settings;
  const bucket = `load-${crypto.randomUUID().slice(0, 8)}`;
  const trial = await openObjectTrial({ session: await newUser(edgeUrl), bucket, timeoutMs });
  const pace = rate === undefined ? '' : `, ${rate} a second at most,`;
  say(`uploading ${concurrency} at once${pace} for ${durationMs / 1_000} s at ${edgeUrl} into ${bucket}`);
  const ledger = createUploadLedger();
  const stopShowing = showEverySecond(() => {
    const { sent, acknowledged, refused, unknown } = ledger.counts();
    say(`  ${sent} sent, ${acknowledged} acknowledged, ${refused} refused, ${unknown} of unknown outcome`);
  });
  const signal = AbortSignal.any([onStopRequest(), AbortSignal.timeout(durationMs)]);
  const offers = { upload: trial.upload, ledger, concurrency, pauseMs: PAUSE_MS, signal };
  await offerUploads({ ...offers, ...(rate !== undefined && { rate }) }).finally(stopShowing);
  const endedAt = performance.now();
  let shown = 'reading what the search has …';
  const onProgress = (progress: string) => {
    shown = progress;
  };
  const stopFollowing = showEverySecond(() => say(`  ${shown}`));
  const acknowledged = ledger.acknowledged();
  const objects = await checkUploads({ ...trial, acknowledged, concurrency, patienceMs, onProgress }).finally(stopFollowing);
  return { uploads: ledger.counts(), reasons: ledger.reasons(), objects, settledAfterMs: performance.now() - endedAt };
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
