import { uploadReportLines } from './upload-report.ts';

const UPLOADS = { sent: 5, acknowledged: 2, refused: 2, unknown: 1 };
const KEPT = { acknowledged: 2, kept: 2, lost: [], unfound: [], doubled: [] };

describe('uploadReportLines', () => {
  it('tells what was answered and that everything is there', () => {
    const reasons = { '503 overloaded': 2, ECONNRESET: 1 };
    expect(uploadReportLines({ uploads: UPLOADS, reasons, objects: KEPT, settledAfterMs: 1_240 })).toEqual([
      'uploads   5 sent: 2 acknowledged, 2 refused, 1 of unknown outcome',
      '          503 overloaded × 2, ECONNRESET × 1',
      'objects   2 acknowledged, 2 found and downloaded, 0 lost, 0 not found, 0 doubled, 1.2 s after the last answer',
      'kept      every acknowledged object is there once',
    ]);
  });

  it('names what is wrong', () => {
    const objects = { acknowledged: 2, kept: 0, lost: ['object-1'], unfound: ['object-2'], doubled: ['object-3'] };
    expect(uploadReportLines({ uploads: UPLOADS, reasons: {}, objects, settledAfterMs: 0 }).slice(2)).toEqual([
      '    lost object-1',
      '    not found object-2',
      '    doubled object-3',
      'BROKEN    see above',
    ]);
  });
});
