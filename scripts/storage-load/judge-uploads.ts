import type { AcknowledgedObject } from './upload-ledger.ts';

/** An object as the search shows it, as far as it is judged. */
export interface ListedObject {
  readonly objectId: string;
  readonly fileName: string;
  readonly versions: number;
}

/** What became of acknowledged uploads; lists are of names. */
export interface UploadVerdict {
  readonly acknowledged: number;
  /** Of those, in the search and downloaded with their bytes. */
  readonly kept: number;
  /** Acknowledged, but not downloadable with its bytes. */
  readonly lost: readonly string[];
  /** Acknowledged, but not in the search. */
  readonly unfound: readonly string[];
  /** In the search more than once, or with another number of versions than one; acknowledged or not. */
  readonly doubled: readonly string[];
}

/** Compares what was acknowledged with what is there. */
export function verdictOf(seen: {
  readonly acknowledged: readonly AcknowledgedObject[];
  readonly listed: readonly ListedObject[];
  readonly lost: readonly string[];
}): UploadVerdict {
  const { acknowledged, listed, lost } = seen;
  const ids = new Set(listed.map(({ objectId }) => objectId));
  const unfound = acknowledged.filter(({ objectId }) => !ids.has(objectId)).map(({ fileName }) => fileName);
  const missing = new Set([...lost, ...unfound]);
  return {
    acknowledged: acknowledged.length,
    kept: acknowledged.filter(({ fileName }) => !missing.has(fileName)).length,
    lost,
    unfound,
    doubled: doubledOf(listed),
  };
}

/** Whether every acknowledged upload is there, once. */
export function areKept({ lost, unfound, doubled }: UploadVerdict): boolean {
  return lost.length === 0 && unfound.length === 0 && doubled.length === 0;
}

function doubledOf(listed: readonly ListedObject[]): readonly string[] {
  const seen = new Set<string>();
  const doubled = new Set<string>();
  for (const { fileName, versions } of listed) {
    if (seen.has(fileName) || versions !== 1) doubled.add(fileName);
    seen.add(fileName);
  }
  return [...doubled];
}
