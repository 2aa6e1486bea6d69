import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createProcessTerminal } from './process-terminal.ts';

const terminal = createProcessTerminal();
const { VISUAL, EDITOR } = process.env;

afterEach(() => {
  for (const [name, value] of Object.entries({ VISUAL, EDITOR })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

describe('the editor', () => {
  it('is the one of the environment, arguments included; the text stays in a file for its owner alone', async () => {
    delete process.env.VISUAL;
    process.env.EDITOR = 'sed -i s/one/two/';
    const { text, file } = await terminal.edit('one\n');
    try {
      expect(text).toBe('two\n');
      expect(readFileSync(file, 'utf8')).toBe('two\n');
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(dirname(file), { recursive: true });
    }
  });

  it('that fails changes nothing', async () => {
    process.env.VISUAL = 'exit 3;';
    await expect(terminal.edit('one')).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('nothing was changed'),
    });
  });
});

describe('a file', () => {
  it('that cannot be read is a wrong command line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-cli-'));
    await expect(terminal.readText(join(folder, 'missing'))).rejects.toMatchObject({ code: 'USAGE' });
    rmSync(folder, { recursive: true });
  });
});
