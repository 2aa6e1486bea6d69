import { readFile } from 'node:fs/promises';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';

describe('throughline.canary.v1', () => {
  it('accepts its example, and the codec gives it back', async () => {
    const contracts = await loadContracts(import.meta.dirname);
    expect(contracts.names).toEqual(['throughline.canary.v1']);
    const bytes = await readFile(new URL('throughline.canary.v1.example.json', import.meta.url));
    const envelope = JSON.parse(bytes.toString());
    expect(contracts.validate('throughline.canary.v1', envelope, 'closed')).toEqual([]);
    expect(s3Codec.toEnvelope(s3Codec.decode(bytes))).toEqual(envelope);
  });

  it('refuses another sender', async () => {
    const contracts = await loadContracts(import.meta.dirname);
    const envelope = JSON.parse((await readFile(new URL('throughline.canary.v1.example.json', import.meta.url))).toString());
    const faults = contracts.validate('throughline.canary.v1', { ...envelope, sourceService: 'OBJECT_SERVICE' }, 'closed');
    expect(faults.map(({ path }) => path)).toEqual(['/sourceService']);
  });
});
