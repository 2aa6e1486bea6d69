/**
 * The identity of a record that names none, because it cannot be decoded: `<topic>/<partition>/<offset>`.
 *
 * @example recordEventId('storage.object.v1', 3, 42n) // 'storage.object.v1/3/42'
 */
export function recordEventId(topic: string, partition: number, offset: bigint | string | number): string {
  return `${topic}/${partition}/${offset}`;
}
