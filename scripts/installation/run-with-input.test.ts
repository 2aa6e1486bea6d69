import { CommandFailedError, runWithInput } from './run-with-input.ts';

const node = (source: string, input?: string) =>
  runWithInput({ command: process.execPath, args: ['-e', source], name: 'the program', ...(input !== undefined && { input }) });

describe('runWithInput', () => {
  it('gives what a command printed, alone, for what it was given', async () => {
    const source = 'console.error("beside"); process.stdin.on("data", (data) => console.log(String(data).toUpperCase()))';
    expect(await node(source, 'seen')).toBe('SEEN\n');
  });

  it('says what a command said that failed, also one that reads nothing', async () => {
    const failing = node('console.error("why not"); process.exit(3)', 'x'.repeat(1_000_000));
    await expect(failing).rejects.toThrow(CommandFailedError);
    await expect(failing).rejects.toMatchObject({ message: 'the program ended with 3: why not', said: 'why not' });
  });

  it('fails with ENOENT when there is no such command', async () => {
    await expect(runWithInput({ command: 'no-such-command', args: [] })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
