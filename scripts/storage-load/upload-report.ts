import { areKept, type UploadVerdict } from './judge-uploads.ts';
import type { UploadCounts } from './upload-ledger.ts';

/** Uploads, and what became of those that were acknowledged. */
export interface UploadReport {
  readonly uploads: UploadCounts;
  readonly reasons: Readonly<Record<string, number>>;
  readonly objects: UploadVerdict;
  /** From the last answer until all acknowledged objects were found and downloaded. */
  readonly settledAfterMs: number;
}

const SHOWN_NAMES = 10;

/** The report for people, a line each. */
export function uploadReportLines({ uploads, reasons, objects, settledAfterMs }: UploadReport): string[] {
  const said = Object.entries(reasons).map(([reason, count]) => `${reason} × ${count}`);
  const names = (what: string, list: readonly string[]) => list.slice(0, SHOWN_NAMES).map((name) => `    ${what} ${name}`);
  const { acknowledged, kept, lost, unfound, doubled } = objects;
  return [
    `uploads   ${uploads.sent} sent: ${uploads.acknowledged} acknowledged, ${uploads.refused} refused, ${uploads.unknown} of unknown outcome`,
    ...(said.length === 0 ? [] : [`          ${said.join(', ')}`]),
    `objects   ${acknowledged} acknowledged, ${kept} found and downloaded, ${lost.length} lost, ${unfound.length} not found, ${doubled.length} doubled, ${(settledAfterMs / 1_000).toFixed(1)} s after the last answer`,
    ...names('lost', lost),
    ...names('not found', unfound),
    ...names('doubled', doubled),
    areKept(objects) ? 'kept      every acknowledged object is there once' : 'BROKEN    see above',
  ];
}
