import { checkUploads, type DownloadOutcome, type UploadCheck } from './check-uploads.ts';

const object = (number: number) => ({ fileName: `object-${number}`, objectId: `id-${number}` });
const ACKNOWLEDGED = [object(1), object(2), object(3)];

/** The search shows what each look is given (none: it does not answer), the last one again and again; downloads are answered in turn. */
function check(
  looks: readonly (readonly number[] | undefined)[],
  options: { downloads?: readonly DownloadOutcome[]; patienceMs?: number } = {},
) {
  const downloads = [...(options.downloads ?? [])];
  const progress: string[] = [];
  let looked = 0;
  const list: UploadCheck['list'] = async () => {
    const found = looks[Math.min(looked, looks.length - 1)];
    looked += 1;
    if (found === undefined) throw new Error('the search is away');
    return found.map((number) => ({ ...object(number), versions: 1 }));
  };
  const verdict = checkUploads({
    acknowledged: ACKNOWLEDGED,
    list,
    download: async () => downloads.shift() ?? 'intact',
    concurrency: 1,
    patienceMs: options.patienceMs ?? 20_000,
    onProgress: (line) => progress.push(line),
  });
  return { verdict, progress, looked: () => looked };
}

const KEPT = { acknowledged: 3, kept: 3, lost: [], unfound: [], doubled: [] };

describe('checkUploads', () => {
  it('follows the search until it has everything, away between, and looks once more after the downloads', async () => {
    const { verdict, progress, looked } = check([[1], undefined, [1, 2, 3]]);
    expect(await verdict).toEqual(KEPT);
    expect(progress.slice(0, 3)).toEqual(['1 of 3 found', '1 of 3 found', '3 of 3 found']);
    expect(progress.at(-1)).toBe('3 of 3 downloaded');
    expect(looked()).toBe(4);
  });

  it('sees what is doubled only at the end', async () => {
    expect(
      await check([
        [1, 2, 3],
        [1, 2, 3, 3],
      ]).verdict,
    ).toMatchObject({ doubled: ['object-3'] });
  });

  it('names what the search does not show as long as it is patient', async () => {
    expect(await check([[1, 3]], { patienceMs: 300 }).verdict).toMatchObject({ unfound: ['object-2'], kept: 2 });
  });

  it('finds nothing where the search never answers', async () => {
    expect(await check([undefined], { patienceMs: 50 }).verdict).toMatchObject({ kept: 0, unfound: { length: 3 } });
  });

  it('asks again for what nobody could tell, and not for what is lost', async () => {
    const { verdict } = check([[1, 2, 3]], { downloads: ['unclear', 'unclear', 'intact', 'lost'] });
    expect(await verdict).toMatchObject({ lost: ['object-2'], kept: 2 });
  });

  it('counts what stays unclear as lost', async () => {
    const downloads = Array.from({ length: 100 }, (): DownloadOutcome => 'unclear');
    expect(await check([[1, 2, 3]], { downloads, patienceMs: 300 }).verdict).toMatchObject({ lost: { length: 3 } });
  });
});
